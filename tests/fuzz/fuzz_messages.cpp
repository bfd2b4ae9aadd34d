// Fuzz target: control messages. Any bytes give a value or an error, and a value that decodes encodes and decodes to the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "framework/runtime/messages.hpp"

namespace {

template <class T>
void try_as(const std::string& body) {
  const auto first = sinter::from_message<T>({static_cast<std::uint16_t>(T::kKind), body});
  if (!first.ok()) return;
  const std::string again = sinter::encode(first.value());
  const auto second = sinter::from_message<T>({static_cast<std::uint16_t>(T::kKind), again});
  if (!second.ok() || sinter::encode(second.value()) != again) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  try_as<sinter::Hello>(body);
  try_as<sinter::Setup>(body);
  try_as<sinter::RunAttempt>(body);
  try_as<sinter::Beat>(body);
  try_as<sinter::AttemptDone>(body);
  try_as<sinter::AttemptFailed>(body);
  try_as<sinter::CutRange>(body);
  return 0;
}

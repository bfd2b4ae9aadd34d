// Any bytes as a path of a tracker's status: taken apart or refused, and what is taken apart is harmless.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "framework/cluster/status_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = sinter::cluster::parse_status_path({reinterpret_cast<const char*>(data), size});
  if (!parsed.ok()) return 0;
  if (size > sinter::cluster::kMaxStatusPathBytes) std::abort();
  for (const std::string& step : parsed->steps)
    if (step.empty() || step == "." || step == ".." || step.find('/') != std::string::npos) std::abort();
  const auto limit = parsed->limit();
  if (limit.ok() && (*limit < 1 || *limit > sinter::cluster::kMaxPageEntries)) std::abort();
  (void)parsed->number("from", 1);
  return 0;
}

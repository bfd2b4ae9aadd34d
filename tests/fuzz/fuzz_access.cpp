// Fuzz target: texts of keys and tokens, access lists, and the messages of joining. Any bytes give a value or an error; a value writes
// itself and reads back as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "framework/access/access_list.hpp"
#include "framework/access/join_handshake.hpp"
#include "framework/access/join_token.hpp"

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void try_texts(const std::string& text) {
  using namespace sinter;
  if (const auto key = net::parse_public_key(text); key.ok()) expect(net::parse_public_key(net::public_key_text(*key)).value() == *key);
  if (const auto secret = net::parse_secret_key(text); secret.ok())
    expect(net::parse_secret_key(net::secret_key_text(*secret)).value().bytes() == secret->bytes());
  if (const auto token = parse_join_token(text); token.ok())
    expect(parse_join_token(join_token_text(*token)).value().secret.bytes() == token->secret.bytes());
}

void try_list(const std::string& text) {
  const auto desk = sinter::parse_access_list(text);
  if (!desk.ok()) return;
  const auto again = sinter::parse_access_list(sinter::access_list_text(*desk));
  expect(again.ok() && *again == *desk);
}

void try_messages(const std::string& body) {
  if (const auto request = sinter::decode_join_request(body); request.ok())
    expect(sinter::decode_join_request(sinter::encode(*request)).value() == *request);
  if (const auto answer = sinter::decode_join_answer(body); answer.ok()) {
    const auto again = sinter::decode_join_answer(sinter::encode(*answer));
    expect(again.ok() && again->grant == answer->grant);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try_texts(bytes);
  try_list(bytes);
  try_messages(bytes);
  return 0;
}

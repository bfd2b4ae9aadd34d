// The text of join tokens. Any thread.
#include "framework/access/join_token.hpp"

namespace sinter {
namespace {

constexpr std::string_view kWhat = "the join token";

}  // namespace

std::string join_token_text(const JoinToken& token) {
  return std::string(kJoinTokenPrefix) + net::key_characters(token.tracker_key.bytes) + "-" + net::key_characters(token.secret.bytes());
}

Result<JoinToken> parse_join_token(std::string_view text) {
  if (!text.starts_with(kJoinTokenPrefix))
    return user_error("this is no join token: its text begins with '" + std::string(kJoinTokenPrefix) + "'");
  const std::string_view rest = text.substr(kJoinTokenPrefix.size());
  const std::size_t dash = std::min(rest.find('-'), rest.size());
  SINTER_ASSIGN(const net::KeyBytes tracker, net::parse_key_characters(rest.substr(0, dash), kWhat, kJoinTokenPrefix.size() + 1));
  if (dash == rest.size())
    return user_error("the join token was mistyped: its second half is missing").with_hint("Copy it again from where it was shown");
  const std::size_t second = kJoinTokenPrefix.size() + dash + 2;
  SINTER_ASSIGN(const net::KeyBytes secret, net::parse_key_characters(rest.substr(dash + 1), kWhat, second));
  return JoinToken{net::PublicKey{tracker}, net::SecretKey(secret)};
}

}  // namespace sinter

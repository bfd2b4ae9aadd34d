// JoinToken: the text that one person pastes to let a machine or a person in. A value; any thread. docs/formats/keys.md.
#pragma once

#include <string>
#include <string_view>

#include "base/net/curve_key.hpp"
#include "base/result.hpp"

namespace sinter {

inline constexpr std::string_view kJoinTokenPrefix = "sinter-join-";

/// A token is a CURVE secret of its own beside the tracker's public key: its holder knows that it speaks to that tracker, and the tracker,
/// which keeps the public half only, lets it in as it lets any key in. No stranger's byte is read for it, and there is no password to
/// compare.
struct JoinToken {
  net::PublicKey tracker_key;
  net::SecretKey secret;
};

/// "sinter-join-", the tracker's key, "-", the secret. A secret: see secret_key_text().
std::string join_token_text(const JoinToken& token);
/// Errors (the user's): where it was mistyped; never the text itself.
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace sinter

// Joining: the holder of a token tells the tracker its own key, and becomes a member. Any thread; each call is on its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/net/message.hpp"
#include "framework/access/gatekeeper.hpp"
#include "framework/access/join_token.hpp"

namespace sinter {

/// Kinds of the two messages; other protocols on the same listener leave them free.
inline constexpr std::uint16_t kJoinKind = 200;
inline constexpr std::uint16_t kJoinAnswerKind = 201;
/// Body of either. For the MessageGate: {kJoinKind, "Join", {AccessRole::Join}, kMaxJoinBytes}.
inline constexpr std::uint64_t kMaxJoinBytes = 4'096;
inline constexpr std::uint64_t kJoinVersion = 1;

/// What the holder of a token says.
struct JoinRequest {
  std::uint64_t version = kJoinVersion;
  net::PublicKey own_key;
  std::string name;
  friend bool operator==(const JoinRequest&, const JoinRequest&) = default;
};
std::string encode(const JoinRequest& request);
/// Errors (the peer's): not such a message. Safe on hostile bytes.
Result<JoinRequest> decode_join_request(std::string_view body);

/// What the tracker answers: a grant, or a sentence why not.
struct JoinAnswer {
  std::optional<Grant> grant;
  std::string problem;
  std::string hint;
  friend bool operator==(const JoinAnswer&, const JoinAnswer&) = default;
};
std::string encode(const JoinAnswer& answer);
Result<JoinAnswer> decode_join_answer(std::string_view body);

/// The tracker's side: `token_key` is the key of the peer that sent `request`, whose kind is kJoinKind. Send the answer to that peer.
net::Message answer_join(Gatekeeper& gatekeeper, const net::PublicKey& token_key, const net::Message& request, Timestamp now);

struct JoinCall {
  std::string endpoint;
  JoinToken token;
  net::PublicKey own_key;
  std::string name;
  std::int64_t timeout_ms = 10'000;
};

/// The other side: connects with the token's key and asks. `own_key` may connect when this returns. Errors: the tracker's sentence, a
/// refused token (both the user's), nobody answered in time.
Result<Grant> join_cluster(const JoinCall& call, const Clock& clock, Log& log);

}  // namespace sinter

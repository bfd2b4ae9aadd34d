// The two messages of joining, and both sides. Any thread.
#include "framework/access/join_handshake.hpp"

#include <cstring>

#include "base/bytes.hpp"
#include "base/net/transport.hpp"

namespace sinter {
namespace {

/// Pause between two looks at the connection: a refusal is no event.
constexpr std::int64_t kLookMs = 50;
/// Time to tell the tracker goodbye.
constexpr std::int64_t kGoodbyeMs = 500;
constexpr std::size_t kMaxSentenceBytes = 1'024;

Error bad_message(std::string_view what) { return user_error("the peer sent no " + std::string(what) + " of this version of sinter"); }

net::Message answer_of(const JoinAnswer& answer) { return {kJoinAnswerKind, encode(answer)}; }

/// Waits for the answer; asks again when the tracker started anew.
Result<JoinAnswer> ask(net::Transport& connection, const JoinCall& call, const Clock& clock) {
  const std::string body = encode(JoinRequest{kJoinVersion, call.own_key, call.name});
  SINTER_TRY(connection.send(net::kListener, {kJoinKind, body}));
  const SteadyMs deadline_ms = clock.now_ms() + call.timeout_ms;
  while (clock.now_ms() < deadline_ms) {
    SINTER_ASSIGN(auto event, connection.receive(kLookMs));
    if (connection.counters().refusals > 0)
      return user_error("the tracker at " + call.endpoint + " refuses this join token: it has expired, or was revoked")
          .with_hint("Ask for a new one where the tracker runs");
    if (!event) continue;
    if (event->kind == net::EventKind::PeerLost) SINTER_TRY(connection.send(net::kListener, {kJoinKind, body}));
    if (event->kind == net::EventKind::Message && event->message.kind == kJoinAnswerKind) return decode_join_answer(event->message.body);
  }
  return environment_error("the tracker at " + call.endpoint + " did not answer for " + std::to_string(call.timeout_ms) + " ms")
      .with_hint("Is the address right, does a firewall stand between, and is the token of this tracker?");
}

}  // namespace

std::string encode(const JoinRequest& request) {
  std::string body;
  append_varint(body, request.version);
  append_fixed(body, request.own_key.bytes);
  append_sized(body, request.name);
  return body;
}

Result<JoinRequest> decode_join_request(std::string_view body) {
  JoinRequest request;
  std::string_view name;
  ByteReader reader(body);
  if (body.size() > kMaxJoinBytes || !reader.read_varint(request.version)) return bad_message("request to join");
  if (request.version != kJoinVersion)
    return user_error("the peer joins with version " + std::to_string(request.version) + " of the protocol, and this is version " +
                      std::to_string(kJoinVersion))
        .with_hint("Install the same version of sinter on both hosts");
  if (!reader.read_fixed(request.own_key.bytes) || !reader.read_sized(name) || !reader.at_end()) return bad_message("request to join");
  request.name = name;
  return request;
}

std::string encode(const JoinAnswer& answer) {
  std::string body;
  append_sized(body, answer.grant ? to_string(*answer.grant) : std::string());
  append_sized(body, std::string_view(answer.problem).substr(0, kMaxSentenceBytes));
  append_sized(body, std::string_view(answer.hint).substr(0, kMaxSentenceBytes));
  return body;
}

Result<JoinAnswer> decode_join_answer(std::string_view body) {
  std::string_view grant, problem, hint;
  ByteReader reader(body);
  if (body.size() > kMaxJoinBytes || !reader.read_sized(grant) || !reader.read_sized(problem) || !reader.read_sized(hint) ||
      !reader.at_end())
    return bad_message("answer to a request to join");
  JoinAnswer answer{parse_grant(grant), std::string(problem), std::string(hint)};
  if (answer.grant.has_value() != answer.problem.empty() || (!answer.grant && !grant.empty()))
    return bad_message("answer to a request to join");
  return answer;
}

net::Message answer_join(Gatekeeper& gatekeeper, const net::PublicKey& token_key, const net::Message& request, Timestamp now) {
  const auto refuse = [](const Error& error) { return answer_of({std::nullopt, error.message(), error.hint()}); };
  const auto decoded = decode_join_request(request.body);
  if (!decoded.ok()) return refuse(decoded.error());
  const auto granted = gatekeeper.join(token_key, decoded->own_key, decoded->name, now);
  if (!granted.ok()) return refuse(granted.error());
  return answer_of({*granted, {}, {}});
}

Result<Grant> join_cluster(const JoinCall& call, const Clock& clock, Log& log) {
  net::TransportOptions options;
  options.max_message_bytes = kMaxJoinBytes;
  options.security = net::SocketSecurity::for_connection(std::make_shared<net::KeyPair>(net::key_pair_of(call.token.secret)),
                                                         call.token.tracker_key);
  SINTER_TRY(check_member_name(call.name));
  SINTER_ASSIGN(const auto connection, net::connect(call.endpoint, options, clock, log));
  SINTER_ASSIGN(const JoinAnswer answer, ask(*connection, call, clock));
  (void)connection->close(kGoodbyeMs);
  if (answer.grant) return *answer.grant;
  return user_error("the tracker at " + call.endpoint + " said: " + answer.problem).with_hint(answer.hint);
}

}  // namespace sinter

// The table of roles and message kinds. One thread.
#include "framework/access/message_gate.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace sinter {

std::string_view to_string(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::Allowed: return "allowed";
    case GateVerdict::UnknownKind: return "no such kind of message";
    case GateVerdict::WrongRole: return "not a message of this role";
    case GateVerdict::NeedsNativeCode: return "this key may not bring native code";
    case GateVerdict::TooLarge: return "larger than this kind of message may be";
  }
  return "unknown";
}

MessageGate::MessageGate(std::vector<MessageRule> rules, Log& log) : log_(log) {
  for (MessageRule& rule : rules) {
    require(!rule.roles.empty(), "a message that nobody may send has no row");
    const std::uint16_t kind = rule.kind;
    require(rules_.emplace(kind, std::move(rule)).second, "a kind of message has one row");
  }
}

GateVerdict MessageGate::judge(const Grant& grant, const net::Message& message) const {
  const auto at = rules_.find(message.kind);
  if (at == rules_.end()) return GateVerdict::UnknownKind;
  const MessageRule& rule = at->second;
  if (std::find(rule.roles.begin(), rule.roles.end(), grant.role) == rule.roles.end()) return GateVerdict::WrongRole;
  if (rule.needs_native_code && !grant.native_code) return GateVerdict::NeedsNativeCode;
  return message.body.size() > rule.max_body_bytes ? GateVerdict::TooLarge : GateVerdict::Allowed;
}

bool MessageGate::admits(const net::PublicKey& from, const Grant& grant, const net::Message& message) {
  const GateVerdict verdict = judge(grant, message);
  if (verdict == GateVerdict::Allowed) return true;
  ++refused_;
  if (!std::has_single_bit(refused_)) return false;
  const auto at = rules_.find(message.kind);
  log_.warning("refused a message", {{"key", net::public_key_text(from)},
                                     {"role", to_string(grant)},
                                     {"kind", message.kind},
                                     {"name", at == rules_.end() ? std::string_view("?") : std::string_view(at->second.name)},
                                     {"bytes", message.body.size()},
                                     {"problem", to_string(verdict)},
                                     {"refused", refused_}});
  return false;
}

}  // namespace sinter

// MessageGate: which role may send which kind of message, as a table; what is not in it is refused. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/net/curve_key.hpp"
#include "base/net/message.hpp"
#include "framework/access/grant.hpp"

namespace sinter {

/// One row. A kind stands in one row only.
struct MessageRule {
  std::uint16_t kind = 0;
  std::string name;                ///< for the log
  std::vector<AccessRole> roles;   ///< who may send it, at least one
  std::uint64_t max_body_bytes = 0;
  bool needs_native_code = false;  ///< and Grant::native_code
};

enum class GateVerdict : std::uint8_t { Allowed, UnknownKind, WrongRole, NeedsNativeCode, TooLarge };
std::string_view to_string(GateVerdict verdict);

/// Asked for each message before its body is looked at (a dispatcher that takes any method of anybody was the hole of CVE-2020-11651).
class MessageGate {
 public:
  /// Requires: kinds differ, each row has a role. `log` outlives the gate.
  MessageGate(std::vector<MessageRule> rules, Log& log);

  GateVerdict judge(const Grant& grant, const net::Message& message) const;

  /// judge(); what is refused is counted, and the 1st, 2nd, 4th, 8th ... is logged. The caller drops it.
  [[nodiscard]] bool admits(const net::PublicKey& from, const Grant& grant, const net::Message& message);

  /// Messages refused so far.
  std::uint64_t refused() const { return refused_; }

 private:
  std::map<std::uint16_t, MessageRule> rules_;
  Log& log_;
  std::uint64_t refused_ = 0;
};

}  // namespace sinter

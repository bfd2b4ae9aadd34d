// The access list: the text that keeps a JoinDesk over restarts. No secret is in it. Stateless; any thread. docs/formats/keys.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "framework/access/join_desk.hpp"

namespace sinter {

/// kMaxMembers members and kMaxJoinTokens tokens with all their uses fit.
inline constexpr std::uint64_t kMaxAccessListBytes = 256u << 20;

std::string access_list_text(const JoinDesk& desk);
/// Errors (the user's) name the line. Safe on any bytes.
Result<JoinDesk> parse_access_list(std::string_view text);

}  // namespace sinter

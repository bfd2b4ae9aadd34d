// What a key may do: its role, and the one right beside it. Value types; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sinter {

/// Join is the role of join tokens: their holder may ask to become one of Node, Submit and Read, and nothing else. Admin makes tokens and
/// ends members; nobody gets it by a token.
enum class AccessRole : std::uint8_t { Node, Submit, Read, Join, Admin };
inline constexpr std::size_t kAccessRoles = 5;

struct Grant {
  AccessRole role = AccessRole::Read;
  bool native_code = false;  ///< of Submit: jobs may bring programs and plugins, which run with the rights of the nodes
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// "node", "submit", "submit+native", "read", "join", "admin".
std::string to_string(const Grant& grant);
/// The inverse, but for "join": nobody is made a member with it.
std::optional<Grant> parse_grant(std::string_view text);

}  // namespace sinter

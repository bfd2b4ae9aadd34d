// Names of roles. Any thread.
#include "framework/access/grant.hpp"

#include <array>

namespace sinter {
namespace {

constexpr std::array<std::string_view, kAccessRoles> kNames = {"node", "submit", "read", "join", "admin"};
constexpr std::string_view kNative = "+native";

}  // namespace

std::string to_string(const Grant& grant) {
  std::string text(kNames[static_cast<std::size_t>(grant.role)]);
  if (grant.native_code) text.append(kNative);
  return text;
}

std::optional<Grant> parse_grant(std::string_view text) {
  for (const AccessRole role : {AccessRole::Node, AccessRole::Submit, AccessRole::Read, AccessRole::Admin})
    for (const bool native_code : {false, role == AccessRole::Submit})
      if (const Grant grant{role, native_code}; text == to_string(grant)) return grant;
  return std::nullopt;
}

}  // namespace sinter

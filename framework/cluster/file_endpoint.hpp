// Where a tracker serves files: at a port of its own, under whatever address its reader knows it by. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sinter::cluster {

/// In an endpoint: the address under which its reader knows the tracker already.
inline constexpr std::string_view kSameAddress = "*";

inline std::string port_of(const std::string& endpoint) { return endpoint.substr(endpoint.rfind(':') + 1); }

/// The endpoint, reached where `tracker`'s endpoint is.
inline std::string endpoint_beside(const std::string& endpoint, const std::string& tracker) {
  return tracker.substr(0, tracker.rfind(':') + 1) + port_of(endpoint);
}

}  // namespace sinter::cluster

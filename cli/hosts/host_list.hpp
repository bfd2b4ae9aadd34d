// The file of hosts that `sinter cluster` works on: one host a line. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinter::cli {

inline constexpr std::size_t kMaxListedHosts = 1'000;

/// "lab-1", "me@lab-2 slots=4 scratch=/big/sinter address=10.0.0.2 name=two native=yes".
struct HostLine {
  std::string ssh;      ///< as ssh knows it
  std::string name;     ///< of its node; else the host without user, unique in the file
  std::string address;  ///< under which other hosts reach it; empty: what ssh makes of its name
  std::string scratch;  ///< empty: what `sinter node` takes
  std::uint32_t slots = 0;  ///< 0: one for each processor
  bool native = false;      ///< its node runs native code of jobs
  friend bool operator==(const HostLine&, const HostLine&) = default;
};

/// Empty lines and what follows a # are nothing. Errors (the user's) name the line.
Result<std::vector<HostLine>> parse_host_list(std::string_view text);

}  // namespace sinter::cli

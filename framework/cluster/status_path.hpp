// StatusPath: a path of a tracker's status, taken apart. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinter::cluster {

inline constexpr std::size_t kMaxStatusPathBytes = 1'024;
/// Entries of one page, when the path does not say how many, and at most.
inline constexpr std::uint64_t kDefaultPageEntries = 100;
inline constexpr std::uint64_t kMaxPageEntries = 1'000;

struct StatusPath {
  std::vector<std::string> steps;            // "v1", "jobs", "7"
  std::map<std::string, std::string> query;  // names and values

  /// Error, the user's: no number, or none at all where `fallback` is not enough.
  Result<std::uint64_t> number(const std::string& name, std::uint64_t fallback) const;
  /// "limit", between 1 and kMaxPageEntries.
  Result<std::uint64_t> limit() const;
  /// Error, the user's: a name that is not one of these.
  Status allow(std::initializer_list<std::string_view> names) const;
};

/// Error, the user's: anything but steps and values of letters, digits, '.', '_' and '-', as in "/v1/jobs/7/tasks?state=running&limit=5".
/// There is nothing to escape in our names, so %-escapes are refused.
Result<StatusPath> parse_status_path(std::string_view path);

/// Decimal digits and nothing else.
Result<std::uint64_t> parse_status_number(std::string_view text);

}  // namespace sinter::cluster

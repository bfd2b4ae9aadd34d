// What is wrong with hosts that are to become a cluster, and what to do about it. Stateless; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/hosts/host_probe.hpp"

namespace sinter::cli {

/// Tokens and logs bear with so much.
inline constexpr std::int64_t kMaxClockSkewUs = 30'000'000;
/// Of scratch space, at least.
inline constexpr std::uint64_t kLeastScratchBytes = 1u << 30;

struct HostReport {
  std::string name;
  std::string ssh_problem;           ///< it was not looked at
  std::optional<ProbeAnswer> probe;
  std::int64_t asked_us = 0;         ///< by our clock
  std::int64_t answered_us = 0;
};

/// How far its clock is ahead of ours (behind: below zero), at least; what the way took is given to it.
std::int64_t clock_skew_us(const HostReport& report);

/// Sentences, each with what to do; none when it may take part. `version`: ours.
std::vector<std::string> problems_of(const HostReport& report, const std::string& version);

/// A line for each host, below one of headings.
std::string report_table(const std::vector<HostReport>& reports, const std::string& version);

}  // namespace sinter::cli

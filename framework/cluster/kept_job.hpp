// KeptJob: what a tracker keeps of a job that has ended, beside its end: numbers, history, logs. Stateless; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "framework/cluster/job_view.hpp"

namespace sinter::cluster {

/// Logs of the attempts of one job; those that are above it go, the largest first. They all lie beside the output too.
inline constexpr std::uint64_t kMaxKeptLogBytes = 2u << 20;
/// Of older jobs nothing but the end is kept.
inline constexpr std::uint64_t kMaxKeptHistories = 100;

struct KeptJob {
  std::string submitted_at;
  std::string ended_at;
  JobNumbers numbers;
  std::uint64_t dropped_logs = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & submitted_at & ended_at & numbers & dropped_logs; }
};

/// Writes it down and trims the logs in the job's `directory`.
Status keep_job(FileSystem& files, const std::string& directory, KeptJob kept);
/// Nothing: none is kept there.
Result<std::optional<KeptJob>> read_kept_job(FileSystem& files, const std::string& directory);
/// Whether a file or directory of this name in a job's directory is kept when it ends.
bool is_kept_of_job(std::string_view name);

}  // namespace sinter::cluster

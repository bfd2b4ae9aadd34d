// Sorted runs: the directories that jobs leave with sorted pairs, as later jobs and `sinter inspect` find them. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"

namespace sinter {

/// One run of a job's sorted inputs, and what it was when the job was planned.
struct SortedRun {
  std::uint32_t input = 0;  // index into JobDefinition::sorted_inputs
  std::string path;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
};

/// A directory of sorted pairs.
struct SortedDirectory {
  PairTypes types;
  std::vector<SortedRun> runs;  // in key order
};

/// Larger manifests are not ours.
inline constexpr std::uint64_t kMaxManifestBytes = 64u << 20;

/// Reads the manifest of the sorted pairs at `path` and finds their runs. Errors, the user's: no finished output of a job, one of another
/// kind, a run that is not there.
Result<SortedDirectory> find_sorted_pairs(FileSystem& files, const std::string& path);

/// The runs of all sorted inputs, in their order. Errors: as find_sorted_pairs(); pairs of other types than the job reads.
Result<std::vector<SortedRun>> plan_sorted_runs(FileSystem& files, const std::vector<SortedInput>& inputs);

/// Bytes of some runs.
std::uint64_t sorted_bytes(const std::vector<SortedRun>& runs);

}  // namespace sinter

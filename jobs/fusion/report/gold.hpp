// Comparison of a finished output with known truth (`quality.gold`). One thread.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/report/quality.hpp"

namespace sinter::fusion {

/// What is odd about a truth, a sentence each: cells stated twice with different values (the last one counts), or no cell at all.
using GoldWarnings = std::vector<std::string>;

/// Reads the truth as compare_with_gold() will. Errors: what it would fail with. Requires: job.gold.
Result<GoldWarnings> check_gold(FileSystem& files, const JobFile& job);

/// Reads the truth through the job's general cleaning steps (what they cannot read is taken as it stands), then the fused output files, and
/// compares cell by cell. Memory: the truth is held; the output streams by. Errors: truth rows that cannot be read or cleaned (named;
/// whatever on_bad_value says: a truth that vanishes would flatter), files. Writes output.differences when the job has it: in output order,
/// then the entities that the output lacks in key order. Requires: job.gold.
Result<QualityReport> compare_with_gold(FileSystem& files, const JobFile& job, const std::vector<std::string>& output_paths);

/// A quality check with what was measured.
struct CheckOutcome {
  QualityCheck check;
  std::string text;  // "error_rate of price is 0.12, at most 0.10 allowed"
  bool passed = true;
};

/// Judges the job's checks. `rejected_share` is rows_rejected / rows_read.
std::vector<CheckOutcome> judge_checks(const JobFile& job, const QualityReport* quality, double rejected_share);

}  // namespace sinter::fusion

// What `sinter run` says at its end: a short text for people, one JSON object for programs. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "framework/runtime/run_job.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/report/gold.hpp"

namespace sinter::cli {

struct RunSummary {
  const fusion::JobFile& job;
  const JobReport& report;
  const std::optional<fusion::QualityReport>& quality;
  const std::vector<fusion::CheckOutcome>& checks;
  std::string placement = {};  // of a job on a cluster: how it saw its files

  bool quality_failed() const;
};

/// rows_read = rows_fused + rows_rejected + dropped; false is a bug of ours.
struct RowBalance {
  std::uint64_t read = 0;
  std::uint64_t fused = 0;
  std::uint64_t rejected = 0;
  std::vector<std::pair<std::string, std::uint64_t>> dropped;  // by rule
  bool holds() const;
};
RowBalance row_balance(const Counters& counters);

/// What no record has though the job maps it, or though the schema names it: a JSON path with a slip, most likely. A sentence each.
std::vector<std::string> unseen_columns(const fusion::JobFile& job, const Counters& counters);

std::string summary_text(const RunSummary& summary, const Console& console);
std::string summary_json(const RunSummary& summary);

}  // namespace sinter::cli

// Running the built sinter in tests, with its JSON result. One thread.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "tests/support/command.hpp"

namespace sinter::testing {

/// The path of the built program.
std::string sinter_program();

struct SinterRun {
  CommandResult command;
  nlohmann::json result;  // of --format json; discarded when stdout was not one JSON object

  std::uint64_t counter(const std::string& name) const;
  /// A number of quality.all or of an attribute: quality("high", "mae").
  double quality(const std::string& attribute, const std::string& measure) const;
  /// rows_read = rows_fused + rows_rejected + dropped.
  bool accounts_for_every_row() const;
};

/// `sinter run JOB --format json` with more arguments.
SinterRun sinter_run(const std::string& job_path, const std::vector<std::string>& arguments = {}, int timeout_s = 120);
CommandResult sinter(const std::vector<std::string>& arguments, int timeout_s = 60);

}  // namespace sinter::testing

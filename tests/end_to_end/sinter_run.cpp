// The sinter program under test: see sinter_run.hpp. One thread.
#include "tests/end_to_end/sinter_run.hpp"

#include <cmath>

namespace sinter::testing {

std::string sinter_program() { return std::string(SINTER_BIN_DIR) + "/sinter"; }

std::uint64_t SinterRun::counter(const std::string& name) const {
  if (!result.is_object() || !result.contains("counters")) return 0;
  return result["counters"].value(name, std::uint64_t{0});
}

double SinterRun::quality(const std::string& attribute, const std::string& measure) const {
  if (!result.is_object() || !result.contains("quality")) return std::nan("");
  const nlohmann::json& quality = result["quality"];
  if (attribute == "all") return quality["all"].value(measure, std::nan(""));
  for (const nlohmann::json& one : quality["attributes"]) {
    if (one["attribute"] == attribute) return one.value(measure, std::nan(""));
  }
  return std::nan("");
}

bool SinterRun::accounts_for_every_row() const {
  std::uint64_t dropped = 0;
  if (!result.is_object() || !result.contains("counters")) return false;
  for (const auto& [name, value] : result["counters"].items()) {
    if (name.starts_with("rows_dropped.")) dropped += value.get<std::uint64_t>();
  }
  return counter("rows_read") == counter("rows_fused") + counter("rows_rejected") + dropped;
}

SinterRun sinter_run(const std::string& job_path, const std::vector<std::string>& arguments, int timeout_s) {
  std::vector<std::string> argv = {sinter_program(), "run", job_path, "--format", "json"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  SinterRun run;
  run.command = run_command(argv, timeout_s);
  run.result = nlohmann::json::parse(run.command.out, nullptr, /*allow_exceptions=*/false);
  return run;
}

CommandResult sinter(const std::vector<std::string>& arguments, int timeout_s) {
  std::vector<std::string> argv = {sinter_program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_command(argv, timeout_s);
}

}  // namespace sinter::testing

// The end of a run, in text and JSON: see run_summary.hpp. Any thread.
#include "cli/run_summary.hpp"

#include <algorithm>
#include <cstdio>

#include "base/checksum.hpp"
#include "cli/progress.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"
#include "jobs/fusion/job/fusion_mapper.hpp"
#include "jobs/fusion/job/fusion_reducer.hpp"

namespace sinter::cli {
namespace {

std::uint64_t count(const Counters& counters, std::string_view name) {
  const auto found = counters.find(std::string(name));
  return found == counters.end() ? 0 : found->second;
}

std::string seconds(std::int64_t ms) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f s", static_cast<double>(ms) / 1000);
  return buffer;
}

std::string number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

std::string shortly(std::uint64_t count, std::string_view one, std::string_view many) {
  return short_count(count) + " " + std::string(count == 1 ? one : many);
}

std::string quality_row(const fusion::AttributeQuality& quality, bool with_distances) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, "    %-20s %10llu %9.1f%%", quality.attribute.c_str(),
                static_cast<unsigned long long>(quality.gold_cells), quality.coverage() * 100);
  std::string line = buffer;
  std::snprintf(buffer, sizeof buffer, " %9.2f%%", quality.error_rate() * 100);
  line += quality.covered > 0 ? buffer : "          -";  // nothing was compared: no share is right
  if (with_distances && quality.numeric > 0) {
    std::snprintf(buffer, sizeof buffer, " %11s %11s", number(quality.mae()).c_str(), number(quality.rmse()).c_str());
    line += buffer;
  }
  return line + "\n";
}

std::string quality_table(const fusion::QualityReport& quality) {
  std::string text = "  against the truth   gold cells   coverage     wrong         MAE        RMSE\n";
  for (const fusion::AttributeQuality& one : quality.attributes) {
    if (one.gold_cells > 0) text += quality_row(one, true);
  }
  return text + quality_row(quality.total(), false);  // distances of unlike attributes have no sum
}

void write_quality(JsonWriter& json, const fusion::AttributeQuality& quality) {
  json.begin_object().member("attribute", quality.attribute).member("gold_cells", quality.gold_cells).member("covered", quality.covered);
  json.member("wrong", quality.wrong).member("numeric", quality.numeric).member("coverage", quality.coverage());
  json.member("error_rate", quality.error_rate());
  if (quality.numeric > 0) json.member("mae", quality.mae()).member("rmse", quality.rmse());
  json.end_object();
}

void write_checks(JsonWriter& json, const std::vector<fusion::CheckOutcome>& checks) {
  json.key("checks").begin_array();
  for (const fusion::CheckOutcome& outcome : checks) {
    json.begin_object().member("check", outcome.text).member("passed", outcome.passed);
    json.member("severity", outcome.check.severity == fusion::Severity::Error ? "error" : "warn").end_object();
  }
  json.end_array();
}

bool has_steps(const fusion::JobFile& job, std::size_t attribute) {
  return std::any_of(job.clean.begin(), job.clean.end(), [attribute](const auto& plans) { return !plans[attribute].steps.empty(); });
}

}  // namespace

std::vector<std::string> unseen_columns(const fusion::JobFile& job, const Counters& counters) {
  std::vector<std::string> lines;
  std::uint64_t all_rows = 0;
  bool all_wide = true;
  for (const fusion::SourceDeclaration& source : job.sources) {
    const std::uint64_t rows = count(counters, std::string(fusion::kRowsParsedPrefix) + source.name);
    all_rows += rows;
    all_wide = all_wide && !source.long_shape;
    for (const auto& [attribute, column] : source.columns) {
      const std::string counter = std::string(fusion::kColumnMissingPrefix) + source.name + "." + column;
      if (rows > 0 && count(counters, counter) == rows) {
        lines.push_back("none of the " + counted(rows, "row") + " of source '" + source.name + "' has '" + column + "' (sources." +
                        source.name + ".columns." + job.schema[attribute].name + ")");
      }
    }
  }
  if (!lines.empty() || !all_wide || all_rows == 0) return lines;
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    const std::string& name = job.schema[i].name;
    if (count(counters, std::string(fusion::kAttributeMissingPrefix) + name) < all_rows || has_steps(job, i)) continue;
    lines.push_back("no row of any source has '" + name + "'");
  }
  return lines;
}

bool RunSummary::quality_failed() const {
  for (const fusion::CheckOutcome& outcome : checks) {
    if (!outcome.passed && outcome.check.severity == fusion::Severity::Error) return true;
  }
  return false;
}

bool RowBalance::holds() const {
  std::uint64_t sum = fused + rejected;
  for (const auto& [rule, rows] : dropped) sum += rows;
  return sum == read;
}

RowBalance row_balance(const Counters& counters) {
  RowBalance balance{count(counters, fusion::kRowsRead), count(counters, fusion::kRowsFused), count(counters, fusion::kRowsRejected), {}};
  for (const auto& [name, value] : counters) {
    if (value > 0 && name.starts_with(fusion::kRowsDroppedPrefix))
      balance.dropped.emplace_back(name.substr(fusion::kRowsDroppedPrefix.size()), value);
  }
  return balance;
}

std::string summary_text(const RunSummary& summary, const Console& console) {
  const JobReport& report = summary.report;
  const RowBalance balance = row_balance(report.counters);
  std::string text = (summary.quality_failed() ? console.red("quality failed") : console.green("ok")) + "  " +
                     console.bold(summary.job.name) + "  " + shortly(report.input_files, "file", "files") + ", " +
                     shortly(balance.read, "row", "rows") + " -> " +
                     shortly(count(report.counters, fusion::kEntities), "entity", "entities") + " in " + seconds(report.total_ms) + "\n";
  text += "  rows      " + std::to_string(balance.read) + " read = " + std::to_string(balance.fused) + " fused + " +
          std::to_string(balance.rejected) + " rejected";
  for (const auto& [rule, rows] : balance.dropped) text += " + " + std::to_string(rows) + " dropped by " + rule;
  text += balance.holds() ? "\n" : "   (these do not add up: please report it)\n";
  text += "  cells     " + std::to_string(count(report.counters, fusion::kCellsFused)) + " fused, " +
          std::to_string(count(report.counters, fusion::kCellsEmpty)) + " empty, " +
          std::to_string(count(report.counters, fusion::kCellsInConflict)) + " in conflict\n";
  if (const std::uint64_t nulled = count(report.counters, fusion::kCellsNulled); nulled > 0) {
    text += "  nulled    " + counted(nulled, "value") + " that could not be converted (on_bad_value: null)\n";
  }
  if (const std::uint64_t too_long = count(report.counters, fusion::kCellsTooLong); too_long > 0) {
    text += "  too long  " + std::to_string(too_long) + " cells are empty because their answer is too long, see the rejects\n";
  }
  if (balance.read > 0 && balance.fused == 0) text += "  " + console.red("warning") + "   not one row was fused: see the rejects\n";
  for (const std::string& line : unseen_columns(summary.job, report.counters)) text += "  " + console.red("warning") + "   " + line + "\n";
  if (report.failed_attempts > 0) {
    text += "  attempts  " + std::to_string(report.failed_attempts) +
            (report.failed_attempts == 1 ? " failed and was" : " failed and were") + " repeated, " +
            counted(report.lost_workers, "worker") + " lost\n";
  }
  if (report.quarantined_records > 0)
    text += "  crashed   " + counted(report.quarantined_records, "record") + " set aside, see the rejects\n";
  if (summary.quality) text += quality_table(*summary.quality);
  for (const fusion::CheckOutcome& outcome : summary.checks) {
    text += std::string("  check     ") +
            (outcome.passed                                      ? "ok    "
             : outcome.check.severity == fusion::Severity::Error ? console.red("FAILED")
                                                                 : "warn  ") +
            " " + outcome.text + "\n";
  }
  if (!summary.placement.empty()) text += "  files     " + summary.placement + "\n";
  for (const OutputFileReport& file : report.outputs) text += "  output    " + file.path + " (" + format_bytes(file.bytes) + ")\n";
  if (!report.rejects.path.empty()) text += "  rejects   " + report.rejects.path + "\n";
  if (summary.quality && !summary.job.differences_path.empty()) text += "  differs   " + summary.job.differences_path + "\n";
  return text;
}

std::string summary_json(const RunSummary& summary) {
  const JobReport& report = summary.report;
  JsonWriter json;
  json.begin_object().member("status", summary.quality_failed() ? "quality_failed" : "ok").member("job", summary.job.name);
  json.member("hash", summary.job.hash).key("counters").begin_object();
  for (const auto& [name, value] : report.counters) json.member(name, value);
  json.end_object().member("balanced", row_balance(report.counters).holds());
  json.key("outputs").begin_array();
  for (const OutputFileReport& file : report.outputs) {
    json.begin_object().member("path", file.path).member("bytes", file.bytes).member("xxh3_64", checksum_text(file.checksum)).end_object();
  }
  json.end_array().member("manifest", report.manifest_path).member("rejects", report.rejects.path);
  if (summary.quality && !summary.job.differences_path.empty()) json.member("differences", summary.job.differences_path);
  json.key("warnings").begin_array();
  for (const std::string& line : unseen_columns(summary.job, report.counters)) json.value(line);
  json.end_array();
  if (summary.quality) {
    json.key("quality").begin_object().key("all");
    write_quality(json, summary.quality->total());
    json.key("attributes").begin_array();
    for (const fusion::AttributeQuality& one : summary.quality->attributes) write_quality(json, one);
    json.end_array()
        .member("gold_entities", summary.quality->gold_entities)
        .member("found_entities", summary.quality->found_entities)
        .end_object();
  }
  write_checks(json, summary.checks);
  json.key("run")
      .begin_object()
      .member("seconds", static_cast<double>(report.total_ms) / 1000)
      .member("workers", std::uint64_t{report.workers});
  json.member("input_files", report.input_files).member("input_bytes", report.input_bytes).member("shuffle_bytes", report.shuffle_bytes);
  json.member("failed_attempts", report.failed_attempts).member("lost_workers", report.lost_workers);
  if (!summary.placement.empty()) json.member("files", summary.placement);
  json.member("quarantined_records", report.quarantined_records).member("peak_worker_memory_bytes", report.peak_worker_memory_bytes);
  json.end_object().end_object();
  return json.text() + "\n";
}

}  // namespace sinter::cli

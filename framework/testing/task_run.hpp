// One attempt of one task on the calling thread, over files in memory: what run_map(), run_reduce() and run_step() stand on. Bytes only, so
// that it is compiled once. Each call is independent; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/api/histogram_summary.hpp"
#include "framework/api/job_draft.hpp"
#include "framework/api/task.hpp"
#include "framework/testing/surroundings.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// What a task left beside what it emitted or wrote.
struct TaskOutcome {
  std::map<std::string, std::uint64_t, std::less<>> counters;  // also rows_read, rows_rejected, groups
  std::vector<HistogramSummary> histograms;
  std::vector<std::string> rejects;  // lines of the rejects file, JSON: rule, reason, file, line, ...
  std::map<std::string, std::vector<std::string>, std::less<>> side_rows;  // by side output, as lines of CSV
  std::vector<std::string> log;      // lines, JSON
  std::string status;                // the last one
};

/// The same, and the bytes of its output.
struct RawOutcome : TaskOutcome {
  std::string output;
};

/// One record of a shuffle.
struct RawRecord {
  std::string key;
  std::size_t group_size = 0;
  std::string value;
};

/// A job that declares `around` and reads `input`.
DraftHandle draft_of_test(const Surroundings& around, const DataFile& input);
/// Output of any number of columns, as lines of CSV.
DataFile rows_of_test();
/// The task's setup with side outputs of any number of columns.
TypedTaskSetup setup_of_test(TypedTaskSetup setup);

/// Runs the draft's map output over `text`, which lies at the path of its input.
Result<RawOutcome> run_map_task(DraftHandle draft, const DataFile& input, std::string_view text, const Surroundings& around);
/// Shuffles the records and runs the draft's reduce over their groups. The draft needs no input and no map.
Result<RawOutcome> run_reduce_task(DraftHandle draft, std::vector<RawRecord> records, const Surroundings& around);

/// A map or step whose emissions become bytes of output, for EmissionReader.
std::unique_ptr<MapOutputTask> record_emissions(std::unique_ptr<MapTask> map);
/// The same.
std::unique_ptr<ReduceTask> record_emissions(std::unique_ptr<StepTask> step);

/// The emissions again, in order.
class EmissionReader {
 public:
  explicit EmissionReader(std::string_view bytes) : rest_(bytes) {}
  /// False at the end.
  bool next(std::string_view& key, std::string_view& value);

 private:
  std::string_view rest_;
};

/// Prints the error and aborts.
[[noreturn]] void fail_test(const Error& error);
/// `text` without its line ends.
std::vector<std::string> lines_of(std::string_view text);
/// Lines as the text of a file. Error: a line with an LF in it.
Result<std::string> text_of_lines(const std::vector<std::string_view>& lines);
/// The error of a value that reads back as another, the `index`-th of those emitted or given.
Error lost_value(std::string_view what, std::size_t index, std::size_t written_bytes, std::size_t read_bytes);

}  // namespace testing
}  // namespace sinter

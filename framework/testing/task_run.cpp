// A map or reduce attempt as workers run it, over files in memory. One thread.
#include "framework/testing/task_run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/runtime/worker_job.hpp"
#include "shuffle/build/run_builder.hpp"

namespace sinter::testing {
namespace {

constexpr const char* kScratch = "scratch";
/// Memory that sorts the records of a test; more of them spill, into memory.
constexpr std::uint64_t kSortBytes = 4u << 20;
constexpr std::uint32_t kSortBlockBytes = 64u << 10;

/// Where emitted records are written as sized strings.
class EmissionSink final : public RawEmitter {
 public:
  explicit EmissionSink(OutputSink& sink) : sink_(sink) {}
  Status emit(std::string_view key, std::size_t, std::string_view value) override {
    bytes_.clear();
    append_sized(bytes_, key);
    append_sized(bytes_, value);
    return sink_.append(bytes_);
  }

 private:
  OutputSink& sink_;
  std::string bytes_;
};

class RecordedMap final : public MapOutputTask {
 public:
  explicit RecordedMap(std::unique_ptr<MapTask> map) : map_(std::move(map)) {}
  Status begin_file(std::uint32_t file, std::string_view capture) override { return map_->begin_file(file, capture); }
  Status map(std::span<const Record> batch, OutputSink& sink) override {
    EmissionSink emissions(sink);
    return map_->map(batch, emissions);
  }
  Status finish(OutputSink& sink) override {
    EmissionSink emissions(sink);
    return map_->finish(emissions);
  }

 private:
  std::unique_ptr<MapTask> map_;
};

class RecordedStep final : public ReduceTask {
 public:
  explicit RecordedStep(std::unique_ptr<StepTask> step) : step_(std::move(step)) {}
  Status reduce(RawGroup& group, OutputSink& sink) override { return step_->reduce(group, emissions_of(sink)); }
  Status finish(OutputSink& sink) override { return step_->finish(emissions_of(sink)); }

 private:
  /// One for the whole attempt: a typed step remembers where it emits to.
  EmissionSink& emissions_of(OutputSink& sink) {
    if (emissions_ == nullptr) emissions_ = std::make_unique<EmissionSink>(sink);
    return *emissions_;
  }
  std::unique_ptr<StepTask> step_;
  std::unique_ptr<EmissionSink> emissions_;
};

/// A job of one task, its files, and what an attempt of it left.
class OneTask {
 public:
  explicit OneTask(const Surroundings& around) : around_(around) {}

  /// Writes the files and plans the job.
  Status open(DraftHandle draft, const DataFile& input, std::string_view text) {
    SINTER_TRY(write(input.path, text));
    for (const SideInputText& side : around_.side_inputs()) SINTER_TRY(write(side.file.path, side.text));
    SINTER_ASSIGN(JobDefinition definition, CompleteJob(std::move(draft), lines("output")).definition());
    definition.execution.memory_bytes = around_.memory_bytes();
    definition.execution.in_process = true;
    definition.execution.split_bytes = std::max<std::uint64_t>(text.size(), kMinSplitBytes);
    SINTER_ASSIGN(plan_, make_plan(*files_, definition, 1));
    SINTER_ASSIGN(PositionFile position, PositionFile::create_unnamed());
    SINTER_TRY(files_->make_directories(layout_.committed_directory()));
    job_ = std::make_unique<WorkerJob>(layout_, PlanFile{{}, plan_}, std::move(definition), std::move(position), *files_);
    return {};
  }
  /// The run that a map task would have left.
  Status write_run(const std::vector<RawRecord>& records) {
    MemoryBudget memory("the memory of a test", 2 * kSortBytes);
    RunBuilderOptions options;
    options.memory_bytes = kSortBytes;
    options.block_bytes = kSortBlockBytes;
    options.spill_directory = layout_.root() + "/spills";
    options.run_path = layout_.result(TaskId{0, 0});
    SINTER_ASSIGN(const std::unique_ptr<RunBuilder> builder, RunBuilder::create(*files_, memory, options));
    for (const RawRecord& record : records) SINTER_TRY(builder->add(record.key, record.group_size, record.value));
    SINTER_ASSIGN(const RunSummary summary, builder->finish());
    return {};
  }
  /// One record at a time, so that an error names its line.
  Result<RawOutcome> run(const Stage& stage) {
    const RunAttempt run{{{stage.work == StageWork::Map ? 0u : 1u, 0}, 1}, stage, true, {}, {}};
    ProgressBoard progress;
    const std::atomic<bool> stop{false};
    AttemptResult result = job_->run(run, progress, stop);
    SINTER_TRY(result.status);
    RawOutcome outcome;
    outcome.histograms = take_histograms(result.counters);
    outcome.counters = std::move(result.counters);
    outcome.status = progress.read().status;
    SINTER_ASSIGN(outcome.output, read_if_there(layout_.attempt_result(run.attempt)));
    SINTER_ASSIGN(const std::string rejects, read_if_there(layout_.attempt_rejects(run.attempt)));
    outcome.rejects = lines_of(rejects);
    SINTER_ASSIGN(const std::string log, read_if_there(layout_.attempt_log(run.attempt)));
    outcome.log = lines_of(log);
    for (std::size_t side = 0; side < around_.side_outputs().size(); ++side) {
      SINTER_ASSIGN(const std::string rows, read_if_there(layout_.attempt_side_output(run.attempt, side)));
      outcome.side_rows[around_.side_outputs()[side]] = lines_of(rows);
    }
    return outcome;
  }
  bool has_splits() const { return !plan_.splits.empty(); }

 private:
  Status write(const std::string& path, std::string_view text) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos) SINTER_TRY(files_->make_directories(path.substr(0, slash)));
    return write_file(*files_, path, text);
  }
  Result<std::string> read_if_there(const std::string& path) {
    if (!files_->exists(path)) return std::string();
    return read_file(*files_, path);
  }

  const Surroundings& around_;
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  JobLayout layout_{kScratch};
  Plan plan_;
  std::unique_ptr<WorkerJob> job_;
};

/// The map that the shape of a job wants and that never runs.
std::unique_ptr<MapTask> no_map(const TypedTaskSetup&, TaskContext&) { return nullptr; }

}  // namespace

DraftHandle draft_of_test(const Surroundings& around, const DataFile& input) {
  DraftHandle draft("test");
  for (const ParameterDeclaration& one : around.parameters()) draft.add_parameter(one);
  for (const SideInputText& side : around.side_inputs()) draft.add_side_input(side.name, side.file);
  for (const std::string& name : around.side_outputs()) draft.add_side_output(name, lines("side-output"));
  draft.add_input(input);
  return draft;
}

DataFile rows_of_test() { return csv("the rows of a test", {}); }

TypedTaskSetup setup_of_test(TypedTaskSetup setup) {
  std::vector<NamedFile> sides = *setup.side_files;
  for (NamedFile& side : sides) side.file = rows_of_test();
  setup.side_files = std::make_shared<const std::vector<NamedFile>>(std::move(sides));
  return setup;
}

Result<RawOutcome> run_map_task(DraftHandle draft, const DataFile& input, std::string_view text, const Surroundings& around) {
  OneTask task(around);
  SINTER_TRY(task.open(std::move(draft), input, text));
  // A text without a record: no task of a job reads it.
  if (!task.has_splits()) return RawOutcome{};
  return task.run(Stage{});
}

Result<RawOutcome> run_reduce_task(DraftHandle draft, std::vector<RawRecord> records, const Surroundings& around) {
  const DataFile input = lines("input");
  draft.add_map({.lines = true}, false, no_map);
  OneTask task(around);
  SINTER_TRY(task.open(std::move(draft), input, "nobody reads this\n"));
  SINTER_TRY(task.write_run(records));
  Stage stage;
  stage.work = StageWork::Reduce;
  stage.input_tasks = 1;
  return task.run(stage);
}

std::unique_ptr<MapOutputTask> record_emissions(std::unique_ptr<MapTask> map) { return std::make_unique<RecordedMap>(std::move(map)); }

std::unique_ptr<ReduceTask> record_emissions(std::unique_ptr<StepTask> step) { return std::make_unique<RecordedStep>(std::move(step)); }

bool EmissionReader::next(std::string_view& key, std::string_view& value) {
  ByteReader reader(rest_);
  if (!reader.read_sized(key) || !reader.read_sized(value)) return false;
  rest_.remove_prefix(static_cast<std::size_t>(value.data() + value.size() - rest_.data()));
  return true;
}

void fail_test(const Error& error) {
  std::fputs(("the test cannot go on: " + error.to_string() + "\n").c_str(), stderr);
  std::abort();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<std::string> text_of_lines(const std::vector<std::string_view>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find('\n') != std::string_view::npos)
      return user_error("line " + std::to_string(i + 1) + " of those given has a line end in it");
    text.append(lines[i]) += '\n';
  }
  return text;
}

Error lost_value(std::string_view what, std::size_t index, std::size_t written_bytes, std::size_t read_bytes) {
  return user_error("the " + std::string(what) + " of pair " + std::to_string(index) + " (from 0) does not survive its codec: " +
                    std::to_string(written_bytes) + " bytes were written, and what was read back is written as other " +
                    std::to_string(read_bytes) + " bytes")
      .with_hint("Look at its fields(), or at its KeyCodec or ValueCodec: append() and read() must mirror each other");
}

}  // namespace sinter::testing

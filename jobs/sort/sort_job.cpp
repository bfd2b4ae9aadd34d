// A line is its key; the shuffle does the rest. Each task stays on one thread.
#include "jobs/sort/sort_job.hpp"

#include <utility>

#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

class SortMap final : public MapTask {
 public:
  explicit SortMap(TaskContext& context) : rows_read_(context.counter("rows_read")) {}

  Status begin_file(std::uint32_t, std::string_view) override { return {}; }
  Status map(std::span<const Record> batch, RawEmitter& emitter) override {
    rows_read_.add(batch.size());
    for (const Record& record : batch) {
      // A sort that leaves a line out is no sort, so nothing is rejected.
      if (!record.problem.empty())
        return user_error("line " + std::to_string(record.line) + " cannot be sorted: " + std::string(record.problem));
      key_.clear();
      append_key_string(key_, record.fields[0].text);
      SINTER_TRY(emitter.emit(key_, key_.size(), {}));
    }
    return {};
  }
  Status finish(RawEmitter&) override { return {}; }

 private:
  Counter rows_read_;
  std::string key_;
};

class SortReduce final : public ReduceTask {
 public:
  Status reduce(RawGroup& group, OutputSink& output) override {
    KeyReader reader(group.key());
    SINTER_TRY(reader.read_string(line_));
    line_ += '\n';
    while (true) {
      SINTER_ASSIGN(const bool more, group.next());
      if (!more) return {};
      SINTER_TRY(output.append(line_));
    }
  }
  Status finish(OutputSink&) override { return {}; }

 private:
  std::string line_;
};

}  // namespace

JobDefinition make_sort_job(std::string input, std::string output) {
  JobDefinition job;
  job.name = "sort";
  InputDeclaration lines;
  lines.name = input;
  lines.paths = {std::move(input)};
  lines.format.kind = FormatKind::Lines;
  job.inputs = {std::move(lines)};
  job.make_map = [](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
    return std::unique_ptr<MapTask>(std::make_unique<SortMap>(context));
  };
  job.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<SortReduce>());
  };
  job.output = {std::move(output), "", ".txt"};
  return job;
}

}  // namespace sinter

// Which runs a task reads, and as how many sources. One thread.
#include "framework/runtime/stage_reader.hpp"

#include <utility>

#include "shuffle/merge/tagged_merge.hpp"

namespace sinter {
namespace {

/// Gathers the sources of one reader.
class Sources {
 public:
  Sources(const AttemptSurroundings& around, const RunAttempt& run, const std::string& spill_directory, StageReader& reader)
      : around_(around), run_(run), spill_directory_(spill_directory), reader_(reader) {}

  /// Those of one tag are one source: their values are ordered, and combined, together.
  void add(const std::string& tag, std::string path) {
    if (sources_.empty() || sources_.back().tag != tag) begin(tag);
    sources_.back().merge.run_paths.push_back(std::move(path));
  }
  std::vector<TaggedSource> take() {
    if (sources_.empty()) begin({});
    return std::move(sources_);
  }

 private:
  void begin(const std::string& tag) {
    TaggedSource source{{}, tag};
    source.merge.range = run_.range;
    source.merge.max_fan_in = around_.plan.memory.merge_fan_in;
    source.merge.spill_directory = spill_directory_;
    if (const CombinerFactory make = input_combiner(around_.job, run_.stage)) {
      reader_.combiners.push_back(make());
      source.merge.combiner = reader_.combiners.back().get();
    }
    sources_.push_back(std::move(source));
  }

  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  const std::string& spill_directory_;
  StageReader& reader_;
  std::vector<TaggedSource> sources_;
};

}  // namespace

Result<StageReader> open_stage_reader(const AttemptSurroundings& around, const RunAttempt& run, const std::string& spill_directory) {
  StageReader reader;
  Sources sources(around, run, spill_directory, reader);
  for (std::uint32_t task = 0; task < run.stage.input_tasks; ++task)
    sources.add({}, around.layout.result(TaskId{run.stage.input_stage, task}));
  if (run.stage.input_stage == 0) {
    for (const SortedRun& sorted : around.plan.sorted_runs) {
      if (sorted.input >= around.job.sorted_inputs.size()) return internal_error("the worker's job has other inputs than the plan");
      SINTER_TRY(check_unchanged(around.files, sorted.path, sorted.size_bytes, sorted.modified_ns));
      sources.add(around.job.sorted_inputs[sorted.input].tag, sorted.path);
    }
  }
  std::vector<TaggedSource> all = sources.take();
  if (all.size() == 1 && all.front().tag.empty()) {
    SINTER_ASSIGN(reader.groups, GroupCursor::open(around.files, around.memory, std::move(all.front().merge)));
  } else {
    SINTER_ASSIGN(reader.groups, open_tagged_merge(around.files, around.memory, std::move(all)));
  }
  return reader;
}

}  // namespace sinter

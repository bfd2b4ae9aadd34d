// JobDraft: what the steps of a typed job have gathered; CompleteJob: a job that can be run. Values made in main(); one thread. The draft
// is hidden, so that an author's translation unit has none of its code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/typed_map.hpp"
#include "shuffle/record/combiner.hpp"

namespace [[gnu::visibility("default")]] sinter {

struct JobDefinition;
struct JobDraft;

/// Makes the map of one attempt.
using MakeTypedMap = std::function<std::unique_ptr<MapTask>(TypedTaskSetup, TaskContext&)>;
/// Makes the reduce of one attempt.
using MakeTypedReduce = std::function<std::unique_ptr<ReduceTask>(DataFile output, TypedTaskSetup, TaskContext&)>;
/// Makes the map of one attempt of a map-only job.
using MakeTypedMapOutput = std::function<std::unique_ptr<MapOutputTask>(DataFile output, TypedTaskSetup, TaskContext&)>;
/// Makes the step of one attempt.
using MakeTypedStep = std::function<std::unique_ptr<StepTask>(TypedTaskSetup, TaskContext&)>;
/// Makes the merge of one attempt.
using MakeTypedMerge = std::function<std::unique_ptr<ReduceTask>(TypedTaskSetup, TaskContext&)>;
/// Makes the combiner of one attempt.
using MakeCombiner = std::function<std::unique_ptr<Combiner>()>;

/// What a map takes.
struct MapInputs {
  bool lines = false;
  std::size_t row_columns = 0;  // of a row struct, else 0
};

/// Rounds of a typed job; see RoundsDeclaration.
struct RoundsDraft {
  MakeTypedStep make_round;
  MakeTypedMerge make_merge;
  std::string first_summary;
  std::function<bool(std::uint32_t round, std::string_view previous, std::string_view current)> converged;
  std::uint32_t most = 0;
};

/// A draft on its way from step to step. Movable; the draft moves along.
class DraftHandle {
 public:
  explicit DraftHandle(std::string name);
  DraftHandle(DraftHandle&&) noexcept;
  DraftHandle& operator=(DraftHandle&&) noexcept;
  ~DraftHandle();

  void add_parameter(ParameterDeclaration parameter);
  void add_side_output(std::string name, DataFile file);
  void add_side_input(std::string name, DataFile file);
  /// Of the map that is added next.
  void add_input(DataFile file);
  /// `partitioned`: its keys are Partitioned.
  void add_map(MapInputs takes, bool partitioned, MakeTypedMap make);
  /// Stands where a map with its inputs would.
  void add_sorted_input(SortedPairs pairs, bool partitioned, PairTypes types);
  /// The only map of a job without a reduce.
  void set_map_output(MapInputs takes, MakeTypedMapOutput make);
  /// Behind the steps, before the reduce.
  void set_rounds(RoundsDraft rounds);
  /// Of what rounds emit, else the last step, else the maps.
  void set_combiner(MakeCombiner make);
  /// As add_map() and set_reduce().
  void add_step(bool tagged, bool partitioned, MakeTypedStep make);
  /// `tagged`: the reduce tells the maps apart.
  void set_reduce(bool tagged, MakeTypedReduce make);
  /// Instead of a reduce: what is grouped is the output.
  void set_sorted_output(PairTypes types);
  /// Only the first `count` pairs of each task of the last step (or map) travel, as one group; nothing is combined.
  void keep_first(std::uint64_t count);

 private:
  friend class CompleteJob;
  std::unique_ptr<JobDraft> draft_;
};

/// A whole job: it can be run. Copies share the draft, which nobody changes any more.
class CompleteJob {
 public:
  CompleteJob(DraftHandle draft, DataFile output);

  /// The byte-level job (framework/api/job_definition.hpp). Errors, the author's: no name, inputs or columns; a map of lines that reads a
  /// table; names declared twice.
  Result<JobDefinition> definition() const;
  /// Makes this program the job's command line; see job_main(). Return what it returns from main().
  /// Defined in framework/program/job_main.cpp: running jobs is the business of a later module.
  int main(int argument_count, char** argument_values) const;

 private:
  std::shared_ptr<const JobDraft> draft_;
};

/// A job with a reduce, or with a map that writes rows.
class ReducedJob {
 public:
  explicit ReducedJob(DraftHandle draft) : draft_(std::move(draft)) {}
  CompleteJob write(DataFile output) && { return {std::move(draft_), std::move(output)}; }
  /// Refused in a sentence: rows are no pairs.
  template <class Target>
    requires std::is_same_v<Target, SortedPairs>
  CompleteJob write(Target target) && {
    static_assert(!std::is_same_v<Target, SortedPairs>,
                  "sinter: sorted_pairs() takes what a job emits: leave out the reduce, or write it as step(), which emits pairs.");
    return {std::move(draft_), DataFile{{}, std::move(target.path), {}}};
  }

 private:
  DraftHandle draft_;
};

}  // namespace sinter

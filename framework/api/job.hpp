// Job: a MapReduce job from typed functions; the one header that a job author includes. A value made in main(); one thread.
//   sinter::Job("word count").read(sinter::lines("*.txt")).map(split).combine(std::plus<>{}).reduce(sum)
//       .write(sinter::csv("counts.csv", {"word", "count"})).main(argc, argv);
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/api/job_main.hpp"
#include "framework/api/typed_tasks.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What the steps have gathered: the definition, and what must still be checked. Used by the steps below.
struct JobDraft {
  JobDefinition definition;
  std::vector<DataFile> inputs;
  DataFile output;
  bool maps_lines = false;
  std::function<Result<std::unique_ptr<ReduceTask>>(const DataFile& output, TaskContext& context)> make_reduce;
};

/// A whole job: it can be run.
class CompleteJob {
 public:
  explicit CompleteJob(JobDraft draft) : draft_(std::move(draft)) {}

  /// The byte-level job. Errors, the author's: no name, inputs or columns; a map of lines that reads a table.
  Result<JobDefinition> definition() const;
  /// Makes this program the job's command line; see job_main(). Return what it returns from main().
  int main(int argument_count, char** argument_values) const {
    // Here and not in job.cpp: job_main() is defined in a later module.
    const JobProgram program{draft_.definition.name, {}, [this](const std::vector<std::string>&) { return definition(); }};
    return job_main(program, argument_count, argument_values);
  }

 private:
  JobDraft draft_;
};

/// A job with a reduce.
class ReducedJob {
 public:
  explicit ReducedJob(JobDraft draft) : draft_(std::move(draft)) {}
  CompleteJob write(DataFile output) && {
    draft_.output = std::move(output);
    return CompleteJob(std::move(draft_));
  }

 private:
  JobDraft draft_;
};

/// A job with a map that emits K and V.
template <class K, class V>
class MappedJob {
 public:
  explicit MappedJob(JobDraft draft) : draft_(std::move(draft)) {}

  /// V(V, V), associative and commutative: values of one key are merged before they travel, in any grouping and order, or never.
  template <class F>
  MappedJob combine(F function) && {
    constexpr bool kFits = std::is_invocable_r_v<V, F&, const V&, const V&>;
    static_assert(kFits, "sinter: combine() takes a callable V(V, V), where V is the value type of the map's Emitter.");
    if constexpr (kFits) draft_.definition.make_combiner = [function] { return std::make_unique<TypedCombiner<V, F>>(function); };
    return std::move(*this);
  }

  /// void(const K&, Group<V>&, RowWriter&), called once per key in key order (within a task).
  template <class F>
  ReducedJob reduce(F function) && {
    constexpr bool kFits = std::is_invocable_v<F&, const K&, Group<V>&, RowWriter&>;
    static_assert(kFits, "sinter: reduce() takes a callable void(const K&, sinter::Group<V>&, sinter::RowWriter&), where K and V are the "
                         "types of the map's Emitter.");
    if constexpr (kFits) {
      draft_.make_reduce = [function](const DataFile& output, TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
        return std::unique_ptr<ReduceTask>(std::make_unique<TypedReduce<K, V, F>>(function, output, context));
      };
    }
    return ReducedJob(std::move(draft_));
  }

 private:
  JobDraft draft_;
};

/// A job that has begun: name and inputs.
class Job {
 public:
  explicit Job(std::string name) { draft_.definition.name = std::move(name); }

  /// Adds an input; may be called again.
  Job read(DataFile input) && {
    draft_.inputs.push_back(std::move(input));
    return std::move(*this);
  }

  /// void(std::string_view line, Emitter<K, V>&) or void(const Record&, Emitter<K, V>&). Each task has a copy of its own.
  template <class F>
  auto map(F function) && {
    using Traits = MapTraits<F>;
    static_assert(Traits::kFits, "sinter: map() takes a callable void(std::string_view, sinter::Emitter<K, V>&) or "
                                 "void(const sinter::Record&, sinter::Emitter<K, V>&) with both types written out.");
    if constexpr (Traits::kFits) {
      draft_.maps_lines = !Traits::kTakesRecord;
      draft_.definition.make_map = [function](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
        return std::unique_ptr<MapTask>(std::make_unique<TypedMap<F>>(function, context));
      };
      return MappedJob<typename Traits::Key, typename Traits::Value>(std::move(draft_));
    }
  }

 private:
  JobDraft draft_;
};

}  // namespace sinter

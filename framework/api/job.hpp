// Job: a MapReduce job from typed functions; the one header that a job author includes. A value made in main(); one thread.
//   sinter::Job("word count").read(sinter::lines("*.txt")).map(split).combine(std::plus<>{}).reduce(sum)
//       .write(sinter::csv("counts.csv", {"word", "count"})).main(argc, argv);
#pragma once

#include <string>
#include <utility>

#include "framework/api/job_draft.hpp"
#include "framework/api/mapped_job.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A job that has begun: name, what it declares, and the inputs of its first map.
class Job {
 public:
  explicit Job(std::string name) : draft_(std::move(name)) {}

  /// A value that the command line may set, `--param NAME=VALUE`, and that tasks read by Context::parameter<T>(). T is bool, an integer,
  /// double, std::string or Timestamp.
  template <class T>
  Job parameter(std::string name, T value, std::string help) && {
    check_parameter_type<T>();
    if constexpr (ParameterType<T>) draft_.add_parameter(declare_parameter<T>(std::move(name), value, std::move(help)));
    return std::move(*this);
  }

  /// An output of rows that tasks write by Context::rows(name), beside the main one. `--output NAME=PATH` moves it.
  Job side_output(std::string name, DataFile file) && {
    draft_.add_side_output(std::move(name), std::move(file));
    return std::move(*this);
  }

  /// Small files that every task may read whole: Context::side_text(name), side_rows<Row>(name).
  Job side_input(std::string name, DataFile file) && {
    draft_.add_side_input(std::move(name), std::move(file));
    return std::move(*this);
  }

  /// Adds an input; may be called again.
  Job read(DataFile input) && {
    draft_.add_input(std::move(input));
    return std::move(*this);
  }

  /// Pairs that an earlier job has left by write(sinter::sorted_pairs(path)), of these types: what a map would emit, grouped already.
  template <class K, class V>
  auto read_sorted(SortedPairs pairs) && {
    if constexpr (check_sorted<K, V>()) {
      add_sorted<K, V>(draft_, std::move(pairs));
      return MappedJob<K, V>(std::move(draft_));
    }
  }

  /// void(Input, Emitter<K, V>&), and Context& behind when it wants one. Input is std::string_view for lines, const Row& for rows read into
  /// a struct with fields(), or const Record&. A class with such an operator() may have setup(Context&) and finish(Emitter<K, V>&), called
  /// before the first record of a task and after the last. Each task has a copy of its own.
  /// A map void(Input, RowWriter&) makes a job without a reduce: its rows are the output, in the order of the input.
  template <class F>
  auto map(F function) && {
    if constexpr (MapTraits<F>::kWritesRows) {
      draft_.set_map_output(map_inputs<F>(), [function](DataFile output, TypedTaskSetup setup,
                                                        TaskContext& context) -> std::unique_ptr<MapOutputTask> {
        return std::make_unique<TypedMapOutput<F>>(function, std::move(output), std::move(setup), context);
      });
      return ReducedJob(std::move(draft_));
    } else if constexpr (check_map<F>()) {
      add_map(draft_, std::move(function));
      return MappedJob<typename MapTraits<F>::Key, typename MapTraits<F>::Value>(std::move(draft_));
    }
  }

 private:
  DraftHandle draft_;
};

}  // namespace sinter

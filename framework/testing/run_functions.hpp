// run_map, run_reduce, run_step: one function of a job on values, as a task would call it, on the calling thread. Each call is independent.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/api/mapped_job.hpp"
#include "framework/testing/reduce_shape.hpp"
#include "framework/testing/task_run.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// The value; when there is none, the error goes to standard error and the program aborts. For tests without a framework.
template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) fail_test(result.error());
  return std::move(result).value();
}

/// What a map or step emitted, in that order, and what else it left.
template <class K, class V>
struct EmittedPairs : TaskOutcome {
  std::vector<std::pair<K, V>> pairs;
};

/// What a reduce, or a map without one, wrote: rows as lines of CSV without a line end, lines as they are.
struct WrittenRows : TaskOutcome {
  std::vector<std::string> rows;
};

/// Decodes what was recorded, and checks that it is written the same again.
template <class K, class V>
Result<EmittedPairs<K, V>> decode_pairs(RawOutcome raw) {
  EmittedPairs<K, V> result;
  static_cast<TaskOutcome&>(result) = std::move(raw);
  EmissionReader reader(raw.output);
  std::string_view key;
  std::string_view value;
  std::string again;
  while (reader.next(key, value)) {
    const std::size_t index = result.pairs.size();
    auto& [k, v] = result.pairs.emplace_back();
    SINTER_TRY(decode_key(key, k).with_context("in the key of pair " + std::to_string(index) + " (from 0)"));
    SINTER_TRY(decode_value(value, v).with_context("in the value of pair " + std::to_string(index) + " (from 0)"));
    again.clear();
    append_key<K>(again, k);
    if (again != key) return lost_value("key", index, key.size(), again.size());
    again.clear();
    append_value<V>(again, v);
    if (again != value) return lost_value("value", index, value.size(), again.size());
  }
  return result;
}

/// The rows of an outcome.
inline WrittenRows rows_of(RawOutcome raw) {
  WrittenRows result;
  static_cast<TaskOutcome&>(result) = std::move(raw);
  result.rows = lines_of(raw.output);
  return result;
}

/// Runs a map over a text in the format of `input`, which is read as a job would read it: records that cannot be read are rejected. Returns
/// Result<EmittedPairs<K, V>>, or Result<WrittenRows> for a map that writes rows. Errors: what would fail the attempt, with the line; an
/// emitted key or value that does not survive its codec.
template <class F>
  requires(MapTraits<F>::kFits || MapTraits<F>::kWritesRows)
auto run_map(F function, const DataFile& input, std::string_view text, const Surroundings& around = {}) {
  DraftHandle draft = draft_of_test(around, input);
  if constexpr (MapTraits<F>::kWritesRows) {
    draft.set_map_output(map_inputs<F>(), [function](const DataFile&, TypedTaskSetup setup,
                                                     TaskContext& context) -> std::unique_ptr<MapOutputTask> {
      return std::make_unique<TypedMapOutput<F>>(function, rows_of_test(), setup_of_test(std::move(setup)), context);
    });
    auto raw = run_map_task(std::move(draft), input, text, around);
    return raw.ok() ? Result<WrittenRows>(rows_of(std::move(*raw))) : Result<WrittenRows>(std::move(raw).error());
  } else {
    using K = typename MapTraits<F>::Key;
    using V = typename MapTraits<F>::Value;
    draft.set_map_output(map_inputs<F>(), [function](const DataFile&, TypedTaskSetup setup, TaskContext& context) {
      return record_emissions(std::make_unique<TypedMap<F>>(function, setup_of_test(std::move(setup)), context));
    });
    auto raw = run_map_task(std::move(draft), input, text, around);
    return raw.ok() ? decode_pairs<K, V>(std::move(*raw)) : Result<EmittedPairs<K, V>>(std::move(raw).error());
  }
}

/// Runs a map of lines: `run_map(split_words, {"the crow", "the hare"})`.
template <class F>
  requires(MapTraits<F>::kTakesLine)
auto run_map(F function, const std::vector<std::string_view>& given, const Surroundings& around = {}) {
  using Outcome = decltype(run_map(function, lines(""), "", around));
  const Result<std::string> text = text_of_lines(given);
  if (!text.ok()) return Outcome(text.error());
  return run_map(std::move(function), lines("lines.txt"), *text, around);
}
/// The same.
template <class F>
  requires(MapTraits<F>::kTakesLine)
auto run_map(F function, std::initializer_list<std::string_view> given, const Surroundings& around = {}) {
  return run_map(std::move(function), std::vector<std::string_view>(given), around);
}

/// Takes rows as text.
class TextSink final : public OutputSink {
 public:
  Status append(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  std::string text;
};

/// Runs a map of rows: `run_map(by_sensor, {{"s1", 5}, {"s2", 7}})`. They are written as CSV and read back, as columns of a file would be.
template <class F>
  requires(MapTraits<F>::kTakesRow)
auto run_map(F function, const std::vector<typename MapTraits<F>::Input>& rows, const Surroundings& around = {}) {
  DataFile input = csv("rows.csv", {});
  TextSink sink;
  for (std::size_t i = 1; i <= kColumns<typename MapTraits<F>::Input>; ++i) {
    input.columns.push_back("c" + std::to_string(i));
    sink.text += (i == 1 ? "" : ",") + input.columns.back();
  }
  sink.text += '\n';
  RowWriter writer(sink, input);
  for (const auto& row : rows) writer.row(row);
  using Outcome = decltype(run_map(function, input, "", around));
  if (!writer.status().ok()) return Outcome(writer.status().error());
  return run_map(std::move(function), input, sink.text, around);
}

/// The typed task of a reduce or step.
template <class Shape>
struct ReduceTaskOf {
  /// With the types of key, function and values.
  template <class K, class F, bool co_group, class... V>
  struct Typed {
    static std::unique_ptr<ReduceTask> make(const F& function, TypedTaskSetup setup, TaskContext& context) {
      using Out = typename Shape::Out;
      if constexpr (std::is_same_v<Out, RowWriter>)
        return std::make_unique<TypedReduce<K, F, co_group, V...>>(function, rows_of_test(), std::move(setup), context);
      else return record_emissions(std::make_unique<TypedStep<K, F, Out, co_group, V...>>(function, std::move(setup), context));
    }
  };
};

/// Runs a reduce or step over several groups, of one task, in key order.
template <class F>
Result<RawOutcome> run_groups(const F& function,
                              const std::vector<std::pair<typename ReduceShape<F>::Key, typename ReduceShape<F>::Values>>& groups,
                              const Surroundings& around) {
  using Shape = ReduceShape<F>;
  using K = typename WholeKey<typename Shape::Key, typename Shape::Order>::Type;
  using Task = typename Shape::template TaskOf<K, F, ReduceTaskOf<Shape>::template Typed>;
  std::vector<RawRecord> records;
  for (const auto& [key, values] : groups) SINTER_TRY(append_records<F>(records, key, values));
  DraftHandle draft = draft_of_test(around, lines("input"));
  draft.set_reduce(Shape::kCoGroup, [function](const DataFile&, TypedTaskSetup setup, TaskContext& context) {
    return Task::make(function, setup_of_test(std::move(setup)), context);
  });
  return run_reduce_task(std::move(draft), std::move(records), around);
}

/// Runs a reduce over the groups of one task, in key order, and its setup() and finish(): `run_reduce(sum, {{"a", {1}}, {"b", {1, 2}}})`.
/// Key and values are encoded, shuffled and decoded, so values come in the order in which they would in a job. Those of a
/// sinter::Grouped key are pairs of order and value; those of a co-group are a list for each map. Errors: what would fail the attempt.
template <ReduceFunction F>
Result<WrittenRows> run_reduce(F function,
                               const std::vector<std::pair<typename ReduceShape<F>::Key, typename ReduceShape<F>::Values>>& groups,
                               const Surroundings& around = {}) {
  SINTER_ASSIGN(RawOutcome raw, run_groups(function, groups, around));
  return rows_of(std::move(raw));
}
/// The same for one group: `run_reduce(sum, "the", {1, 2})`.
template <ReduceFunction F>
Result<WrittenRows> run_reduce(F function, const typename ReduceShape<F>::Key& key, const typename ReduceShape<F>::Values& values,
                               const Surroundings& around = {}) {
  SINTER_ASSIGN(RawOutcome raw, run_groups<F>(function, {{key, values}}, around));
  return rows_of(std::move(raw));
}

/// Runs a step, as run_reduce() does, and returns what it emitted.
template <StepFunction F>
auto run_step(F function, const std::vector<std::pair<typename ReduceShape<F>::Key, typename ReduceShape<F>::Values>>& groups,
              const Surroundings& around = {}) {
  using K = typename StepTraits<F>::Key;
  using V = typename StepTraits<F>::Value;
  auto raw = run_groups(function, groups, around);
  return raw.ok() ? decode_pairs<K, V>(std::move(*raw)) : Result<EmittedPairs<K, V>>(std::move(raw).error());
}
/// The same for one group.
template <StepFunction F>
auto run_step(F function, const typename ReduceShape<F>::Key& key, const typename ReduceShape<F>::Values& values,
              const Surroundings& around = {}) {
  return run_step<F>(std::move(function), {{key, values}}, around);
}

}  // namespace testing
}  // namespace sinter

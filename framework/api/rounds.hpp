// Rounds: iteration over data that stays grouped, typed. Used through MappedJob::rounds(). The parts of a task belong to one attempt and
// one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "framework/api/job_draft.hpp"
#include "framework/api/typed_combiner.hpp"
#include "framework/api/typed_reduce.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What rounds start from and when they end. `S` is the summary: whatever a round must know of the one before (centres, trust, ranks). It
/// is held by every worker, so it is small: at most kMaxSummaryBytes.
template <class S>
struct Rounds {
  /// What the first round reads.
  S first{};
  /// No more rounds than this; at least 1.
  std::uint32_t most = 100;
  /// Called in the worker that merged the round, with the summaries before and after it; true: no further round. Must be a pure
  /// function. Empty: `most` decides alone.
  std::function<bool(const S& previous, const S& current)> converged;
};

/// The group of a key's values, with their order when the key has one.
template <class K, class V>
using GroupOf = std::conditional_t<std::is_same_v<typename KeyShape<K>::Order, NoOrder>, Group<V>, Group<V, typename KeyShape<K>::Order>>;

/// Reads a summary; it was written by append_value, so damaged bytes are a fault of ours.
template <class S>
void read_summary(std::string_view bytes, S& summary) {
  require(decode_value(bytes, summary).ok(), "the summary of a round is what append_value() wrote");
}

/// Passes the summary of the round before on to an author's function, behind the group.
template <class F, class S>
class WithSummary {
 public:
  explicit WithSummary(F function) : function_(std::move(function)) {}

  void setup(Context& context) {
    read_summary(context.task().summary(), summary_);
    if constexpr (requires { function_.setup(context); }) function_.setup(context);
  }
  template <class Key, class Values, class Out>
  void operator()(const Key& key, Values& values, Out& out, Context& context) {
    call_reduce(function_, context, key, values, std::as_const(summary_), out);
  }
  template <class Out>
  void finish(Out& out, Context& context) {
    if constexpr (requires { function_.finish(out, context); }) function_.finish(out, context);
    else if constexpr (requires { function_.finish(out); }) function_.finish(out);
  }

 private:
  F function_;
  S summary_{};
};

/// The summary that a merge makes, in the place where other tasks have a writer.
template <class S>
struct NextSummary {
  S value{};
  Status good;
  const Status& status() const { return good; }
};

/// Calls an author's merge with the summary itself.
template <class F>
class MergeInto {
 public:
  explicit MergeInto(F function) : function_(std::move(function)) {}
  void setup(Context& context) {
    if constexpr (requires { function_.setup(context); }) function_.setup(context);
  }
  template <class Key, class Values, class S>
  void operator()(const Key& key, Values& values, NextSummary<S>& next, Context& context) {
    call_reduce(function_, context, key, values, next.value);
  }
  template <class S>
  void finish(NextSummary<S>& next, Context& context) {
    if constexpr (requires { function_.finish(next.value, context); }) function_.finish(next.value, context);
    else if constexpr (requires { function_.finish(next.value); }) function_.finish(next.value);
  }

 private:
  F function_;
};

/// The merge of a round: the summary before it, changed group by group, is the one after it.
template <class K, class F, class S, class V>
class TypedMerge final : public ReduceTask, TypedGroups<K, MergeInto<F>, NextSummary<S>, false, V> {
 public:
  TypedMerge(F function, TypedTaskSetup setup, TaskContext& task)
      : TypedGroups<K, MergeInto<F>, NextSummary<S>, false, V>(MergeInto<F>(std::move(function)), std::move(setup), task) {
    read_summary(task.summary(), next_.value);
  }
  Status reduce(RawGroup& raw, OutputSink&) override { return this->reduce_group(raw, next_); }
  Status finish(OutputSink& sink) override {
    SINTER_TRY(this->finish_groups(next_));
    std::string bytes;
    append_value<S>(bytes, next_.value);
    return sink.append(bytes);
  }

 private:
  NextSummary<S> next_;
};

/// A job with rounds, waiting for the reduce. `K` and `V` are what was grouped, `Emitted` the values that a round emits.
template <class K, class V, class S, class Emitted>
class RoundedJob {
  using Key = typename KeyShape<K>::Group;

 public:
  explicit RoundedJob(DraftHandle draft) : draft_(std::move(draft)) {}

  /// V(V, V) of what rounds emit; as MappedJob::combine().
  template <class F>
  RoundedJob combine(F function) && {
    constexpr bool kFits = std::is_invocable_r_v<Emitted, F&, const Emitted&, const Emitted&>;
    static_assert(kFits, "sinter: combine() behind rounds() takes a callable V(V, V), where V is the value type of the round's Emitter.");
    if constexpr (kFits) draft_.set_combiner([function] { return std::make_unique<TypedCombiner<Emitted, F>>(function); });
    return std::move(*this);
  }

  /// void(const K&, Group<V>&, const S& summary, RowWriter&), and Context& behind when it wants one: every group once more, with what the
  /// last round left.
  template <class F>
  ReducedJob reduce(F function) && {
    constexpr bool kFits = kReduces<F, const Key, GroupOf<K, V>, const S, RowWriter>;
    static_assert(kFits,
                  "sinter: reduce() behind rounds() takes a callable void(const K&, sinter::Group<V>&, const S&, sinter::RowWriter&), and "
                  "sinter::Context& behind when it wants one, where S is the summary's type.");
    if constexpr (kFits) {
      draft_.set_reduce(false, [function = WithSummary<F, S>(std::move(function))](
                                   DataFile output, TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<ReduceTask> {
        return std::make_unique<TypedReduce<K, WithSummary<F, S>, false, V>>(function, std::move(output), std::move(setup), context);
      });
    }
    return ReducedJob(std::move(draft_));
  }

 private:
  DraftHandle draft_;
};

/// Adds rounds to a draft whose grouped records are `K` and `V`. Requires: the callables fit, see MappedJob::rounds().
template <class K, class V, class S, class Round, class Merge>
auto add_rounds(DraftHandle draft, Rounds<S> rounds, Round round, Merge merge) {
  using Out = typename StepTraits<Round>::Out;
  using OutKey = typename StepTraits<Round>::Key;
  using OutValue = typename StepTraits<Round>::Value;
  RoundsDraft added;
  append_value<S>(added.first_summary, rounds.first);
  added.most = rounds.most;
  if (rounds.converged) {
    added.converged = [converged = std::move(rounds.converged)](std::uint32_t, std::string_view previous, std::string_view current) {
      S before{};
      S after{};
      read_summary(previous, before);
      read_summary(current, after);
      return converged(before, after);
    };
  }
  added.make_round = [round = WithSummary<Round, S>(std::move(round))](TypedTaskSetup setup,
                                                                       TaskContext& context) -> std::unique_ptr<StepTask> {
    return std::make_unique<TypedStep<K, WithSummary<Round, S>, Out, false, V>>(round, std::move(setup), context);
  };
  added.make_merge = [merge](TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<ReduceTask> {
    return std::make_unique<TypedMerge<OutKey, Merge, S, OutValue>>(merge, std::move(setup), context);
  };
  draft.set_rounds(std::move(added));
  return RoundedJob<K, V, S, OutValue>(std::move(draft));
}

}  // namespace sinter

// MappedJob: a job with its maps; the steps that may follow. A value made in main(); one thread.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "framework/api/job_draft.hpp"
#include "framework/api/job_inputs.hpp"
#include "framework/api/join.hpp"
#include "framework/api/rounds.hpp"
#include "framework/api/typed_combiner.hpp"
#include "framework/api/typed_reduce.hpp"

namespace [[gnu::visibility("default")]] sinter {

template <class K, class... V>
class MappedJob;

/// The first of some types.
template <class First, class...>
struct FirstOf {
  using Type = First;
};

/// Further inputs of a job that has maps of `K` and `V...`, waiting for theirs.
template <class K, class... V>
class NextInput {
 public:
  explicit NextInput(DraftHandle draft) : draft_(std::move(draft)) {}

  NextInput read(DataFile input) && {
    draft_.add_input(std::move(input));
    return std::move(*this);
  }

  /// The map of the inputs since the last map; its key type is that of the others.
  template <class F>
  auto map(F function) && {
    if constexpr (check_map<F>()) {
      constexpr bool kSameKey = std::is_same_v<typename MapTraits<F>::Key, K>;
      static_assert(kSameKey, "sinter: every map of a job emits the same key type; this one's Emitter has another than the first.");
      if constexpr (kSameKey) {
        add_map(draft_, std::move(function));
        return MappedJob<K, V..., typename MapTraits<F>::Value>(std::move(draft_));
      }
    }
  }

 private:
  DraftHandle draft_;
};

/// A job whose maps emit `K` and, map by map, `V...`.
template <class K, class... V>
class MappedJob {
  using Value = typename FirstOf<V...>::Type;
  using Key = typename KeyShape<K>::Group;
  using ValueGroup = GroupOf<K, Value>;
  static constexpr bool kOneType = (std::is_same_v<Value, V> && ...);

 public:
  explicit MappedJob(DraftHandle draft) : draft_(std::move(draft)) {}

  /// Adds an input with a map of its own, which follows.
  NextInput<K, V...> read(DataFile input) && {
    draft_.add_input(std::move(input));
    return NextInput<K, V...>(std::move(draft_));
  }

  /// Adds pairs that an earlier job has left sorted, with values of a type of their own, in the place of a map. Nothing of them is mapped
  /// or sorted again: a join of inputs that are all sorted is a merge.
  template <class OtherKey, class OtherValue>
  auto read_sorted(SortedPairs pairs) && {
    if constexpr (check_sorted<OtherKey, OtherValue>()) {
      constexpr bool kSameKey = std::is_same_v<OtherKey, K>;
      static_assert(kSameKey, "sinter: all inputs of a job have the same key type; these sorted pairs have another than the first.");
      if constexpr (kSameKey) {
        add_sorted<OtherKey, OtherValue>(draft_, std::move(pairs));
        return MappedJob<K, V..., OtherValue>(std::move(draft_));
      }
    }
  }

  /// Pairs as they are grouped, combined where the job combines: no reduce. Takes sinter::sorted_pairs(), which other jobs read by
  /// read_sorted().
  template <class Target>
  CompleteJob write(Target target) && {
    constexpr bool kFits = std::is_same_v<Target, SortedPairs>;
    static_assert(kFits, "sinter: without a reduce() a job writes its pairs, write(sinter::sorted_pairs(\"directory/\")); rows are "
                         "written behind reduce(), sort() and the like.");
    check_one_type<Target>();
    DataFile output;
    if constexpr (kFits) output.path = std::move(target.path);
    draft_.set_sorted_output(pair_types<K, Value>());
    return {std::move(draft_), std::move(output)};
  }

  /// V(V, V), associative and commutative: values of one key are merged before they travel, in any grouping and order, or never.
  template <class F>
  MappedJob combine(F function) && {
    check_one_type<F>();
    constexpr bool kFits = std::is_invocable_r_v<Value, F&, const Value&, const Value&>;
    static_assert(kFits, "sinter: combine() takes a callable V(V, V), where V is the value type of the map's Emitter.");
    if constexpr (kFits) draft_.set_combiner([function] { return std::make_unique<TypedCombiner<Value, F>>(function); });
    return std::move(*this);
  }

  /// void(const K&, Group<V>&, RowWriter&), and Context& behind when it wants one: called once per key in key order (within a task). Of a
  /// Grouped key it gets the group part, and Group<V, O>&.
  template <class F>
  ReducedJob reduce(F function) && {
    check_one_type<F>();
    constexpr bool kFits = kReduces<F, const Key, ValueGroup, RowWriter>;
    static_assert(
        kFits || !kOneType,
        "sinter: reduce() takes a callable void(const K&, sinter::Group<V>&, sinter::RowWriter&), and sinter::Context& behind when "
        "it wants one, where K and V are the types of the map's Emitter. Of a sinter::Grouped<G, O> key it takes const G&.");
    if constexpr (kFits && kOneType) set_reduce<K, F, false, Value>(std::move(function));
    return ReducedJob(std::move(draft_));
  }

  /// void(const K&, Group<V>&, Emitter<K2, V2>&), and Context& behind when it wants one: as reduce(), but what it emits is grouped anew,
  /// and further steps follow: combine(), step(), reduce() ... of K2 and V2. Behind several maps it may take a group of each, as co_group()
  /// does.
  template <class F>
  auto step(F function) && {
    using Out = StepTraits<F>;
    constexpr bool kFits = steps<F>();
    static_assert(kFits,
                  "sinter: step() takes a callable void(const K&, sinter::Group<V>&, sinter::Emitter<K2, V2>&) with all types written "
                  "out, and sinter::Context& behind when it wants one, where K and V are the types that were emitted before.");
    if constexpr (kFits) {
      constexpr bool kCoGroup = !kReduces<F, const Key, ValueGroup, typename Out::Out>;
      draft_.add_step(kCoGroup, KeyShape<typename Out::Key>::kPartitioned,
                      [function](TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<StepTask> {
                        if constexpr (kCoGroup)
                          return std::make_unique<TypedStep<K, F, typename Out::Out, true, V...>>(function, std::move(setup), context);
                        else
                          return std::make_unique<TypedStep<K, F, typename Out::Out, false, Value>>(function, std::move(setup), context);
                      });
      return MappedJob<typename Out::Key, typename Out::Value>(std::move(draft_));
    }
  }

  /// Iteration over what is grouped now: it stays grouped, and only summaries move. Each round calls
  /// `round`, void(const K&, Group<V>&, const S& summary, Emitter<K2, V2>&), for every group, and then
  /// `merge`, void(const K2&, Group<V2>&, S& next), for every key that rounds emitted, in key order and in one task; `next` begins as the
  /// summary before. Both may take Context& behind. A reduce follows, which also takes the last summary.
  /// The answer does not depend on how groups are spread over tasks if V2 adds up exactly (whole numbers), or if K is a chunk of the data
  /// of its own: values of a group come in one order.
  template <class S, class Round, class Merge>
  auto rounds(Rounds<S> rounds, Round round, Merge merge) && {
    check_one_type<Round>();
    constexpr bool kRoundFits = round_fits<S, Round>();
    static_assert(kRoundFits,
                  "sinter: rounds() takes as round a callable void(const K&, sinter::Group<V>&, const S&, sinter::Emitter<K2, V2>&) with "
                  "all types written out, and sinter::Context& behind when it wants one, where S is the type of the summary.");
    if constexpr (kRoundFits && kOneType) {
      using Out = StepTraits<Round>;
      constexpr bool kMergeFits = kReduces<Merge, const typename KeyShape<typename Out::Key>::Group,
                                           GroupOf<typename Out::Key, typename Out::Value>, S>;
      static_assert(kMergeFits, "sinter: rounds() takes as merge a callable void(const K2&, sinter::Group<V2>&, S&), and "
                                "sinter::Context& behind when it wants one, where K2 and V2 are the types that the round emits.");
      if constexpr (kMergeFits) return add_rounds<K, Value>(std::move(draft_), std::move(rounds), std::move(round), std::move(merge));
    }
  }

  /// void(const K&, Group<V>&..., RowWriter&): the values of each map in a group of its own. They are read in the order of the maps;
  /// Group::replayable() keeps an earlier one.
  template <class F>
  ReducedJob co_group(F function) && {
    constexpr bool kFits = kReduces<F, const Key, Group<V>..., RowWriter>;
    static_assert(kFits, "sinter: co_group() takes a callable void(const K&, sinter::Group<V1>&, sinter::Group<V2>&, ..., "
                         "sinter::RowWriter&) with one group for each map, and sinter::Context& behind when it wants one.");
    if constexpr (kFits) set_reduce<K, F, true, V...>(std::move(function));
    return ReducedJob(std::move(draft_));
  }

  /// void(const K&, const A&, const B&, RowWriter&): every value of the first map with every one of the second that has its key.
  template <class F>
  ReducedJob inner_join(F function) && {
    constexpr bool kFits = joins<JoinKind::Inner, F>();
    static_assert(kFits,
                  "sinter: inner_join() follows two maps and takes a callable void(const K&, const A&, const B&, sinter::RowWriter&).");
    return std::move(*this).template join<JoinKind::Inner, kFits>(std::move(function));
  }
  /// void(const K&, const A&, const B*, RowWriter&): as inner_join(), and values of the first alone, with a null pointer.
  template <class F>
  ReducedJob left_join(F function) && {
    constexpr bool kFits = joins<JoinKind::Left, F>();
    static_assert(kFits,
                  "sinter: left_join() follows two maps and takes a callable void(const K&, const A&, const B*, sinter::RowWriter&).");
    return std::move(*this).template join<JoinKind::Left, kFits>(std::move(function));
  }
  /// void(const K&, const A*, const B*, RowWriter&): as left_join(), and values of the second alone.
  template <class F>
  ReducedJob full_join(F function) && {
    constexpr bool kFits = joins<JoinKind::Full, F>();
    static_assert(kFits,
                  "sinter: full_join() follows two maps and takes a callable void(const K&, const A*, const B*, sinter::RowWriter&).");
    return std::move(*this).template join<JoinKind::Full, kFits>(std::move(function));
  }

  /// Rows of key and value in key order, every pair; of the key alone when the value is Nothing.
  ReducedJob sort() && {
    static_assert(kOneType, "sinter: sort() needs maps that emit one value type.");
    set_reduce<K, WritePairs, false, Value>(WritePairs{});
    return ReducedJob(std::move(draft_));
  }

  /// Each key once, as a row, in key order.
  ReducedJob distinct() && {
    draft_.set_combiner([] { return std::make_unique<KeepFirst>(); });
    set_reduce<K, WriteKeys, false, Value>(WriteKeys{});
    return ReducedJob(std::move(draft_));
  }

  /// The first `count` pairs in key order, as rows of key and value: the largest with a Descending key. No more than that many of each map
  /// task travel.
  ReducedJob top_k(std::uint64_t count) && {
    static_assert(kOneType, "sinter: top_k() needs maps that emit one value type.");
    draft_.keep_first(count);
    set_reduce<Grouped<Everything, K>, WriteFirst, false, Value>(WriteFirst{count});
    return ReducedJob(std::move(draft_));
  }

 private:
  template <class F>
  static void check_one_type() {
    static_assert(kOneType,
                  "sinter: the maps of this job emit different value types, and this step takes one. Use co_group() or a join, or "
                  "let each map emit the same std::variant.");
  }
  template <class F>
  static constexpr bool steps() {
    if constexpr (StepTraits<F>::kFound) {
      using Out = typename StepTraits<F>::Out;
      return (kOneType && kReduces<F, const Key, ValueGroup, Out>) || kReduces<F, const Key, Group<V>..., Out>;
    } else {
      return false;
    }
  }
  template <class S, class F>
  static constexpr bool round_fits() {
    if constexpr (StepTraits<F>::kFound) return kReduces<F, const Key, ValueGroup, const S, typename StepTraits<F>::Out>;
    else return false;
  }
  template <JoinKind kind, class F>
  static constexpr bool joins() {
    if constexpr (sizeof...(V) == 2) return joins_types<kind, F>(static_cast<std::tuple<V...>*>(nullptr));
    else return false;
  }
  template <JoinKind kind, class F, class A, class B>
  static constexpr bool joins_types(std::tuple<A, B>*) {
    return kJoins<kind, F, Key, A, B>;
  }
  template <JoinKind kind, bool fits, class F>
  ReducedJob join(F function) && {
    if constexpr (fits) set_reduce<K, Join<kind, F>, true, V...>(Join<kind, F>(std::move(function)));
    return ReducedJob(std::move(draft_));
  }
  template <class KeyType, class F, bool co_group, class... Values>
  void set_reduce(F function) {
    draft_.set_reduce(co_group, [function](DataFile output, TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<ReduceTask> {
      return std::make_unique<TypedReduce<KeyType, F, co_group, Values...>>(function, std::move(output), std::move(setup), context);
    });
  }

  DraftHandle draft_;
};

}  // namespace sinter

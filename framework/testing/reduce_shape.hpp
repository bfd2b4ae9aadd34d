// ReduceShape: what a reduce or step takes and writes to, from its signature. Templates without state; any thread.
#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/api/emitter.hpp"
#include "framework/api/group.hpp"
#include "framework/api/row_writer.hpp"
#include "framework/api/typed_reduce.hpp"
#include "framework/testing/task_run.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// The values of one group as a test gives them: with their order when they have one.
template <class V, class O>
struct GivenValues {
  using Type = std::vector<std::pair<O, V>>;
};
template <class V>
struct GivenValues<V, NoOrder> {
  using Type = std::vector<V>;
};

/// The key of the whole record, of a group's key and the order of its values.
template <class G, class O>
struct WholeKey {
  using Type = Grouped<G, O>;
};
template <class G>
struct WholeKey<G, NoOrder> {
  using Type = G;
};
template <class P, class G, class O>
struct WholeKey<Partitioned<P, G>, O> {
  using Type = Partitioned<P, Grouped<G, O>>;
};
template <class P, class G>
struct WholeKey<Partitioned<P, G>, NoOrder> {
  using Type = Partitioned<P, G>;
};

/// Takes the groups off a list of parameters until the writer comes.
template <class Groups, class... Rest>
struct GroupsAmong {
  static constexpr bool kFits = false;
};
template <class... Groups, class V, class O, class... Rest>
struct GroupsAmong<std::tuple<Groups...>, Group<V, O>&, Rest...> : GroupsAmong<std::tuple<Groups..., Group<V, O>>, Rest...> {};
template <class... Groups, class Writer>
struct GroupsAmong<std::tuple<Groups...>, Writer&, Context&> : GroupsAmong<std::tuple<Groups...>, Writer&> {};
template <class V, class O, class Writer>
struct GroupsAmong<std::tuple<Group<V, O>>, Writer&> {
  using Out = Writer;
  using Order = O;
  using Values = typename GivenValues<V, O>::Type;
  static constexpr bool kFits = true;
  static constexpr bool kCoGroup = false;
  template <class K, class F, template <class, class, bool, class...> class Task>
  using TaskOf = Task<K, F, false, V>;
};
template <class V, class... More, class Writer>
  requires(sizeof...(More) > 0)
struct GroupsAmong<std::tuple<Group<V>, Group<More>...>, Writer&> {
  using Out = Writer;
  using Order = NoOrder;
  using Values = std::tuple<std::vector<V>, std::vector<More>...>;
  static constexpr bool kFits = true;
  static constexpr bool kCoGroup = true;
  template <class K, class F, template <class, class, bool, class...> class Task>
  using TaskOf = Task<K, F, true, V, More...>;
};

/// The same of a whole signature.
template <class Signature>
struct ReduceSignature {
  static constexpr bool kFits = false;
};
template <class Return, class First, class... Rest>
struct ReduceSignature<std::function<Return(First, Rest...)>> : GroupsAmong<std::tuple<>, Rest...> {
  using Key = std::remove_cvref_t<First>;
};
/// Key: what the function takes. Values: what a test gives for it. Out: RowWriter, or an Emitter.
template <class F>
struct ReduceShape : ReduceSignature<void> {};
template <HasOneSignature F>
struct ReduceShape<F> : ReduceSignature<decltype(std::function{std::declval<F>()})> {};

/// A callable whose one signature is that of a reduce, and of a step.
template <class F>
concept ReduceFunction = ReduceShape<F>::kFits && std::is_same_v<typename ReduceShape<F>::Out, RowWriter>;
template <class F>
concept StepFunction = ReduceShape<F>::kFits && !std::is_same_v<typename ReduceShape<F>::Out, RowWriter>;

/// Appends the shuffle's records of one group.
template <class F>
Status append_records(std::vector<RawRecord>& records, const typename ReduceShape<F>::Key& key,
                      const typename ReduceShape<F>::Values& values) {
  using Shape = ReduceShape<F>;
  std::string group;
  append_key<typename Shape::Key>(group, key);
  const auto add = [&]<class V>(const std::string& suffix, const V& value) {
    RawRecord& record = records.emplace_back(RawRecord{group + suffix, group.size(), {}});
    append_value<V>(record.value, value);
  };
  const std::size_t before = records.size();
  if constexpr (Shape::kCoGroup) {
    std::size_t source = 0;
    const auto add_all = [&](const auto& of_source) {
      using V = typename std::remove_cvref_t<decltype(of_source)>::value_type;
      const std::string tag = tag_bytes(source++);
      for (const V& value : of_source) add.template operator()<V>(tag, value);
    };
    std::apply([&](const auto&... of_source) { (add_all(of_source), ...); }, values);
  } else if constexpr (std::is_same_v<typename Shape::Order, NoOrder>) {
    for (const typename Shape::Values::value_type& value : values) add.template operator()<typename Shape::Values::value_type>("", value);
  } else {
    for (const auto& [order, value] : values) {
      std::string suffix;
      append_key<typename Shape::Order>(suffix, order);
      add(suffix, value);
    }
  }
  if (records.size() == before) return user_error("a group without values was given: a reduce is called for keys that have some");
  return {};
}

}  // namespace testing
}  // namespace sinter

// Joins and other reduces that jobs share: what MappedJob's inner_join(), sort(), distinct() and alike run. Templates; each object belongs
// to one attempt and one thread.
#pragma once

#include <cstdint>
#include <utility>

#include "framework/api/emitter.hpp"
#include "framework/api/top_k.hpp"
#include "framework/api/typed_reduce.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Which keys a join keeps: those of both sides, all of the first, all of either.
enum class JoinKind : std::uint8_t { Inner, Left, Full };

/// What the function of a join takes of a value: a reference where there is always one, else a pointer that may be null.
template <JoinKind kind, class A>
using JoinedFirst = std::conditional_t<kind == JoinKind::Full, const A*, const A&>;
/// The same of the second side.
template <JoinKind kind, class B>
using JoinedSecond = std::conditional_t<kind == JoinKind::Inner, const B&, const B*>;

/// Whether F can be the function of such a join.
template <JoinKind kind, class F, class K, class A, class B>
inline constexpr bool kJoins =
    std::is_invocable_v<F&, const K&, JoinedFirst<kind, A>, JoinedSecond<kind, B>, RowWriter&> ||
    std::is_invocable_v<F&, const K&, JoinedFirst<kind, A>, JoinedSecond<kind, B>, RowWriter&, Context&>;

/// Pairs every value of the first map with every one of the second. Keeps those of the first (Group::replayable()), streams the second.
template <JoinKind kind, class F>
class Join {
 public:
  explicit Join(F function) : function_(std::move(function)) {}

  template <class K, class A, class B>
  void operator()(const K& key, Group<A>& first, Group<B>& second, RowWriter& rows, Context& context) {
    auto kept = first.replayable();
    bool matched = false;
    for (const B& b : second) {
      matched = true;
      for (const A& a : kept) call(key, &a, &b, rows, context);
      if (kind == JoinKind::Full && kept.empty()) call(key, static_cast<const A*>(nullptr), &b, rows, context);
    }
    if (kind == JoinKind::Inner || matched) return;
    for (const A& a : kept) call(key, &a, static_cast<const B*>(nullptr), rows, context);
  }

 private:
  template <class K, class A, class B>
  void call(const K& key, const A* a, const B* b, RowWriter& rows, Context& context) {
    if constexpr (kind == JoinKind::Inner) call_function(context, key, *a, *b, rows);
    else if constexpr (kind == JoinKind::Left) call_function(context, key, *a, b, rows);
    else call_function(context, key, a, b, rows);
  }
  template <class... Arguments>
  void call_function(Context& context, Arguments&&... arguments) {
    if constexpr (std::is_invocable_v<F&, Arguments..., Context&>) function_(arguments..., context);
    else function_(arguments...);
  }

  F function_;
};

/// A row of a key and a value, or of the key alone when the value is Nothing.
template <class K, class V>
void write_pair(RowWriter& rows, const K& key, const V& value) {
  if constexpr (std::is_same_v<V, Nothing>) rows.row(key);
  else rows.row(key, value);
}

/// Each value once, as a row of key and value.
struct WritePairs {
  template <class K, class V>
  void operator()(const K& key, Group<V>& values, RowWriter& rows) const {
    for (const V& value : values) write_pair(rows, key, value);
  }
  template <class G, class V, class O>
  void operator()(const G& group, Group<V, O>& values, RowWriter& rows) const {
    for (const V& value : values) write_pair(rows, Grouped<G, O>{group, values.order()}, value);
  }
};

/// Each key once, as a row.
struct WriteKeys {
  template <class K, class Values>
  void operator()(const K& key, Values&, RowWriter& rows) const {
    rows.row(key);
  }
};

/// The first values of all, as rows of key and value.
struct WriteFirst {
  std::uint64_t count;
  template <class V, class K>
  void operator()(const Everything&, Group<V, K>& values, RowWriter& rows) const {
    std::uint64_t left = count;
    for (const V& value : values) {
      if (left-- == 0) return;
      write_pair(rows, values.order(), value);
    }
  }
};

}  // namespace sinter

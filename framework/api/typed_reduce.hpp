// TypedReduce: runs an author's reduce over the byte-level face of a job (task.hpp). Used by job.hpp only. Each object belongs to one
// attempt and one thread, and has a copy of the author's function of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "framework/api/context.hpp"
#include "framework/api/group.hpp"
#include "framework/api/row_writer.hpp"
#include "framework/api/tagged_groups.hpp"
#include "framework/api/task.hpp"
#include "framework/api/typed_map.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// In a debug build: passes a group on and checks that keys come in order.
class OrderCheckedGroup final : public RawGroup {
 public:
  explicit OrderCheckedGroup(RawGroup& source) : source_(source), last_(source.key()) {}
  std::string_view key() const override { return source_.key(); }
  std::string_view value() const override { return source_.value(); }
  std::string_view full_key() const override { return source_.full_key(); }
  Result<bool> next() override;

 private:
  RawGroup& source_;
  std::string last_;
};

/// Calls `f(key, groups..., rows)`, with the context behind when it takes one.
template <class F, class... Arguments>
void call_reduce(F& function, Context& context, Arguments&... arguments) {
  if constexpr (std::is_invocable_v<F&, Arguments&..., Context&>) function(arguments..., context);
  else function(arguments...);
}
template <class F, class... Arguments>
inline constexpr bool kReduces = std::is_invocable_v<F&, Arguments&...> || std::is_invocable_v<F&, Arguments&..., Context&>;

/// The part of a typed reduce that does not depend on its types.
class TypedReduceBase : public ReduceTask {
 protected:
  TypedReduceBase(DataFile output, TypedTaskSetup setup, TaskContext& task);
  ~TypedReduceBase() override;

  /// Makes the writer for a sink that is new; says whether it was.
  bool new_sink(OutputSink& sink);
  /// In a debug build: whether this group comes after the last one.
  Status check_order(std::string_view group);
  void begin_group(std::string_view group) {
    groups_.add();
    current_.group = group;
    current_.rejected = false;
  }
  const Status& first_error() const {
    if (!reading_.status.ok()) return reading_.status;
    return writer_->status().ok() ? context_.error() : writer_->status();
  }

  std::size_t tag_size_;
  Context context_;
  GroupReading reading_;
  std::optional<RowWriter> writer_;

 private:
  DataFile output_;
  CurrentInput current_;
  Counter groups_;
  OutputSink* sink_ = nullptr;
  std::optional<std::string> last_group_;
};

/// Runs a reduce for each group. `K` is the key of the maps, `V` what all of them emit, or the types of several maps for a co-group.
template <class K, class F, bool co_group, class... V>
class TypedReduce final : public TypedReduceBase {
  using Key = typename KeyShape<K>::Group;
  using KeyOrder = typename KeyShape<K>::Order;

 public:
  TypedReduce(F function, DataFile output, TypedTaskSetup setup, TaskContext& task)
      : TypedReduceBase(std::move(output), std::move(setup), task), function_(std::move(function)) {}

  Status reduce(RawGroup& raw, OutputSink& sink) override {
    SINTER_TRY(set_up(sink));
    if constexpr (kCheckRecords) {
      SINTER_TRY(check_order(raw.key()));
      OrderCheckedGroup checked(raw);
      return reduce_group(checked);
    } else {
      return reduce_group(raw);
    }
  }

  Status finish(OutputSink& sink) override {
    SINTER_TRY(set_up(sink));
    if constexpr (requires { function_.finish(*writer_, context_); }) function_.finish(*writer_, context_);
    else if constexpr (requires { function_.finish(*writer_); }) function_.finish(*writer_);
    return first_error();
  }

 private:
  Status reduce_group(RawGroup& raw) {
    SINTER_TRY(decode_key(raw.key(), key_));
    begin_group(raw.key());
    if constexpr (co_group) {
      TaggedGroups tagged(raw);
      call_co_group(tagged, std::index_sequence_for<V...>());
    } else {
      using One = std::tuple_element_t<0, std::tuple<V...>>;
      if constexpr (std::is_same_v<KeyOrder, NoOrder>) {
        Group<One> group(raw, reading_);
        call_reduce(function_, context_, std::as_const(key_), group, *writer_);
      } else {
        Group<One, KeyOrder> group(raw, reading_, tag_size_);
        call_reduce(function_, context_, std::as_const(key_), group, *writer_);
      }
    }
    return first_error();
  }

  template <std::size_t... i>
  void call_co_group(TaggedGroups& tagged, std::index_sequence<i...>) {
    TaggedGroup sources[] = {TaggedGroup(tagged, i)...};
    call_with_groups(Group<V>(sources[i], reading_)...);
  }
  template <class... Groups>
  void call_with_groups(Groups&&... groups) {
    call_reduce(function_, context_, std::as_const(key_), groups..., *writer_);
  }

  Status set_up(OutputSink& sink) {
    if (!new_sink(sink)) return {};
    if constexpr (requires { function_.setup(context_); }) function_.setup(context_);
    return context_.error();
  }

  F function_;
  Key key_{};
};

}  // namespace sinter

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

namespace sinter {

/// In a debug build: passes a group on and checks that keys come in order.
class OrderCheckedGroup final : public RawGroup {
 public:
  explicit OrderCheckedGroup(RawGroup& source) : source_(source), last_(source.key()) {}
  std::string_view key() const override { return source_.key(); }
  std::string_view value() const override { return source_.value(); }
  std::string_view full_key() const override { return source_.full_key(); }
  Result<bool> next() override {
    SINTER_ASSIGN(const bool more, source_.next());
    if (!more) return false;
    if (source_.full_key() < last_) return internal_error("the values of a group came out of order");
    last_ = source_.full_key();
    return true;
  }

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

/// Runs a reduce for each group. `K` is the key of the maps, `V` what all of them emit, or the types of several maps for a co-group.
template <class K, class F, bool co_group, class... V>
class TypedReduce final : public ReduceTask {
  using Key = typename KeyShape<K>::Group;
  using KeyOrder = typename KeyShape<K>::Order;

 public:
  TypedReduce(F function, DataFile output, TypedTaskSetup setup, TaskContext& task)
      : function_(std::move(function)), output_(std::move(output)), tag_size_(setup.tag.size()),
        context_(task, std::move(setup.side_files), current_), reading_{task, {}, 0}, groups_(task.counter("groups")) {}

  Status reduce(RawGroup& raw, OutputSink& sink) override {
    SINTER_TRY(set_up(sink));
    if constexpr (kCheckRecords) {
      if (last_group_ && raw.key() <= *last_group_) return internal_error("groups came out of order");
      last_group_ = raw.key();
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
    groups_.add();
    current_.group = raw.key();
    current_.rejected = false;
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
    // One sink serves the whole attempt; a writer escapes its column names once.
    if (&sink == sink_) return {};
    writer_.emplace(sink, output_);
    sink_ = &sink;
    if constexpr (requires { function_.setup(context_); }) function_.setup(context_);
    return context_.error();
  }

  Status first_error() const {
    if (!reading_.status.ok()) return reading_.status;
    return writer_->status().ok() ? context_.error() : writer_->status();
  }

  F function_;
  DataFile output_;
  std::size_t tag_size_;
  CurrentInput current_;
  Context context_;
  GroupReading reading_;
  Counter groups_;
  Key key_{};
  OutputSink* sink_ = nullptr;
  std::optional<RowWriter> writer_;
  std::optional<std::string> last_group_;
};

}  // namespace sinter

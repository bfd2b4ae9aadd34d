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
/// Whether F can be called so, with or without a Context at the end.
template <class F, class... Arguments>
inline constexpr bool kReduces = std::is_invocable_v<F&, Arguments&...> || std::is_invocable_v<F&, Arguments&..., Context&>;

/// The part of a typed reduce that does not depend on its types.
class TypedReduceBase {
 protected:
  TypedReduceBase(TypedTaskSetup setup, TaskContext& task);
  ~TypedReduceBase();

  /// In a debug build: whether this group comes after the last one.
  Status check_order(std::string_view group);
  void begin_group(std::string_view group) {
    groups_.add();
    current_.group = group;
    current_.rejected = false;
  }
  const Status& first_error(const Status& written) const {
    if (!reading_.status.ok()) return reading_.status;
    return written.ok() ? context_.error() : written;
  }

  std::size_t tag_size_;
  Context context_;
  GroupReading reading_;

 private:
  CurrentInput current_;
  Counter groups_;
  std::optional<std::string> last_group_;
};

/// Calls an author's function for each group, whatever it writes to. `K` is the key of what is grouped, `V` what all maps emit, or the
/// types of several maps for a co-group.
template <class K, class F, class Writer, bool co_group, class... V>
class TypedGroups : protected TypedReduceBase {
  using Key = typename KeyShape<K>::Group;
  using KeyOrder = typename KeyShape<K>::Order;

 protected:
  TypedGroups(F function, TypedTaskSetup setup, TaskContext& task)
      : TypedReduceBase(std::move(setup), task), function_(std::move(function)) {}

  Status set_up() {
    if constexpr (requires { function_.setup(context_); }) {
      if (!set_up_) function_.setup(context_);
      set_up_ = true;
      return context_.error();
    }
    return {};
  }

  Status reduce_group(RawGroup& raw, Writer& writer) {
    SINTER_TRY(set_up());
    if constexpr (kCheckRecords) {
      SINTER_TRY(check_order(raw.key()));
      OrderCheckedGroup checked(raw);
      return call(checked, writer);
    } else {
      return call(raw, writer);
    }
  }

  Status finish_groups(Writer& writer) {
    SINTER_TRY(set_up());
    if constexpr (requires { function_.finish(writer, context_); }) function_.finish(writer, context_);
    else if constexpr (requires { function_.finish(writer); }) function_.finish(writer);
    return first_error(writer.status());
  }

 private:
  Status call(RawGroup& raw, Writer& writer) {
    SINTER_TRY(decode_key(raw.key(), key_));
    begin_group(raw.key());
    if constexpr (co_group) {
      TaggedGroups tagged(raw);
      call_co_group(tagged, writer, std::index_sequence_for<V...>());
    } else {
      using One = std::tuple_element_t<0, std::tuple<V...>>;
      if constexpr (std::is_same_v<KeyOrder, NoOrder>) {
        Group<One> group(raw, reading_);
        call_reduce(function_, context_, std::as_const(key_), group, writer);
      } else {
        Group<One, KeyOrder> group(raw, reading_, tag_size_);
        call_reduce(function_, context_, std::as_const(key_), group, writer);
      }
    }
    return first_error(writer.status());
  }

  template <std::size_t... i>
  void call_co_group(TaggedGroups& tagged, Writer& writer, std::index_sequence<i...>) {
    TaggedGroup sources[] = {TaggedGroup(tagged, i)...};
    call_with_groups(writer, Group<V>(sources[i], reading_)...);
  }
  template <class... Groups>
  void call_with_groups(Writer& writer, Groups&&... groups) {
    call_reduce(function_, context_, std::as_const(key_), groups..., writer);
  }

  F function_;
  Key key_{};
  bool set_up_ = false;
};

/// A reduce: groups to rows of the output.
template <class K, class F, bool co_group, class... V>
class TypedReduce final : public ReduceTask, TypedGroups<K, F, RowWriter, co_group, V...> {
 public:
  TypedReduce(F function, DataFile output, TypedTaskSetup setup, TaskContext& task)
      : TypedGroups<K, F, RowWriter, co_group, V...>(std::move(function), std::move(setup), task), output_(std::move(output)) {}
  Status reduce(RawGroup& raw, OutputSink& sink) override { return this->reduce_group(raw, writer_of(sink)); }
  Status finish(OutputSink& sink) override { return this->finish_groups(writer_of(sink)); }

 private:
  /// One sink serves the whole attempt; a writer escapes its column names once.
  RowWriter& writer_of(OutputSink& sink) {
    if (&sink != sink_) writer_.emplace(sink, output_);
    sink_ = &sink;
    return *writer_;
  }

  DataFile output_;
  OutputSink* sink_ = nullptr;
  std::optional<RowWriter> writer_;
};

/// A step: groups to records that are grouped anew.
template <class K, class F, class Out, bool co_group, class... V>
class TypedStep final : public StepTask, TypedGroups<K, F, Out, co_group, V...> {
 public:
  TypedStep(F function, TypedTaskSetup setup, TaskContext& task)
      : TypedGroups<K, F, Out, co_group, V...>(std::move(function), std::move(setup), task) {}
  Status reduce(RawGroup& raw, RawEmitter& target) override { return this->reduce_group(raw, emitter_of(target)); }
  Status finish(RawEmitter& target) override { return this->finish_groups(emitter_of(target)); }

 private:
  Out& emitter_of(RawEmitter& target) {
    if (&target != target_) emitter_.emplace(target);
    target_ = &target;
    return *emitter_;
  }

  RawEmitter* target_ = nullptr;
  std::optional<Out> emitter_;
};

/// What a step emits: the Emitter among its parameters.
template <class... A>
struct EmitterAmong {
  static constexpr bool kFound = false;
};
template <class First, class... Rest>
struct EmitterAmong<First, Rest...> : EmitterAmong<Rest...> {};
template <class K, class V, class... Rest>
struct EmitterAmong<Emitter<K, V>&, Rest...> {
  using Key = K;
  using Value = V;
  using Out = Emitter<K, V>;
  static constexpr bool kFound = true;
};
template <class Signature>
struct StepSignature : EmitterAmong<> {};
template <class Return, class... A>
struct StepSignature<std::function<Return(A...)>> : EmitterAmong<A...> {};
template <class F>
struct StepTraits : StepSignature<void> {};
template <HasOneSignature F>
struct StepTraits<F> : StepSignature<decltype(std::function{std::declval<F>()})> {};

}  // namespace sinter

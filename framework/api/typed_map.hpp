// TypedMap: runs an author's map over the byte-level face of a job (task.hpp). Used by job.hpp only. Each object belongs to one attempt and
// one thread, and has a copy of the author's function of its own.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "framework/api/context.hpp"
#include "framework/api/emitter.hpp"
#include "framework/api/row_parser.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What a job gives to its typed tasks.
struct TypedTaskSetup {
  std::string tag;  // bytes between group and order, of this map; see Emitter
  SideFiles side_files;
};

/// What a map takes and emits, from its signature.
template <class Signature>
struct MapSignature {
  static constexpr bool kFits = false;
};
template <class Return, class First, class K, class V>
struct MapSignature<std::function<Return(First, Emitter<K, V>&)>> {
  using Key = K;
  using Value = V;
  using Input = std::remove_cvref_t<First>;
  static constexpr bool kTakesRecord = std::is_same_v<Input, Record>;
  static constexpr bool kTakesLine = std::is_convertible_v<std::string_view, First>;
  static constexpr bool kTakesRow = !kTakesLine && RowStruct<Input> && std::is_convertible_v<Input&, First>;
  static constexpr bool kTakesContext = false;
  static constexpr bool kFits = kTakesRecord || kTakesLine || kTakesRow;
};
template <class Return, class First, class K, class V>
struct MapSignature<std::function<Return(First, Emitter<K, V>&, Context&)>> : MapSignature<std::function<Return(First, Emitter<K, V>&)>> {
  static constexpr bool kTakesContext = true;
};
template <class F>
concept HasOneSignature = requires(F function) { std::function{function}; };
template <class F>
struct MapTraits : MapSignature<void> {};
template <HasOneSignature F>
struct MapTraits<F> : MapSignature<decltype(std::function{std::declval<F>()})> {};

/// Columns that a map of row structs reads; 0 for other maps.
template <class F>
constexpr std::size_t columns_of_map() {
  if constexpr (MapTraits<F>::kTakesRow) return kColumns<typename MapTraits<F>::Input>;
  else return 0;
}

/// The part of a typed map that does not depend on its types.
class TypedMapBase : public MapTask {
 protected:
  TypedMapBase(TypedTaskSetup setup, TaskContext& task);
  ~TypedMapBase() override;

  /// A record that cannot be read, or a column that is not of its type: into the rejects, and counted.
  Status reject_unreadable(const Record& record);
  Status reject_column(const Record& record, const ColumnProblem& problem);
  /// The error of an emitter, or of the context.
  Error error_at(const Status& emitted, const Record& record) const;

  std::string tag_;
  TaskContext& task_;
  CurrentInput current_;
  Context context_;
  Counter rows_read_;
  Counter rows_rejected_;
  bool set_up_ = false;

 private:
  Status reject(Rejection& rejection, const Record& record);
};

/// Runs a map over lines, records or rows.
template <class F>
class TypedMap final : public TypedMapBase {
  using Traits = MapTraits<F>;
  using Out = Emitter<typename Traits::Key, typename Traits::Value>;

 public:
  TypedMap(F function, TypedTaskSetup setup, TaskContext& task) : TypedMapBase(std::move(setup), task), function_(std::move(function)) {}

  Status begin_file(std::uint32_t, std::string_view) override { return set_up(); }

  Status map(std::span<const Record> batch, RawEmitter& raw) override {
    Out emitter(raw, tag_);
    rows_read_.add(batch.size());
    for (const Record& record : batch) {
      if (!record.problem.empty()) [[unlikely]] {
        SINTER_TRY(reject_unreadable(record));
        continue;
      }
      current_.record = &record;
      current_.rejected = false;
      if constexpr (Traits::kTakesRow) SINTER_TRY(call_with_row(record, emitter));
      else if constexpr (Traits::kTakesRecord) call_with(record, emitter);
      else call_with(record.fields[0].text, emitter);
      if (!emitter.status().ok() || !context_.error().ok()) [[unlikely]] return error_at(emitter.status(), record);
    }
    current_.record = nullptr;
    return {};
  }

  Status finish(RawEmitter& raw) override {
    SINTER_TRY(set_up());
    Out emitter(raw, tag_);
    if constexpr (requires { function_.finish(emitter, context_); }) function_.finish(emitter, context_);
    else if constexpr (requires { function_.finish(emitter); }) function_.finish(emitter);
    return emitter.status().ok() ? context_.error() : emitter.status();
  }

 private:
  Status set_up() {
    if constexpr (requires { function_.setup(context_); }) {
      if (!set_up_) function_.setup(context_);
      set_up_ = true;
      return context_.error();
    }
    return {};
  }

  Status call_with_row(const Record& record, Out& emitter) {
    ColumnProblem problem;
    if (!parse_row(record, row_, problem)) [[unlikely]] return reject_column(record, problem);
    call_with(row_, emitter);
    return {};
  }
  template <class Input>
  void call_with(Input& input, Out& emitter) {
    if constexpr (Traits::kTakesContext) function_(input, emitter, context_);
    else function_(input, emitter);
  }

  struct NoRow {};
  F function_;
  [[no_unique_address]] std::conditional_t<Traits::kTakesRow, typename Traits::Input, NoRow> row_{};
};

}  // namespace sinter

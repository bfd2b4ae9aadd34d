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

/// What a map takes, and what it writes to: an Emitter, or a RowWriter in a job without a reduce.
template <class First, class Writer>
struct MapInput {
  using Input = std::remove_cvref_t<First>;
  using Out = Writer;
  static constexpr bool kTakesRecord = std::is_same_v<Input, Record>;
  static constexpr bool kTakesLine = std::is_convertible_v<std::string_view, First>;
  static constexpr bool kTakesRow = !kTakesLine && RowStruct<Input> && std::is_convertible_v<Input&, First>;
  static constexpr bool kTakesContext = false;
  static constexpr bool kFitsInput = kTakesRecord || kTakesLine || kTakesRow;
  static constexpr bool kFits = false;
  static constexpr bool kWritesRows = false;
};

/// What a map takes and emits, from its signature.
template <class Signature>
struct MapSignature {
  static constexpr bool kFits = false;
  static constexpr bool kWritesRows = false;
};
template <class Return, class First, class K, class V>
struct MapSignature<std::function<Return(First, Emitter<K, V>&)>> : MapInput<First, Emitter<K, V>> {
  using Key = K;
  using Value = V;
  static constexpr bool kFits = MapInput<First, Emitter<K, V>>::kFitsInput;
};
template <class Return, class First>
struct MapSignature<std::function<Return(First, RowWriter&)>> : MapInput<First, RowWriter> {
  static constexpr bool kWritesRows = MapInput<First, RowWriter>::kFitsInput;
};
template <class Return, class First, class Writer>
struct MapSignature<std::function<Return(First, Writer&, Context&)>> : MapSignature<std::function<Return(First, Writer&)>> {
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
class TypedMapBase {
 protected:
  TypedMapBase(TypedTaskSetup setup, TaskContext& task);
  ~TypedMapBase();

  /// A record that cannot be read, or a column that is not of its type: into the rejects, and counted.
  Status reject_unreadable(const Record& record);
  Status reject_column(const Record& record, const ColumnProblem& problem);
  /// The error of an emitter or writer, or of the context.
  Error error_at(const Status& written, const Record& record) const;

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

/// Runs a map over lines, records or rows, whatever it writes to.
template <class F>
class TypedMapCalls : protected TypedMapBase {
  using Traits = MapTraits<F>;
  using Out = typename Traits::Out;

 protected:
  TypedMapCalls(F function, TypedTaskSetup setup, TaskContext& task)
      : TypedMapBase(std::move(setup), task), function_(std::move(function)) {}

  Status set_up() {
    if constexpr (requires { function_.setup(context_); }) {
      if (!set_up_) function_.setup(context_);
      set_up_ = true;
      return context_.error();
    }
    return {};
  }

  Status map_batch(std::span<const Record> batch, Out& out) {
    rows_read_.add(batch.size());
    for (const Record& record : batch) {
      if (!record.problem.empty()) [[unlikely]] {
        SINTER_TRY(reject_unreadable(record));
        continue;
      }
      current_.record = &record;
      current_.rejected = false;
      if constexpr (Traits::kTakesRow) SINTER_TRY(call_with_row(record, out));
      else if constexpr (Traits::kTakesRecord) call_with(record, out);
      else call_with(record.fields[0].text, out);
      if (!out.status().ok() || !context_.error().ok()) [[unlikely]] return error_at(out.status(), record);
    }
    current_.record = nullptr;
    return {};
  }

  Status finish_map(Out& out) {
    SINTER_TRY(set_up());
    if constexpr (requires { function_.finish(out, context_); }) function_.finish(out, context_);
    else if constexpr (requires { function_.finish(out); }) function_.finish(out);
    return out.status().ok() ? context_.error() : out.status();
  }

 private:
  Status call_with_row(const Record& record, Out& out) {
    ColumnProblem problem;
    if (!parse_row(record, row_, problem)) [[unlikely]] return reject_column(record, problem);
    call_with(row_, out);
    return {};
  }
  template <class Input>
  void call_with(Input& input, Out& out) {
    if constexpr (Traits::kTakesContext) function_(input, out, context_);
    else function_(input, out);
  }

  struct NoRow {};
  F function_;
  [[no_unique_address]] std::conditional_t<Traits::kTakesRow, typename Traits::Input, NoRow> row_{};
};

/// A map that emits.
template <class F>
class TypedMap final : public MapTask, TypedMapCalls<F> {
 public:
  TypedMap(F function, TypedTaskSetup setup, TaskContext& task) : TypedMapCalls<F>(std::move(function), std::move(setup), task) {}
  Status begin_file(std::uint32_t, std::string_view) override { return this->set_up(); }
  Status map(std::span<const Record> batch, RawEmitter& raw) override {
    typename MapTraits<F>::Out emitter(raw, this->tag_);
    return this->map_batch(batch, emitter);
  }
  Status finish(RawEmitter& raw) override {
    typename MapTraits<F>::Out emitter(raw, this->tag_);
    return this->finish_map(emitter);
  }
};

/// A map that writes rows of the output.
template <class F>
class TypedMapOutput final : public MapOutputTask, TypedMapCalls<F> {
 public:
  TypedMapOutput(F function, DataFile output, TypedTaskSetup setup, TaskContext& task)
      : TypedMapCalls<F>(std::move(function), std::move(setup), task), output_(std::move(output)) {}
  Status begin_file(std::uint32_t, std::string_view) override { return this->set_up(); }
  Status map(std::span<const Record> batch, OutputSink& sink) override {
    RowWriter rows(sink, output_);
    return this->map_batch(batch, rows);
  }
  Status finish(OutputSink& sink) override {
    RowWriter rows(sink, output_);
    return this->finish_map(rows);
  }

 private:
  DataFile output_;
};

}  // namespace sinter

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

namespace sinter {

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

/// Runs a map over lines, records or rows. Records that cannot be read are rejected, with a reason, and counted.
template <class F>
class TypedMap final : public MapTask {
  using Traits = MapTraits<F>;
  using Out = Emitter<typename Traits::Key, typename Traits::Value>;

 public:
  TypedMap(F function, TypedTaskSetup setup, TaskContext& task)
      : function_(std::move(function)), tag_(std::move(setup.tag)), task_(task), context_(task, std::move(setup.side_files), current_),
        rows_read_(task.counter("rows_read")), rows_rejected_(task.counter("rows_rejected")) {}

  Status begin_file(std::uint32_t, std::string_view) override { return set_up(); }

  Status map(std::span<const Record> batch, RawEmitter& raw) override {
    Out emitter(raw, tag_);
    rows_read_.add(batch.size());
    for (const Record& record : batch) {
      if (!record.problem.empty()) {
        SINTER_TRY(reject(record, "reader", record.problem));
        continue;
      }
      current_.record = &record;
      current_.rejected = false;
      SINTER_TRY(call(record, emitter));
      if (!emitter.status().ok() || !context_.error().ok()) [[unlikely]]
        return first_error(emitter).with_context("at line " + std::to_string(record.line));
    }
    current_.record = nullptr;
    return {};
  }

  Status finish(RawEmitter& raw) override {
    SINTER_TRY(set_up());
    Out emitter(raw, tag_);
    if constexpr (requires { function_.finish(emitter, context_); }) function_.finish(emitter, context_);
    else if constexpr (requires { function_.finish(emitter); }) function_.finish(emitter);
    return first_error(emitter);
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

  Status call(const Record& record, Out& emitter) {
    if constexpr (Traits::kTakesRecord) {
      call_with(record, emitter);
    } else if constexpr (Traits::kTakesLine) {
      call_with(record.fields[0].text, emitter);
    } else {
      ColumnProblem problem;
      if (!parse_row(record, row_, problem)) [[unlikely]] return reject_column(record, problem);
      call_with(row_, emitter);
    }
    return {};
  }
  template <class Input>
  void call_with(Input& input, Out& emitter) {
    if constexpr (Traits::kTakesContext) function_(input, emitter, context_);
    else function_(input, emitter);
  }

  Status first_error(const Out& emitter) const { return emitter.status().ok() ? context_.error() : emitter.status(); }

  Status reject(const Record& record, std::string_view rule, std::string_view reason, std::string_view value = {}) {
    rows_rejected_.add();
    Rejection rejection;
    rejection.record = &record;
    rejection.rule = rule;
    rejection.reason = reason;
    rejection.value = value;
    return task_.reject(rejection);
  }
  Status reject_column(const Record& record, const ColumnProblem& problem) {
    return reject(record, "type", "column " + std::to_string(problem.column + 1) + " of those that the job reads " + problem.phrase,
                  record.fields[problem.column].text);
  }

  /// The row of a map that takes no rows.
  struct NoRow {};
  template <class T, bool takes_row>
  struct RowOf {
    using Type = NoRow;
  };
  template <class T>
  struct RowOf<T, true> {
    using Type = T;
  };

  F function_;
  std::string tag_;
  TaskContext& task_;
  CurrentInput current_;
  Context context_;
  Counter rows_read_;
  Counter rows_rejected_;
  bool set_up_ = false;
  typename RowOf<typename Traits::Input, Traits::kTakesRow>::Type row_{};
};

}  // namespace sinter

// The tasks that run an author's typed functions over the byte-level face of a job (task.hpp). Used by job.hpp only.
// Each object belongs to one attempt and one thread, and has copies of the author's functions of its own.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "framework/api/emitter.hpp"
#include "framework/api/group.hpp"
#include "framework/api/row_writer.hpp"
#include "framework/api/task.hpp"
#include "shuffle/record/combiner.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What a map takes and emits, from its signature.
template <class Signature>
struct MapSignature {
  static constexpr bool kFits = false;
};
template <class Return, class First, class K, class V>
struct MapSignature<std::function<Return(First, Emitter<K, V>&)>> {
  using Key = K;
  using Value = V;
  static constexpr bool kTakesRecord = std::is_same_v<std::remove_cvref_t<First>, Record>;
  static constexpr bool kFits = kTakesRecord || std::is_convertible_v<std::string_view, First>;
};
template <class F>
concept HasOneSignature = requires(F function) { std::function{function}; };
template <class F>
struct MapTraits : MapSignature<void> {};
template <HasOneSignature F>
struct MapTraits<F> : MapSignature<decltype(std::function{std::declval<F>()})> {};

/// Runs a map over lines or records. Records that cannot be read are rejected, with a reason, and counted.
template <class F>
class TypedMap final : public MapTask {
 public:
  TypedMap(F function, TaskContext& context)
      : function_(std::move(function)), context_(context), rows_read_(context.counter("rows_read")),
        rows_rejected_(context.counter("rows_rejected")) {}

  Status begin_file(std::uint32_t, std::string_view) override { return {}; }

  Status map(std::span<const Record> batch, RawEmitter& raw) override {
    Emitter<typename MapTraits<F>::Key, typename MapTraits<F>::Value> emitter(raw);
    rows_read_.add(batch.size());
    for (const Record& record : batch) {
      if (!record.problem.empty()) {
        SINTER_TRY(reject(record));
        continue;
      }
      if constexpr (MapTraits<F>::kTakesRecord) function_(record, emitter);
      else function_(record.fields[0].text, emitter);
      if (!emitter.status().ok()) return std::move(Status(emitter.status())).with_context("at line " + std::to_string(record.line));
    }
    return {};
  }

  Status finish(RawEmitter&) override { return {}; }

 private:
  Status reject(const Record& record) {
    rows_rejected_.add();
    Rejection rejection;
    rejection.record = &record;
    rejection.rule = "reader";
    rejection.reason = record.problem;
    return context_.reject(rejection);
  }

  F function_;
  TaskContext& context_;
  Counter rows_read_;
  Counter rows_rejected_;
};

/// Merges encoded values by an author's V(V, V).
template <class V, class F>
class TypedCombiner final : public Combiner {
 public:
  explicit TypedCombiner(F function) : function_(std::move(function)) {}

  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    combine({into.data(), into.size()}, value);
    if (bytes_.size() != into.size()) return false;
    std::memcpy(into.data(), bytes_.data(), bytes_.size());
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    combine(a, b);
    merged = bytes_;
  }

 private:
  void combine(std::string_view a, std::string_view b) {
    require(decode_value(a, first_).ok() && decode_value(b, second_).ok(), "values that were combined decode as they were encoded");
    bytes_.clear();
    ValueCodec<V>::append(bytes_, static_cast<V>(function_(std::as_const(first_), std::as_const(second_))));
  }

  F function_;
  // Reused: no allocation per merge of plain values.
  V first_{};
  V second_{};
  std::string bytes_;
};

/// Runs a reduce for each key.
template <class K, class V, class F>
class TypedReduce final : public ReduceTask {
 public:
  TypedReduce(F function, DataFile output, TaskContext& context)
      : function_(std::move(function)), output_(std::move(output)), groups_(context.counter("groups")) {}

  Status reduce(RawGroup& raw, OutputSink& sink) override {
    SINTER_TRY(decode_key(raw.key(), key_));
    groups_.add();
    // One sink serves the whole attempt; a writer escapes its column names once.
    if (&sink != sink_) {
      writer_.emplace(sink, output_);
      sink_ = &sink;
    }
    Group<V> group(raw);
    function_(std::as_const(key_), group, *writer_);
    SINTER_TRY(group.status());
    return writer_->status();
  }

  Status finish(OutputSink&) override { return {}; }

 private:
  F function_;
  DataFile output_;
  Counter groups_;
  K key_{};
  OutputSink* sink_ = nullptr;
  std::optional<RowWriter> writer_;
};

}  // namespace sinter

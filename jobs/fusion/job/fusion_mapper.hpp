// FusionMapper: cleans rows of one source, keys them by entity and emits their claims. One attempt, one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/api/task.hpp"
#include "jobs/fusion/claim.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/job/row_cleaner.hpp"
#include "jobs/fusion/job/source_binding.hpp"
#include "jobs/fusion/rules/row_state.hpp"

namespace sinter::fusion {

/// Names of the counters every fusion job has. rows_read = rows_fused + rows_rejected + the sum of rows_dropped.*, always.
inline constexpr std::string_view kRowsRead = "rows_read";
inline constexpr std::string_view kRowsFused = "rows_fused";
inline constexpr std::string_view kRowsRejected = "rows_rejected";
inline constexpr std::string_view kRowsDroppedPrefix = "rows_dropped.";
inline constexpr std::string_view kCellsNulled = "cells_nulled";
/// Of wide sources: readable rows by source, rows without an attribute's field, rows without a column that the source maps. They tell a
/// JSON path that no record has from one that some lack.
inline constexpr std::string_view kRowsParsedPrefix = "rows_parsed.";              // + source
inline constexpr std::string_view kAttributeMissingPrefix = "attribute_missing.";  // + attribute
inline constexpr std::string_view kColumnMissingPrefix = "column_missing.";        // + source.column

/// A cleaned row as it leaves the mapper: what preview shows and the shuffle carries. Views into the mapper's arena.
struct CleanedRow {
  std::span<const Value> cells;   // schema order
  std::span<const Value> before;  // the same cells as they were read
  std::string_view source;
};

class FusionMapper final : public MapTask {
 public:
  /// `job` and `layout` must outlive the mapper.
  static Result<std::unique_ptr<FusionMapper>> create(const JobFile& job, const RowLayout& layout, std::size_t source,
                                                      TaskContext& context);

  Status begin_file(std::uint32_t file, std::string_view capture) override;
  Status map(std::span<const Record> batch, RawEmitter& emitter) override;
  Status finish(RawEmitter& emitter) override;

  /// Shows every row that is about to be emitted: for preview.
  void set_observer(std::function<void(const CleanedRow&)> observer);

 private:
  FusionMapper(const JobFile& job, const RowLayout& layout, const SourceDeclaration& source, RowCleaner cleaner, TaskContext& context);

  Status map_record(const Record& record, RawEmitter& emitter);
  Status map_wide(const Record& record, RawEmitter& emitter);
  Status map_long(const Record& record, RawEmitter& emitter);
  void load_cell(const Record& record, std::size_t field, Value& cell);
  /// Source, time, weight of the row; false when a field cannot be used (the row has been rejected then).
  Result<bool> load_row_facts(const Record& record);
  Status apply_verdict(const Record& record, const RowVerdict& verdict);
  Status reject(const Record& record, std::string_view field, std::string_view value, std::string_view rule, std::string_view reason);
  Status drop(std::string_view rule);
  Result<bool> encode_entity(const Record& record);
  void set_claim(const Record& record, std::size_t attribute);
  /// For rules with `weight: COLUMN`; false when a weight cannot be used (the row has been rejected then).
  Result<bool> load_claim_weights(const Record& record);
  Status emit(RawEmitter& emitter);
  double trust_of(std::string_view source);

  const JobFile& job_;
  const RowLayout& layout_;
  const SourceDeclaration& source_;
  SourceBinding binding_;
  RowCleaner cleaner_;
  TaskContext& context_;
  Counter rows_read_;
  Counter rows_rejected_;
  Counter cells_nulled_;
  std::map<std::string, Counter, std::less<>> rows_dropped_;
  std::map<std::string, std::size_t, std::less<>> attribute_index_;  // long shape

  Arena arena_;
  std::vector<Value> cells_;
  std::size_t time_cell_ = kNoField;  // long shape: where steps find the claim's time
  std::vector<Value> before_;  // kept for the observer only
  std::function<void(const CleanedRow&)> observer_;
  std::uint64_t rows_parsed_ = 0;
  std::vector<std::uint64_t> missing_;  // wide shape, by attribute: rows that have no such field
  std::vector<Claim> claims_;  // per attribute; null value: no claim
  std::string file_source_;    // the source of every row of this file, unless a field names it
  // Facts of the current row.
  std::string_view row_source_;
  std::optional<Timestamp> row_time_;
  double row_weight_ = 1.0;
  std::size_t row_attribute_ = 0;  // long shape: what the row speaks of
  std::string key_;
  std::size_t group_size_ = 0;
  std::string value_;
  std::string last_source_;    // trust_of() asks for the same source again and again
  double last_trust_ = 1.0;
};

}  // namespace sinter::fusion

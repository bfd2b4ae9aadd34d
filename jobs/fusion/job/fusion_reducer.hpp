// FusionReducer: merges the claims of one entity and writes its fused record. One attempt, one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "framework/api/task.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/job/record_writer.hpp"
#include "jobs/fusion/rules/row_state.hpp"

namespace sinter::fusion {

inline constexpr std::string_view kEntities = "entities";
inline constexpr std::string_view kCellsFused = "cells_fused";
inline constexpr std::string_view kCellsEmpty = "cells_empty";
inline constexpr std::string_view kCellsInConflict = "cells_in_conflict";
inline constexpr std::string_view kCellsTooLong = "cells_too_long";  // empty, with a line in the rejects
inline constexpr std::string_view kClaims = "claims";

class FusionReducer final : public ReduceTask {
 public:
  /// `job` and `layout` must outlive the reducer.
  FusionReducer(const JobFile& job, const RowLayout& layout, TaskContext& context);

  Status reduce(RawGroup& group, OutputSink& output) override;
  Status finish(OutputSink& output) override;

  /// Fuses a group without writing it; the cells are valid until the next group.
  Result<std::span<const FusedCell>> fuse(RawGroup& group);

 private:
  /// False when row-level cleaning drops the current row of the group (counted).
  Result<bool> keeps_row(const RawGroup& group);
  Status count_cells(std::string_view group, std::span<const FusedCell> cells);
  Status reject_long_cell(std::string_view group, std::size_t attribute);

  const JobFile& job_;
  TaskContext& context_;
  RowFuser fuser_;
  RecordWriter writer_;
  Counter rows_fused_;
  Counter entities_;
  Counter cells_fused_;
  Counter cells_empty_;
  Counter cells_in_conflict_;
  Counter cells_too_long_;
  Counter claims_;
  Counter duplicates_;
  Counter outdated_;
  bool row_level_;
  Arena arena_;
  std::string previous_suffix_;
  std::size_t previous_source_size_ = 0;
  bool first_row_ = true;
  std::string entity_;
};

}  // namespace sinter::fusion

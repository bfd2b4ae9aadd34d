// Reducing of entities: see fusion_reducer.hpp. One attempt, one thread.
#include "jobs/fusion/job/fusion_reducer.hpp"

#include "jobs/fusion/job/fusion_mapper.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {

FusionReducer::FusionReducer(const JobFile& job, const RowLayout& layout, TaskContext& context)
    : job_(job),
      context_(context),
      fuser_(layout, context),
      writer_(job),
      rows_fused_(context.counter(kRowsFused)),
      entities_(context.counter(kEntities)),
      cells_fused_(context.counter(kCellsFused)),
      cells_empty_(context.counter(kCellsEmpty)),
      cells_in_conflict_(context.counter(kCellsInConflict)),
      cells_too_long_(context.counter(kCellsTooLong)),
      claims_(context.counter(kClaims)),
      duplicates_(context.counter(std::string(kRowsDroppedPrefix) + "drop_duplicates")),
      outdated_(context.counter(std::string(kRowsDroppedPrefix) + "keep_newest")),
      row_level_(job.rows.drop_duplicates || job.rows.keep_newest) {}

Status FusionReducer::reduce(RawGroup& group, OutputSink& output) {
  SINTER_ASSIGN(const std::span<const FusedCell> cells, fuse(group));
  return writer_.write(output, group.key(), cells, arena_);
}

Result<std::span<const FusedCell>> FusionReducer::fuse(RawGroup& group) {
  arena_.clear();
  fuser_.begin_group();
  first_row_ = true;
  while (true) {
    SINTER_ASSIGN(const bool more, group.next());
    if (!more) break;
    if (row_level_) {
      SINTER_ASSIGN(const bool keep, keeps_row(group));
      if (!keep) continue;
    }
    SINTER_TRY(fuser_.add(group.value()));
  }
  SINTER_ASSIGN(const std::span<const FusedCell> cells, fuser_.finish(arena_));
  rows_fused_.add(fuser_.rows());
  entities_.add();
  SINTER_TRY(count_cells(group.key(), cells));
  return cells;
}

Status FusionReducer::finish(OutputSink&) { return {}; }

Result<bool> FusionReducer::keeps_row(const RawGroup& group) {
  const std::string_view suffix = group.full_key().substr(group.key().size());
  KeyReader reader(suffix);
  SINTER_TRY(reader.skip());  // source
  SINTER_TRY(reader.skip());  // attribute
  const std::size_t source_size = reader.offset();
  const bool same_source =
      !first_row_ && suffix.substr(0, source_size) == std::string_view(previous_suffix_).substr(0, previous_source_size_);
  const bool same_row = same_source && suffix == previous_suffix_;
  first_row_ = false;
  previous_suffix_.assign(suffix);
  previous_source_size_ = source_size;
  if (same_row && job_.rows.drop_duplicates) {
    duplicates_.add();
    return false;
  }
  if (same_source && job_.rows.keep_newest) {
    outdated_.add();
    return false;
  }
  return true;
}

Status FusionReducer::count_cells(std::string_view group, std::span<const FusedCell> cells) {
  for (std::size_t i = job_.key_size; i < cells.size(); ++i) {
    claims_.add(cells[i].claims);
    (cells[i].has_answer() ? cells_fused_ : cells_empty_).add();
    if (cells[i].distinct_values > 1) cells_in_conflict_.add();
    if (cells[i].is_too_long) [[unlikely]] SINTER_TRY(reject_long_cell(group, i));
  }
  return {};
}

Status FusionReducer::reject_long_cell(std::string_view group, std::size_t attribute) {
  cells_too_long_.add();
  entity_.clear();
  SINTER_TRY(writer_.append_entity(entity_, group, arena_));
  const std::string reason = "the answer has more than " + std::to_string(kMaxCellTextBytes) +
                             " bytes (kMaxCellTextBytes), so the cell is empty: use a rule whose answer is bounded, or a finer entity key";
  Rejection rejection;
  rejection.entity = entity_;
  rejection.field = job_.schema[attribute].name;
  rejection.rule = job_.fuse[attribute].rule_name;
  rejection.reason = reason;
  return context_.reject(rejection);
}

}  // namespace sinter::fusion

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
      claims_(context.counter(kClaims)),
      duplicates_(context.counter(std::string(kRowsDroppedPrefix) + "drop_duplicates")),
      outdated_(context.counter(std::string(kRowsDroppedPrefix) + "keep_newest")),
      row_level_(job.rows.drop_duplicates || job.rows.keep_newest) {}

Status FusionReducer::reduce(RawGroup& group, OutputSink& output) {
  SINTER_ASSIGN(const std::span<const FusedCell> cells, fuse(group));
  line_.clear();
  SINTER_TRY(writer_.append(line_, group.key(), cells, arena_));
  return output.append(line_);
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
  count_cells(cells);
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

void FusionReducer::count_cells(std::span<const FusedCell> cells) {
  for (std::size_t i = job_.key_size; i < cells.size(); ++i) {
    claims_.add(cells[i].claims);
    (cells[i].value.is_null() ? cells_empty_ : cells_fused_).add();
    if (cells[i].distinct_values > 1) cells_in_conflict_.add();
  }
}

}  // namespace sinter::fusion

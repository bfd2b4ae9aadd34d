// Cleaning of rows: see row_cleaner.hpp. One thread.
#include "jobs/fusion/job/row_cleaner.hpp"

#include "framework/io/utf8.hpp"
#include "jobs/fusion/job/record_writer.hpp"

namespace sinter::fusion {
namespace {

std::string step_name(const ConfigNode& step) {
  if (step.kind == NodeKind::Map && !step.entries.empty()) return step.entries.front().key;
  return step.scalar;
}

/// Text, or a list with one, that is not UTF-8.
bool is_broken_text(const Value& value) {
  if (value.type() == ValueType::String) return first_invalid_utf8(value.string()) != value.string().size();
  if (value.type() != ValueType::List) return false;
  for (std::size_t i = 0; i < value.list_size(); ++i)
    if (is_broken_text(value.item(i))) return true;
  return false;
}

}  // namespace

Result<RowCleaner> RowCleaner::create(const JobFile& job, const std::vector<bool>& required, const std::vector<CleanPlan>& plans,
                                      const std::string& timezone) {
  const std::vector<CleanerInfo> cleaners = all_cleaners();
  RowCleaner made;
  made.needs_utf8_ = output_format(job.output_path) == OutputFormat::JsonLines;
  Diagnostics diagnostics;
  const std::vector<Attribute> fields = cleaning_schema(job);
  for (std::size_t i = 0; i < job.schema.size(); ++i) {
    Column column{{}, job.schema[i].type, plans[i].on_bad_value, required[i]};
    const CleanerSetting setting{&fields, i, timezone};
    for (const ConfigNode& node : plans[i].steps) {
      auto cleaner = make_cleaner(cleaners, node, setting, "clean." + job.schema[i].name, diagnostics);
      if (cleaner == nullptr) return internal_error("cleaning step of '" + job.schema[i].name + "' cannot be made");
      const bool sees_null = cleaner->sees_null();
      column.steps.push_back({step_name(node), std::move(cleaner), sees_null});
    }
    made.columns_.push_back(std::move(column));
  }
  return made;
}

RowVerdict RowCleaner::clean_row(RowCells& row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    // Most columns have no steps: their good cells must not pay for making a verdict each.
    const Column& column = columns_[i];
    if (column.steps.empty()) {
      const Value& cell = row.cells[i];
      const bool good = cell.is_null() || cell.type() == column.type || convert_cell(row, i, column.type, reason_) == CellVerdict::Keep;
      if (good && !(column.required && cell.is_null()) && !(needs_utf8_ && is_broken_text(cell))) continue;
    }
    const RowVerdict verdict = clean_cell(row, i);
    if (verdict.kind != RowVerdict::Kind::Keep) return verdict;
  }
  return {};
}

RowVerdict RowCleaner::clean_cell(RowCells& row, std::size_t attribute) {
  Column& column = columns_[attribute];
  Value& cell = row.cells[attribute];
  const Value before = cell;
  for (const Step& step : column.steps) {
    if (cell.is_null() && !step.sees_null) continue;
    switch (step.cleaner->apply(row, attribute, reason_)) {
      case CellVerdict::Keep: break;
      case CellVerdict::Fail: {
        const RowVerdict verdict = fail(row, attribute, step.name, before);
        if (verdict.kind != RowVerdict::Kind::Keep) return verdict;
        break;
      }
      case CellVerdict::DropRow: return {RowVerdict::Kind::Drop, attribute, step.name, {}, before};
    }
  }
  if (!cell.is_null() && cell.type() != column.type && convert_cell(row, attribute, column.type, reason_) != CellVerdict::Keep) {
    const RowVerdict verdict = fail(row, attribute, to_string(column.type), before);
    if (verdict.kind != RowVerdict::Kind::Keep) return verdict;
  }
  if (needs_utf8_ && is_broken_text(cell)) [[unlikely]] {
    reason_ = "not valid UTF-8, which JSON output needs";
    const RowVerdict verdict = fail(row, attribute, kUtf8Rule, before);
    if (verdict.kind != RowVerdict::Kind::Keep) return verdict;
  }
  if (column.required && cell.is_null()) {
    reason_ = "a required value is missing";
    return {RowVerdict::Kind::Reject, attribute, "required", reason_, before};
  }
  return {};
}

RowVerdict RowCleaner::fail(RowCells& row, std::size_t attribute, std::string_view rule, const Value& before) {
  if (columns_[attribute].on_bad_value == OnBadValue::Null) {
    row.cells[attribute] = Value::null();
    ++nulled_cells_;
    return {};
  }
  // A value that a step made of nothing, such as fill_from, is the one to show.
  return {RowVerdict::Kind::Reject, attribute, rule, reason_, before.is_null() ? row.cells[attribute] : before};
}

}  // namespace sinter::fusion

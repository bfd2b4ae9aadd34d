// Truth and fused output, compared: see gold.hpp. One thread.
#include "jobs/fusion/report/gold.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/memory_budget.hpp"
#include "framework/io/input.hpp"
#include "framework/io/text_output.hpp"
#include "jobs/fusion/job/record_writer.hpp"
#include "jobs/fusion/job/row_cleaner.hpp"
#include "jobs/fusion/job/source_binding.hpp"
#include "jobs/fusion/report/differences.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {
namespace {

/// The largest truth that is compared; it is held in memory.
constexpr std::uint64_t kMaxGoldBytes = 2ull << 30;

/// Reads every record of the files that a declaration names.
template <class Visit>
Status for_each_record(FileSystem& files, const InputDeclaration& input, Visit visit) {
  MemoryBudget budget("quality.gold memory", kMaxGoldBytes);
  SINTER_ASSIGN(const std::vector<InputFile> found, expand_inputs(files, {input}));
  for (const InputFile& file : found) {
    SINTER_ASSIGN(auto reader, open_reader(files, budget, file, {0, 0, file.size_bytes, 1}, input.columns));
    while (true) {
      SINTER_ASSIGN(const std::span<const Record> batch, reader->next_batch());
      if (batch.empty()) break;
      for (const Record& record : batch) {
        SINTER_TRY(visit(file.path, record));
      }
    }
  }
  return {};
}

class Truth {
 public:
  Truth(const JobFile& job, RowCleaner cleaner)
      : job_(job), binding_(bind_source(job, *job.gold)), cleaner_(std::move(cleaner)), cells_(cleaning_schema(job).size()) {}

  Status add(const std::string& path, const Record& record) {
    if (!record.problem.empty()) return bad(path, record, std::string(record.problem));
    std::fill(cells_.begin(), cells_.end(), Value::null());
    for (std::size_t i = 0; i < job_.schema.size(); ++i) load(record, binding_.attribute_field[i], cells_[i]);
    std::size_t first = job_.key_size;
    std::size_t last = job_.schema.size();
    if (job_.gold->long_shape) {
      first = find_attribute(job_.schema, record.fields[binding_.attribute_name_field].text);
      if (first == kNoField) return {};  // truth may speak of attributes the job does not fuse
      last = first + 1;
      load(record, binding_.value_field, cells_[first]);
    }
    RowCells row{cells_, &arena_};
    std::string key;
    for (std::size_t i = 0; i < last; ++i) {
      if (i >= job_.key_size && i < first) continue;
      SINTER_TRY(clean(path, record, row, i));
      if (i < job_.key_size) append_value(key, cells_[i]);
    }
    std::vector<Value>& truth = by_entity_.try_emplace(std::move(key), job_.schema.size()).first->second;
    for (std::size_t i = first; i < last; ++i) {
      if (cells_[i].is_null()) continue;
      if (i >= job_.key_size) note_cell(path, record, i, truth[i]);
      truth[i] = arena_.copy(cells_[i]);
    }
    return {};
  }

  GoldWarnings warnings() const {
    GoldWarnings found;
    if (stated_cells_ == 0) found.emplace_back("quality.gold states no value to compare with");
    if (restated_cells_ > 0) {
      found.push_back("quality.gold states " + std::to_string(restated_cells_) + (restated_cells_ == 1 ? " cell" : " cells") +
                      " more than once with different values, first at " + first_restated_ + "; the last one counts");
    }
    return found;
  }

  const std::unordered_map<std::string, std::vector<Value>>& by_entity() const { return by_entity_; }

 private:
  /// The truth may be as dirty as the sources or already as it should come out: what the steps cannot read is taken as it stands.
  Status clean(const std::string& path, const Record& record, RowCells& row, std::size_t attribute) {
    const Value before = row.cells[attribute];
    const RowVerdict verdict = cleaner_.clean_cell(row, attribute);
    if (verdict.kind == RowVerdict::Kind::Keep) return {};
    const std::string why = job_.schema[attribute].name + ": " + std::string(verdict.reason);
    row.cells[attribute] = before;
    std::string reason;
    if (convert_cell(row, attribute, job_.schema[attribute].type, reason) != CellVerdict::Keep) return bad(path, record, why);
    return {};
  }
  void note_cell(const std::string& path, const Record& record, std::size_t attribute, const Value& earlier) {
    ++stated_cells_;
    if (earlier.is_null() || canonical_bytes(earlier) == canonical_bytes(cells_[attribute])) return;
    if (restated_cells_++ == 0) first_restated_ = path + ":" + std::to_string(record.line) + " (" + job_.schema[attribute].name + ")";
  }
  static std::string canonical_bytes(const Value& value) {
    std::string bytes;
    append_value(bytes, value);
    return bytes;
  }
  static void load(const Record& record, std::size_t field, Value& cell) {
    if (field == kNoField) return;
    const FieldView& view = record.fields[field];
    if (view.kind != FieldKind::Missing && view.kind != FieldKind::Null) cell = Value::of_string(view.text);
  }
  static Status bad(const std::string& path, const Record& record, const std::string& why) {
    return user_error("quality.gold: " + path + ":" + std::to_string(record.line) + ": " + why)
        .with_hint("Correct the truth, or clean it by quality.gold.clean; empty cells say nothing");
  }

  const JobFile& job_;
  SourceBinding binding_;
  RowCleaner cleaner_;
  std::vector<Value> cells_;
  Arena arena_;
  std::unordered_map<std::string, std::vector<Value>> by_entity_;
  std::uint64_t stated_cells_ = 0;
  std::uint64_t restated_cells_ = 0;
  std::string first_restated_;
};

Result<std::unique_ptr<Truth>> read_truth(FileSystem& files, const JobFile& job) {
  require(job.gold.has_value(), "reading the truth needs quality.gold");
  std::vector<CleanPlan> plans = job.gold_clean;
  for (CleanPlan& plan : plans) plan.on_bad_value = OnBadValue::Reject;
  const std::vector<bool> nothing_required(job.schema.size(), false);
  SINTER_ASSIGN(RowCleaner cleaner, RowCleaner::create(job, nothing_required, plans, job.gold->timezone));
  auto truth = std::make_unique<Truth>(job, std::move(cleaner));
  const InputDeclaration input{"quality.gold", job.gold->paths, job.gold->format, bind_source(job, *job.gold).columns};
  SINTER_TRY(for_each_record(files, input, [&](const std::string& path, const Record& record) { return truth->add(path, record); }));
  return truth;
}

/// Types of the output's columns: what each rule answers with.
Result<std::vector<ValueType>> output_types(const JobFile& job) {
  const std::vector<RuleInfo> rules = rules_of(job);
  Diagnostics diagnostics;
  std::vector<ValueType> types;
  for (std::size_t i = 0; i < job.schema.size(); ++i) {
    if (i < job.key_size) {
      types.push_back(job.schema[i].type);
      continue;
    }
    const auto rule = make_rule(rules, job.fuse[i].rule, {job.schema[i], {}, false}, "fuse." + job.schema[i].name, diagnostics);
    if (rule == nullptr) return internal_error("rule of '" + job.schema[i].name + "' cannot be made");
    types.push_back(rule->result_type());
  }
  return types;
}

/// Compares one fused record with the truth of its entity, when there is one.
class Comparison {
 public:
  /// `differences` may be null.
  Comparison(const JobFile& job, const Truth& truth, std::vector<ValueType> types, DifferenceWriter* differences)
      : job_(job), truth_(truth), types_(std::move(types)), differences_(differences), cells_(job.schema.size()) {
    for (const Attribute& attribute : job.schema) report_.attributes.push_back({.attribute = attribute.name});
    report_.gold_entities = truth.by_entity().size();
  }

  Status add(const std::string& path, const Record& record) {
    arena_.clear();
    RowCells row{cells_, &arena_};
    std::string key;
    std::string reason;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const FieldView& field = record.fields[i];
      const bool empty = field.kind == FieldKind::Missing || field.kind == FieldKind::Null;
      cells_[i] = empty ? Value::null() : Value::of_string(field.text);
      if (!empty && convert_cell(row, i, types_[i], reason) != CellVerdict::Keep) {
        return internal_error("output " + path + ":" + std::to_string(record.line) + " cannot be read back: " + reason);
      }
      if (i < job_.key_size) append_value(key, cells_[i]);
    }
    const auto found = truth_.by_entity().find(key);
    if (found == truth_.by_entity().end()) return {};
    ++report_.found_entities;
    compared_.insert(std::move(key));
    std::string entity;
    for (std::size_t i = job_.key_size; i < cells_.size(); ++i) {
      const Value& truth = found->second[i];
      if (truth.is_null() || report_.attributes[i].add(cells_[i], truth, job_.gold_tolerance[i]) || differences_ == nullptr) continue;
      if (entity.empty()) append_entity(entity, std::span(cells_).first(job_.key_size));
      SINTER_TRY(differences_->add(entity, job_.schema[i].name, truth, cells_[i]));
    }
    return {};
  }

  /// Gold cells of entities that the output does not have count as not covered.
  Result<QualityReport> finish() && {
    std::vector<std::string_view> absent;
    for (const auto& [key, truth] : truth_.by_entity()) {
      if (compared_.contains(key)) continue;
      absent.push_back(key);
      for (std::size_t i = job_.key_size; i < truth.size(); ++i) {
        if (!truth[i].is_null()) ++report_.attributes[i].gold_cells;
      }
    }
    if (differences_ != nullptr) SINTER_TRY(list_absent(std::move(absent)));
    report_.attributes.erase(report_.attributes.begin(), report_.attributes.begin() + static_cast<std::ptrdiff_t>(job_.key_size));
    return std::move(report_);
  }

 private:
  static void append_entity(std::string& out, std::span<const Value> key) {
    for (const Value& part : key) {
      if (!out.empty()) out += " / ";
      append_display(out, part);
    }
  }

  Status list_absent(std::vector<std::string_view> keys) {
    std::sort(keys.begin(), keys.end());
    std::vector<Value> parts(job_.key_size);
    for (const std::string_view key : keys) {
      arena_.clear();
      std::size_t at = 0;
      for (Value& part : parts) {
        if (!read_value(key, at, arena_, part)) return internal_error("a key of the truth cannot be read back");
      }
      std::string entity;
      append_entity(entity, parts);
      const std::vector<Value>& truth = truth_.by_entity().at(std::string(key));
      for (std::size_t i = job_.key_size; i < truth.size(); ++i) {
        if (!truth[i].is_null()) SINTER_TRY(differences_->add(entity, job_.schema[i].name, truth[i], Value::null()));
      }
    }
    return {};
  }

  const JobFile& job_;
  const Truth& truth_;
  std::vector<ValueType> types_;
  DifferenceWriter* differences_;
  std::vector<Value> cells_;
  Arena arena_;
  QualityReport report_;
  std::unordered_set<std::string> compared_;
};

InputDeclaration output_as_input(const JobFile& job, const std::vector<std::string>& output_paths) {
  InputDeclaration input{"output", output_paths, {}, {}};
  input.format.kind = output_format(job.output_path) == OutputFormat::JsonLines ? FormatKind::JsonLines : FormatKind::Csv;
  for (const Attribute& attribute : job.schema) input.columns.push_back({attribute.name, false});
  return input;
}

double measured(const QualityCheck& check, const AttributeQuality& quality) {
  switch (check.measure) {
    case QualityCheck::Measure::Coverage: return quality.coverage();
    case QualityCheck::Measure::ErrorRate: return quality.error_rate();
    case QualityCheck::Measure::Mae: return quality.mae();
    case QualityCheck::Measure::Rmse: return quality.rmse();
    case QualityCheck::Measure::RejectedRows: break;
  }
  return 0;
}

std::string_view measure_name(QualityCheck::Measure measure) {
  switch (measure) {
    case QualityCheck::Measure::Coverage: return "coverage";
    case QualityCheck::Measure::ErrorRate: return "error_rate";
    case QualityCheck::Measure::Mae: return "mae";
    case QualityCheck::Measure::Rmse: return "rmse";
    case QualityCheck::Measure::RejectedRows: return "rejected_rows";
  }
  return "";
}

}  // namespace

Result<GoldWarnings> check_gold(FileSystem& files, const JobFile& job) {
  SINTER_ASSIGN(const std::unique_ptr<Truth> truth, read_truth(files, job));
  return truth->warnings();
}

Result<QualityReport> compare_with_gold(FileSystem& files, const JobFile& job, const std::vector<std::string>& output_paths) {
  SINTER_ASSIGN(const std::unique_ptr<Truth> truth, read_truth(files, job));
  SINTER_ASSIGN(std::vector<ValueType> types, output_types(job));
  std::optional<DifferenceWriter> differences;
  if (!job.differences_path.empty()) {
    SINTER_ASSIGN(DifferenceWriter made, DifferenceWriter::create(files, job.differences_path, job.name));
    differences.emplace(std::move(made));
  }
  Comparison comparison(job, *truth, std::move(types), differences ? &*differences : nullptr);
  SINTER_TRY(for_each_record(files, output_as_input(job, output_paths),
                             [&](const std::string& path, const Record& record) { return comparison.add(path, record); }));
  SINTER_ASSIGN(QualityReport report, std::move(comparison).finish());
  if (differences) SINTER_TRY(differences->finish());
  return report;
}

std::vector<CheckOutcome> judge_checks(const JobFile& job, const QualityReport* quality, double rejected_share) {
  std::vector<CheckOutcome> outcomes;
  for (const QualityCheck& check : job.checks) {
    double value = rejected_share;
    bool measured_any = true;
    std::string subject = "the input";
    if (check.measure != QualityCheck::Measure::RejectedRows) {
      if (quality == nullptr) continue;
      const bool all = check.attribute < 0;
      const std::size_t index = all ? 0 : static_cast<std::size_t>(check.attribute) - job.key_size;
      const AttributeQuality& of = all ? quality->total() : quality->attributes[index];
      const bool numeric = check.measure == QualityCheck::Measure::Mae || check.measure == QualityCheck::Measure::Rmse;
      measured_any = check.measure == QualityCheck::Measure::Coverage ? of.gold_cells > 0 : (numeric ? of.numeric : of.covered) > 0;
      value = measured(check, of);
      subject = all ? "all attributes" : quality->attributes[index].attribute;
    }
    CheckOutcome outcome{check, {}, measured_any && (check.bound_is_minimum ? value >= check.bound : value <= check.bound)};
    if (!measured_any) {
      outcome.text.append(measure_name(check.measure))
          .append(" of ")
          .append(subject)
          .append(": no fused cell meets a truth to compare with");
      outcomes.push_back(std::move(outcome));
      continue;
    }
    outcome.text.append(measure_name(check.measure)).append(" of ").append(subject).append(" is ");
    append_double(outcome.text, value);
    outcome.text.append(check.bound_is_minimum ? ", at least " : ", at most ");
    append_double(outcome.text, check.bound);
    outcome.text.append(" allowed");
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace sinter::fusion

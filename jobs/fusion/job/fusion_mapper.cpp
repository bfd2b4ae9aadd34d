// Mapping of rows to claims: see fusion_mapper.hpp. One attempt, one thread.
#include "jobs/fusion/job/fusion_mapper.hpp"

#include <charconv>
#include <cmath>

#include "base/limits.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

/// A positive finite number, or nothing.
std::optional<double> positive_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) return std::nullopt;
  return value;
}

/// Leaves room in the shuffle's kMaxKeyBytes for what is sorted behind the entity.
constexpr std::size_t kMaxEntityKeyBytes = kMaxKeyBytes - 4096;

bool is_present(const FieldView& field) { return field.kind != FieldKind::Missing && field.kind != FieldKind::Null; }

}  // namespace

Result<std::unique_ptr<FusionMapper>> FusionMapper::create(const JobFile& job, const RowLayout& layout, std::size_t source,
                                                           TaskContext& context) {
  const SourceDeclaration& declaration = job.sources[source];
  SINTER_ASSIGN(RowCleaner cleaner, RowCleaner::create(job, job.required, job.clean[source], declaration.timezone));
  return std::unique_ptr<FusionMapper>(new FusionMapper(job, layout, declaration, std::move(cleaner), context));
}

FusionMapper::FusionMapper(const JobFile& job, const RowLayout& layout, const SourceDeclaration& source, RowCleaner cleaner,
                           TaskContext& context)
    : job_(job),
      layout_(layout),
      source_(source),
      binding_(bind_source(job, source)),
      cleaner_(std::move(cleaner)),
      context_(context),
      rows_read_(context.counter(kRowsRead)),
      rows_rejected_(context.counter(kRowsRejected)),
      cells_nulled_(context.counter(kCellsNulled)),
      cells_(cleaning_schema(job).size()),
      missing_(job.schema.size()),
      claims_(job.schema.size()),
      file_source_(source.name) {
  if (source.long_shape && !source.long_shape->time.empty()) time_cell_ = find_attribute(cleaning_schema(job), source.long_shape->time);
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) attribute_index_.emplace(job.schema[i].name, i);
}

Status FusionMapper::begin_file(std::uint32_t, std::string_view capture) {
  if (source_.each) file_source_ = std::string(capture);
  return {};
}

Status FusionMapper::map(std::span<const Record> batch, RawEmitter& emitter) {
  for (const Record& record : batch) {
    SINTER_TRY(map_record(record, emitter));
  }
  // Cells of the batch point into the arena only until they are emitted.
  arena_.clear();
  return {};
}

void FusionMapper::set_observer(std::function<void(const CleanedRow&)> observer) { observer_ = std::move(observer); }

Status FusionMapper::finish(RawEmitter&) {
  cells_nulled_.add(cleaner_.nulled_cells());
  if (source_.long_shape) return {};
  context_.counter(std::string(kRowsParsedPrefix) + source_.name).add(rows_parsed_);
  for (std::size_t i = job_.key_size; i < missing_.size(); ++i) {
    if (missing_[i] == 0) continue;
    context_.counter(std::string(kAttributeMissingPrefix) + job_.schema[i].name).add(missing_[i]);
    const auto mapped = source_.columns.find(i);
    if (mapped == source_.columns.end()) continue;
    context_.counter(std::string(kColumnMissingPrefix) + source_.name + "." + mapped->second).add(missing_[i]);
  }
  return {};
}

Status FusionMapper::map_record(const Record& record, RawEmitter& emitter) {
  rows_read_.add();
  if (!record.problem.empty()) return reject(record, {}, {}, "reader", record.problem);
  return source_.long_shape ? map_long(record, emitter) : map_wide(record, emitter);
}

void FusionMapper::load_cell(const Record& record, std::size_t field, Value& cell) {
  if (field == kNoField || !is_present(record.fields[field])) {
    cell = Value::null();
    return;
  }
  cell = Value::of_string(record.fields[field].text);
}

Status FusionMapper::map_wide(const Record& record, RawEmitter& emitter) {
  ++rows_parsed_;
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    load_cell(record, binding_.attribute_field[i], cells_[i]);
    if (cells_[i].is_null() && record.fields[binding_.attribute_field[i]].kind == FieldKind::Missing) ++missing_[i];
  }
  if (observer_) before_ = cells_;
  RowCells row{cells_, &arena_};
  const RowVerdict verdict = cleaner_.clean_row(row);
  if (verdict.kind != RowVerdict::Kind::Keep) return apply_verdict(record, verdict);
  for (const std::size_t attribute : job_.rows.drop_nulls) {
    if (cells_[attribute].is_null()) return drop("drop_nulls");
  }
  SINTER_ASSIGN(const bool has_entity, encode_entity(record));
  if (!has_entity) return {};
  SINTER_ASSIGN(const bool usable, load_row_facts(record));
  if (!usable) return {};
  for (std::size_t i = job_.key_size; i < claims_.size(); ++i) set_claim(record, i);
  SINTER_ASSIGN(const bool weighed, load_claim_weights(record));
  return weighed ? emit(emitter) : Status();
}

Status FusionMapper::map_long(const Record& record, RawEmitter& emitter) {
  std::fill(cells_.begin(), cells_.end(), Value::null());
  RowCells row{cells_, &arena_};
  for (std::size_t i = 0; i < job_.key_size; ++i) {
    load_cell(record, binding_.attribute_field[i], cells_[i]);
    const RowVerdict verdict = cleaner_.clean_cell(row, i);
    if (verdict.kind != RowVerdict::Kind::Keep) return apply_verdict(record, verdict);
  }
  SINTER_ASSIGN(const bool has_entity, encode_entity(record));
  if (!has_entity) return {};
  const FieldView& name = record.fields[binding_.attribute_name_field];
  const auto found = attribute_index_.find(name.text);
  if (found == attribute_index_.end()) {
    return reject(record, source_.long_shape->attribute, name.text, "schema", "the schema has no attribute of this name");
  }
  row_attribute_ = found->second;
  SINTER_ASSIGN(const bool usable, load_row_facts(record));
  if (!usable) return {};
  if (time_cell_ >= claims_.size() && time_cell_ != kNoField && row_time_) cells_[time_cell_] = Value::of_timestamp(*row_time_);
  load_cell(record, binding_.value_field, cells_[found->second]);
  if (observer_) before_ = cells_;
  const RowVerdict verdict = cleaner_.clean_cell(row, found->second);
  if (verdict.kind != RowVerdict::Kind::Keep) return apply_verdict(record, verdict);
  for (const std::size_t attribute : job_.rows.drop_nulls) {
    if (attribute == found->second && cells_[attribute].is_null()) return drop("drop_nulls");
  }
  for (std::size_t i = job_.key_size; i < claims_.size(); ++i) claims_[i].value = Value::null();
  set_claim(record, found->second);
  SINTER_ASSIGN(const bool weighed, load_claim_weights(record));
  return weighed ? emit(emitter) : Status();
}

Result<bool> FusionMapper::encode_entity(const Record& record) {
  key_.clear();
  for (std::size_t i = 0; i < job_.key_size; ++i) {
    if (cells_[i].is_null()) {
      // Null never equals null: rows without a key are nobody's.
      SINTER_TRY(reject(record, job_.schema[i].name, {}, "entity.key", "a key attribute is missing, so the row belongs to no entity"));
      return false;
    }
    append_value(key_, cells_[i]);
  }
  if (key_.size() > kMaxEntityKeyBytes) {
    SINTER_TRY(reject(
        record, job_.schema[0].name, {}, "entity.key",
        "the encoded key has " + std::to_string(key_.size()) + " bytes, above kMaxEntityKeyBytes = " + std::to_string(kMaxEntityKeyBytes)));
    return false;
  }
  group_size_ = key_.size();
  return true;
}

Result<bool> FusionMapper::load_row_facts(const Record& record) {
  row_source_ = file_source_;
  if (binding_.source_field != kNoField) {
    const FieldView& field = record.fields[binding_.source_field];
    if (!is_present(field) || field.text.empty()) {
      SINTER_TRY(reject(record, binding_.columns[binding_.source_field].name, {}, "source", "the row does not name its source"));
      return false;
    }
    row_source_ = field.text;
  }
  row_time_.reset();
  if (binding_.time_attribute != kNoField) {
    const Value& cell = cells_[binding_.time_attribute];
    if (cell.type() == ValueType::Timestamp) row_time_ = cell.timestamp();
  } else if (binding_.time_field != kNoField && is_present(record.fields[binding_.time_field])) {
    const std::string_view text = record.fields[binding_.time_field].text;
    row_time_ = parse_iso8601(text);
    if (!row_time_) {
      SINTER_TRY(reject(record, binding_.columns[binding_.time_field].name, text, "time", "not an ISO 8601 time"));
      return false;
    }
  }
  row_weight_ = trust_of(row_source_);
  if (binding_.weight_field != kNoField) {
    const std::string_view text = record.fields[binding_.weight_field].text;
    const auto weight = positive_number(text);
    if (!weight) {
      SINTER_TRY(reject(record, binding_.columns[binding_.weight_field].name, text, "weight", "not a positive number"));
      return false;
    }
    row_weight_ = *weight;
  }
  if (source_.long_shape && source_.long_shape->anonymous) row_source_ = {};
  return true;
}

double FusionMapper::trust_of(std::string_view source) {
  if (source_.trust_by_source.empty()) return source_.trust;
  if (source != last_source_) {
    last_source_ = std::string(source);
    const auto found = source_.trust_by_source.find(last_source_);
    last_trust_ = found == source_.trust_by_source.end() ? source_.trust : found->second;
  }
  return last_trust_;
}

void FusionMapper::set_claim(const Record& record, std::size_t attribute) {
  Claim& claim = claims_[attribute];
  claim.value = cells_[attribute];
  if (claim.value.is_null()) return;
  claim.source = row_source_;
  claim.time = row_time_;
  claim.position = record.position;
  claim.weight = row_weight_;
  claim.sigma = binding_.sigma_constant[attribute];
  if (binding_.sigma_field[attribute] != kNoField) {
    claim.sigma = positive_number(record.fields[binding_.sigma_field[attribute]].text).value_or(0);
  }
}

Result<bool> FusionMapper::load_claim_weights(const Record& record) {
  for (const ClaimWeight& weight : binding_.claim_weights) {
    Claim& claim = claims_[weight.attribute];
    if (claim.value.is_null()) continue;
    std::optional<double> number;
    if (weight.cell != kNoField) {
      const Value& cell = cells_[weight.cell];
      if (cell.is_number() && cell.as_double() > 0 && std::isfinite(cell.as_double())) number = cell.as_double();
    } else if (is_present(record.fields[weight.field])) {
      number = positive_number(record.fields[weight.field].text);
    }
    if (!number) {
      std::string shown;
      if (weight.cell != kNoField) append_display(shown, cells_[weight.cell]);
      else if (is_present(record.fields[weight.field])) shown = record.fields[weight.field].text;
      SINTER_TRY(reject(record, job_.fuse[weight.attribute].weight_column, shown, "weight",
                        "not a positive number, so '" + job_.schema[weight.attribute].name + "' has no weight"));
      return false;
    }
    claim.weight = *number;
  }
  return true;
}

Status FusionMapper::emit(RawEmitter& emitter) {
  if (observer_) observer_({cells_, before_, row_source_});
  if (job_.rows.drop_duplicates || job_.rows.keep_newest) {
    // Secondary sort: rows of one source (and, when a row is one claim, of one attribute) together, newest first, identical
    // rows next to each other.
    append_key_string(key_, row_source_);
    append_key_int64(key_, static_cast<std::int64_t>(row_attribute_));
    if (row_time_) {
      append_key_timestamp(key_, *row_time_, Order::Descending);
    } else {
      append_key_null(key_, Order::Descending);  // rows without a time count as oldest
    }
    for (std::size_t i = job_.key_size; i < claims_.size(); ++i) append_value(key_, cells_[i]);
  }
  value_.clear();
  layout_.encode_row(claims_, value_);
  return emitter.emit(key_, group_size_, value_);
}

Status FusionMapper::apply_verdict(const Record& record, const RowVerdict& verdict) {
  if (verdict.kind == RowVerdict::Kind::Drop) return drop(verdict.rule);
  std::string before;
  append_display(before, verdict.before);
  const std::string& field = source_.long_shape && verdict.attribute >= job_.key_size ? source_.long_shape->value
                                                                                       : job_.schema[verdict.attribute].name;
  return reject(record, field, before, verdict.rule, verdict.reason);
}

Status FusionMapper::reject(const Record& record, std::string_view field, std::string_view value, std::string_view rule,
                            std::string_view reason) {
  rows_rejected_.add();
  Rejection rejection;
  rejection.record = &record;
  rejection.source = file_source_;
  rejection.field = field;
  rejection.value = value;
  rejection.rule = rule;
  rejection.reason = reason;
  return context_.reject(rejection);
}

Status FusionMapper::drop(std::string_view rule) {
  auto found = rows_dropped_.find(rule);
  if (found == rows_dropped_.end()) {
    found = rows_dropped_.emplace(std::string(rule), context_.counter(std::string(kRowsDroppedPrefix) + std::string(rule))).first;
  }
  found->second.add();
  return {};
}

}  // namespace sinter::fusion

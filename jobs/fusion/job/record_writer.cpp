// Lines of fused records: see record_writer.hpp. One thread.
#include "jobs/fusion/job/record_writer.hpp"

#include <cmath>

namespace sinter::fusion {

std::vector<OutputColumn> output_columns(const JobFile& job) {
  std::vector<OutputColumn> columns;
  for (std::size_t i = 0; i < job.schema.size(); ++i) {
    columns.push_back({job.schema[i].name, i, false});
    if (i >= job.key_size && job.output_confidence) columns.push_back({job.schema[i].name + "_confidence", i, true});
  }
  return columns;
}

OutputFormat output_format(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);  // a directory of parts is named like its parts
  return path.ends_with(".jsonl") || path.ends_with(".ndjson") ? OutputFormat::JsonLines : OutputFormat::Csv;
}

void append_json_value(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::Null: out += "null"; return;
    case ValueType::Bool: out += value.boolean() ? "true" : "false"; return;
    case ValueType::Int64: return append_int64(out, value.int64());
    case ValueType::Double:
      if (std::isfinite(value.number())) return append_double(out, value.number());
      out += "null";
      return;
    case ValueType::String: return append_json_string(out, value.string());
    case ValueType::Timestamp:
      out += '"';
      append_display(out, value);  // digits and signs: nothing to escape
      out += '"';
      return;
    case ValueType::List:
      out += '[';
      for (std::size_t i = 0; i < value.list_size(); ++i) {
        if (i > 0) out += ',';
        append_json_value(out, value.item(i));
      }
      out += ']';
      return;
  }
}

RecordWriter::RecordWriter(const JobFile& job)
    : columns_(output_columns(job)), format_(output_format(job.output_path)), key_size_(job.key_size), key_(job.key_size) {
  for (const OutputColumn& column : columns_) {
    std::string name;
    append_json_string(name, column.name);
    json_names_.push_back(name + ":");
  }
}

std::string RecordWriter::header() const {
  if (format_ == OutputFormat::JsonLines) return {};
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line += ',';
    append_csv_text(line, columns_[i].name);
  }
  line += '\n';
  return line;
}

Status RecordWriter::append(std::string& out, std::string_view group, std::span<const FusedCell> cells, Arena& arena) {
  std::size_t at = 0;
  for (Value& value : key_) {
    if (!read_value(group, at, arena, value)) return internal_error("an entity key in the shuffle cannot be read back");
  }
  const bool json = format_ == OutputFormat::JsonLines;
  if (json) out += '{';
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const OutputColumn& column = columns_[i];
    if (i > 0) out += ',';
    Value value;
    if (column.is_confidence) {
      const double confidence = cells[column.attribute].confidence;
      value = std::isfinite(confidence) ? Value::of_double(confidence) : Value::null();
    } else {
      value = column.attribute < key_size_ ? key_[column.attribute] : cells[column.attribute].value;
    }
    if (json) {
      out += json_names_[i];
      append_json_value(out, value);
    } else {
      append_csv_value(out, value);
    }
  }
  out += json ? "}\n" : "\n";
  return {};
}

void RecordWriter::append_csv_value(std::string& out, const Value& value) {
  if (value.is_null()) return;
  if (value.type() == ValueType::Double) return append_double(out, value.number());
  if (value.type() == ValueType::Int64) return append_int64(out, value.int64());
  if (value.type() == ValueType::String) return append_csv_text(out, value.string());
  text_.clear();
  append_display(text_, value);
  append_csv_text(out, text_);
}

}  // namespace sinter::fusion

// Lines of fused records: see record_writer.hpp. One thread.
#include "jobs/fusion/job/record_writer.hpp"

#include <cmath>

#include "jobs/fusion/rules/answer_builder.hpp"
#include "jobs/fusion/value_json.hpp"

namespace sinter::fusion {
namespace {

/// Bytes before the last character when its end may be missing; a character has at most four.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte >= 0xc0) return text.size() - back;
  }
  return text.size();
}

/// The content of a JSON string, without its quotes.
void append_json_inside(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  append_json_string(out, text);
  out.erase(start, 1);
  out.pop_back();
}

}  // namespace

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

Status RecordWriter::read_key(std::string_view group, Arena& arena) {
  std::size_t at = 0;
  for (Value& value : key_) {
    if (!read_value(group, at, arena, value)) return internal_error("an entity key in the shuffle cannot be read back");
  }
  return {};
}

Status RecordWriter::append_entity(std::string& out, std::string_view group, Arena& arena) {
  SINTER_TRY(read_key(group, arena));
  for (std::size_t i = 0; i < key_.size(); ++i) {
    if (i > 0) out += " / ";
    append_display(out, key_[i]);
  }
  return {};
}

Status RecordWriter::write(OutputSink& output, std::string_view group, std::span<const FusedCell> cells, Arena& arena) {
  SINTER_TRY(read_key(group, arena));
  const bool json = format_ == OutputFormat::JsonLines;
  line_.clear();
  if (json) line_ += '{';
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const OutputColumn& column = columns_[i];
    if (i > 0) line_ += ',';
    if (json) line_ += json_names_[i];
    Value value;
    if (column.is_confidence) {
      const double confidence = cells[column.attribute].confidence;
      value = std::isfinite(confidence) ? Value::of_double(confidence) : Value::null();
    } else if (column.attribute < key_size_) {
      value = key_[column.attribute];
    } else if (const LongText* const text = cells[column.attribute].long_text) {
      SINTER_TRY(write_long(output, *text));
      continue;
    } else {
      value = cells[column.attribute].value;
    }
    if (json) append_json(line_, value);
    else append_csv_value(value);
  }
  line_ += json ? "}\n" : "\n";
  return output.append(line_);
}

void RecordWriter::append_csv_value(const Value& value) {
  if (value.is_null()) return;
  if (value.type() == ValueType::Double) return append_double(line_, value.number());
  if (value.type() == ValueType::Int64) return append_int64(line_, value.int64());
  if (value.type() == ValueType::String) return append_csv_text(line_, value.string());
  text_.clear();
  // A list in a cell is a JSON array: what the `list` type reads.
  if (value.type() == ValueType::List) append_json(text_, value);
  else append_display(text_, value);
  append_csv_text(line_, text_);
}

Status RecordWriter::write_long(OutputSink& output, const LongText& text) {
  const bool json = format_ == OutputFormat::JsonLines, plain = json && text.kind() == AnswerKind::List;
  if (!plain) line_ += '"';
  std::string& carried = text_;  // the start of a character whose end is in the next piece
  carried.clear();
  const auto write_piece = [&](std::string_view piece) -> Status {
    if (plain) {
      line_ += piece;
    } else if (json) {
      carried += piece;
      const std::size_t whole = whole_characters(carried);
      append_json_inside(line_, std::string_view(carried).substr(0, whole));
      carried.erase(0, whole);
    } else {
      for (const char byte : piece) line_.append(byte == '"' ? 2 : 1, byte);
    }
    SINTER_TRY(output.append(line_));
    line_.clear();
    return {};
  };
  SINTER_TRY(text.read(write_piece));
  if (json && !plain) append_json_inside(line_, carried);
  if (!plain) line_ += '"';
  return {};
}

}  // namespace sinter::fusion

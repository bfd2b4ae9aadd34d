// Rows as CSV, JSON lines or plain lines. One thread.
#include "framework/api/row_writer.hpp"

#include <cmath>

#include "framework/io/text_output.hpp"

namespace sinter {

RowWriter::RowWriter(OutputSink& target, const DataFile& format) : target_(&target), format_(&format), own_(format.writer.get()) {
  if (format.kind != FormatKind::JsonLines) return;
  for (const std::string& column : format.columns) {
    append_json_string(member_names_.emplace_back(), column);
    member_names_.back() += ':';
  }
}

void RowWriter::line(std::string_view text) {
  if (!status_.ok()) return;
  // Grown only and filled in place: assign() and += took 60 instructions more per line, which a sort of short lines feels.
  if (line_.size() <= text.size()) line_.resize(text.size() + 1);
  text.copy(line_.data(), text.size());
  line_[text.size()] = '\n';
  keep(target_->append({line_.data(), text.size() + 1}));
}

void RowWriter::begin_row(std::size_t fields) {
  const std::size_t columns = format_->kind == FormatKind::Lines ? 1 : format_->columns.size();
  // A writer of one's own may take rows of any width; and so does a test. No other table is without columns (CompleteJob::definition()).
  if (status_.ok() && fields != columns && columns != 0) {
    status_ = user_error("row() was given " + std::to_string(fields) + " values, and the output '" + format_->path + "' has " +
                         std::to_string(columns) + " columns");
  }
  line_.clear();
  values_.clear();
  field_ = 0;
  if (format_->kind == FormatKind::JsonLines) line_ += '{';
}

void RowWriter::end_row() {
  if (!status_.ok()) return;
  if (own_ != nullptr) {
    status_ = own_->write(values_, line_).with_context("while writing a row of '" + format_->path + "'");
    if (!status_.ok()) return;
  } else {
    line_ += format_->kind == FormatKind::JsonLines ? "}\n" : "\n";
  }
  keep(target_->append(line_));
}

void RowWriter::begin_field() {
  if (field_ > 0) line_ += ',';
  if (field_ < member_names_.size()) line_ += member_names_[field_];
  ++field_;
}

void RowWriter::add_null() {
  if (own_ != nullptr) return void(values_.emplace_back());
  add_word(format_->kind == FormatKind::JsonLines ? "null" : "");
}

void RowWriter::add_word(std::string_view word) {
  if (own_ != nullptr) return void(values_.emplace_back(word == "true"));  // null is add_null()'s
  begin_field();
  line_ += word;
}

void RowWriter::add_unsigned(std::uint64_t value) {
  if (own_ != nullptr) return void(values_.emplace_back(value));
  begin_field();
  line_ += std::to_string(value);
}

void RowWriter::add_signed(std::int64_t value) {
  if (own_ != nullptr) return void(values_.emplace_back(value));
  begin_field();
  append_int64(line_, value);
}

void RowWriter::add_double(double value) {
  if (own_ != nullptr) return void(values_.emplace_back(value));
  if (format_->kind == FormatKind::JsonLines && !std::isfinite(value)) return add_null();
  begin_field();
  append_double(line_, value);
}

void RowWriter::add_text(std::string_view text) {
  if (own_ != nullptr) return void(values_.emplace_back(text));
  begin_field();
  if (format_->kind == FormatKind::JsonLines) append_json_string(line_, text);
  else if (format_->kind == FormatKind::Csv) append_csv_text(line_, text);
  else line_ += text;
}

void RowWriter::add_time(Timestamp value) {
  if (own_ != nullptr) return void(values_.emplace_back(value));
  add_text(format_timestamp(value));
}

std::string header_line(const DataFile& format) {
  std::string line;
  if (format.writer != nullptr) return format.writer->header();
  if (format.kind != FormatKind::Csv) return line;
  for (const std::string& column : format.columns) {
    if (!line.empty()) line += ',';
    append_csv_text(line, column);
  }
  return line + '\n';
}

}  // namespace sinter

// Fixed-width records: lines, or bytes counted off. Any thread.
#include "framework/api/fixed_width.hpp"

#include <algorithm>

#include "framework/api/own_formats.hpp"
#include "framework/io/text_output.hpp"

namespace sinter {

namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// A value as text, and whether it stands to the right.
struct FieldText {
  std::string& made;  // reused: no allocation per field
  bool right = true;

  std::string_view operator()(std::monostate) { return {}; }
  std::string_view operator()(bool value) {
    right = false;
    return value ? "true" : "false";
  }
  std::string_view operator()(std::int64_t value) {
    append_int64(made, value);
    return made;
  }
  std::string_view operator()(std::uint64_t value) { return made = std::to_string(value); }
  std::string_view operator()(double value) {
    append_double(made, value);
    return made;
  }
  std::string_view operator()(Timestamp value) {
    right = false;
    return made = format_timestamp(value);
  }
  std::string_view operator()(std::string_view value) {
    right = false;
    return value;
  }
};

}  // namespace

std::size_t FixedLayout::width() const {
  std::size_t width = 0;
  for (const FixedColumn& column : columns) width = std::max(width, column.begin + column.size_bytes);
  return width;
}

std::vector<std::string> FixedLayout::names() const {
  std::vector<std::string> names;
  for (const FixedColumn& column : columns) names.push_back(column.name);
  return names;
}

Status FixedLayout::check() const {
  if (columns.empty()) return user_error("a fixed-width file has no columns");
  for (const FixedColumn& column : columns)
    if (column.size_bytes == 0) return user_error("the column '" + column.name + "' of a fixed-width file has no bytes");
  if (record_bytes != 0 && width() > record_bytes)
    return user_error("the columns of a fixed-width file take " + std::to_string(width()) + " bytes, and its records have " +
                      std::to_string(record_bytes));
  return {};
}

Frame FixedWidthReader::next(const Window& window) const {
  const std::string_view bytes = window.bytes;
  if (layout.record_bytes != 0) {
    if (bytes.size() < layout.record_bytes) return Frame::more(layout.record_bytes);
    return Frame::record(bytes.substr(0, layout.record_bytes), layout.record_bytes);
  }
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos && !window.at_end) return Frame::more();
  std::string_view line = bytes.substr(0, newline);
  const std::size_t size_bytes = newline == std::string_view::npos ? line.size() : newline + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.empty() ? Frame::skip(size_bytes) : Frame::record(line, size_bytes);
}

std::size_t FixedWidthReader::find_start(const Window& window) const {
  if (layout.record_bytes != 0) return (layout.record_bytes - window.offset_bytes % layout.record_bytes) % layout.record_bytes;
  const std::size_t newline = window.bytes.find('\n');
  return newline == std::string_view::npos ? kNoStart : newline + 1;
}

void FixedWidthReader::split(std::string_view record, FieldList& fields) const {
  for (const FixedColumn& column : layout.columns) {
    if (column.begin >= record.size()) {
      fields.missing();
      continue;
    }
    const std::string_view text = without_blanks(record.substr(column.begin, column.size_bytes));
    if (text.empty()) fields.null();
    else fields.text(text);
  }
}

Status FixedWidthWriter::write(std::span<const RowValue> row, std::string& out) const {
  const std::size_t begin = out.size();
  out.append(layout.record_bytes != 0 ? layout.record_bytes : layout.width(), ' ');
  std::string made;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const FixedColumn& column = layout.columns[i];
    made.clear();
    FieldText field{made};
    const std::string_view text = std::visit(field, row[i]);
    if (text.size() > column.size_bytes)
      return user_error("'" + std::string(text.substr(0, 200)) + "' has " + std::to_string(text.size()) + " bytes, and the column '" +
                        column.name + "' " + std::to_string(column.size_bytes));
    if (layout.record_bytes == 0 && text.find_first_of("\r\n") != std::string_view::npos)
      return user_error("a value of the column '" + column.name + "' has a line end, and each record is a line");
    out.replace(begin + column.begin + (field.right ? column.size_bytes - text.size() : 0), text.size(), text);
  }
  if (layout.record_bytes == 0) out += '\n';
  return {};
}

Status FixedWidthWriter::check() const {
  SINTER_TRY(layout.check());
  std::vector<FixedColumn> columns = layout.columns;
  std::sort(columns.begin(), columns.end(), [](const FixedColumn& a, const FixedColumn& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < columns.size(); ++i)
    if (columns[i - 1].begin + columns[i - 1].size_bytes > columns[i].begin)
      return user_error("the columns '" + columns[i - 1].name + "' and '" + columns[i].name + "' of a fixed-width output overlap");
  return {};
}

DataFile fixed_width(std::string path, std::vector<FixedColumn> columns, std::size_t record_bytes) {
  const FixedLayout layout{std::move(columns), record_bytes};
  DataFile file = records(std::move(path), FixedWidthReader{layout});
  file.writer = std::make_shared<const OwnRowFormat<FixedWidthWriter>>(FixedWidthWriter{layout});
  return file;
}

}  // namespace sinter

// Sentences about bad records. Stateless; any thread.
#include "framework/io/problem_text.hpp"

#include "base/limits.hpp"

namespace sinter {

namespace {

constexpr std::size_t kNamesInMessage = 30;
constexpr std::string_view kWidthNames[] = {"header has", "first row has", "job declares"};

std::string count_of(std::uint64_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace

bool has_lone_return(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('\r', at + 1)) {
    if (text[at + 1] != '\n') return true;
  }
  return false;
}

std::string_view describe_broken_row(const BrokenRow& row, std::size_t width, TextArena& arena, WidthFrom from) {
  std::string text;
  if (row.open_line != 0) {
    text = "the quote opened on line " + std::to_string(row.open_line) + " is never closed; this record takes " +
           count_of(row.lines, "line") + ", to the end of the file";
  } else if (row.size_bytes > kMaxRecordBytes) {
    text =
        "record has " + std::to_string(row.size_bytes) + " bytes; the limit is " + std::to_string(kMaxRecordBytes) + " (kMaxRecordBytes)";
  } else if (width == 0) {
    text = "row has " + count_of(row.fields, "field") + "; the limit is " + std::to_string(kMaxColumns) + " (kMaxColumns)";
  } else {
    text = "row has " + count_of(row.fields, "field") + ", the " + std::string(kWidthNames[static_cast<std::size_t>(from)]) + " " +
           std::to_string(width);
  }
  if (has_lone_return(row.raw)) text.append("; ").append(kLoneReturnNote);
  return arena.copy(text);
}

std::string describe_place(std::uint64_t line, std::uint64_t offset_bytes) {
  return line == 0 ? "byte " + std::to_string(offset_bytes) : "line " + std::to_string(line);
}

std::string list_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesInMessage; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesInMessage) text += " and " + std::to_string(names.size() - kNamesInMessage) + " more";
  return text.empty() ? "none" : text;
}

}  // namespace sinter

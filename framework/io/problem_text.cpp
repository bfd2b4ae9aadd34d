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

std::string_view describe_broken_row(const BrokenRow& row, std::size_t width, TextArena& arena, WidthFrom from) {
  if (row.open_line != 0) {
    return arena.copy("the quote opened on line " + std::to_string(row.open_line) + " is never closed; this record takes " +
                      count_of(row.lines, "line") + ", to the end of the file");
  }
  if (row.size_bytes > kMaxRecordBytes) {
    return arena.copy("record has " + std::to_string(row.size_bytes) + " bytes; the limit is " + std::to_string(kMaxRecordBytes) +
                      " (kMaxRecordBytes)");
  }
  if (width == 0) {
    return arena.copy("row has " + count_of(row.fields, "field") + "; the limit is " + std::to_string(kMaxColumns) + " (kMaxColumns)");
  }
  return arena.copy("row has " + count_of(row.fields, "field") + ", the " + std::string(kWidthNames[static_cast<std::size_t>(from)]) + " " +
                    std::to_string(width));
}

std::string list_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesInMessage; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesInMessage) text += " and " + std::to_string(names.size() - kNamesInMessage) + " more";
  return text.empty() ? "none" : text;
}

}  // namespace sinter

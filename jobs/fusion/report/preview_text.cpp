// A preview as text: a table where it fits the width, else a list. See preview.hpp. Any thread.
#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/io/text_output.hpp"
#include "jobs/fusion/config/render.hpp"
#include "jobs/fusion/report/preview.hpp"

namespace sinter::fusion {
namespace {

/// Characters, not bytes, so that columns line up for most scripts.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// At most `width` characters, the last a sign that more was there.
std::string cut(std::string text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && ++characters == std::max<std::size_t>(width, 1)) break;
  }
  return text.substr(0, end) + "…";
}

using Table = std::vector<std::vector<std::string>>;

std::vector<std::size_t> column_widths(const Table& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

void append_table(std::string& out, const Table& table, const std::vector<std::size_t>& widths) {
  for (const auto& row : table) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) line += " " + row[i] + std::string(widths[i] - width_of(row[i]) + 1, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
}

/// A claim as a person should see it: the cleaned value, and what it was when cleaning changed it. Empty: no claim.
std::string shown(const PreviewCell& cell) {
  if (cell.was_nulled()) return cell.before.empty() ? std::string() : printable("null (" + cell.before + ")");
  return printable(cell.before == cell.after || cell.after.empty() ? cell.after : cell.after + " (" + cell.before + ")");
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string joined;
  for (const std::string& part : parts) joined.append(joined.empty() ? "" : between).append(part);
  return joined;
}

std::string confidence_of(const PreviewEntity& entity, std::size_t attribute) {
  std::string text;
  if (std::isfinite(entity.confidence[attribute])) append_double(text, std::round(entity.confidence[attribute] * 1000) / 1000);
  return text;
}

Table table_of(const JobFile& job, const PreviewEntity& entity) {
  std::vector<std::string> sources;
  for (const PreviewRow& row : entity.rows) add_once(sources, row.source);
  Table table = {{"attribute"}};
  table.front().insert(table.front().end(), sources.begin(), sources.end());
  table.front().insert(table.front().end(), {"=> fused", "rule", "confidence"});
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    std::vector<std::string>& line = table.emplace_back();
    line.push_back(job.schema[i].name);
    for (const std::string& source : sources) {
      std::vector<std::string> said;
      for (const PreviewRow& row : entity.rows) {
        if (row.source == source) add_once(said, shown(row.cells[i]));
      }
      line.push_back(join(said, " | "));
    }
    line.insert(line.end(), {printable(entity.fused[i]), describe_rule(job.fuse[i]), confidence_of(entity, i)});
  }
  return table;
}

/// "  price => 11  (median, confidence 0.5)" and below it each claim with its sources, the most frequent first.
void append_list(std::string& out, const JobFile& job, const PreviewEntity& entity, std::size_t width) {
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    const std::string confidence = confidence_of(entity, i);
    const std::string answer = entity.fused[i].empty() ? "(nothing)" : printable(entity.fused[i]);
    const std::string how = "  (" + describe_rule(job.fuse[i]) + (confidence.empty() ? "" : ", confidence " + confidence) + ")";
    out += cut("  " + job.schema[i].name + " => " + answer + how, width) + "\n";
    std::vector<std::pair<std::string, std::vector<std::string>>> claims;
    for (const PreviewRow& row : entity.rows) {
      const std::string text = shown(row.cells[i]);
      if (text.empty()) continue;
      auto found = std::find_if(claims.begin(), claims.end(), [&](const auto& claim) { return claim.first == text; });
      if (found == claims.end()) found = claims.insert(claims.end(), {text, {}});
      add_once(found->second, row.source);
    }
    std::stable_sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
    for (const auto& [text, sources] : claims) {
      const std::string count = sources.size() > 1 ? std::to_string(sources.size()) + ": " : "";
      // Half the line for the value, so that its sources show too.
      out += cut("      " + cut(text, std::max<std::size_t>(width / 2, 20)) + "  <- " + count + join(sources, ", "), width) + "\n";
    }
  }
}

}  // namespace

std::string render_preview(const JobFile& job, const Preview& preview, std::size_t width) {
  std::string out;
  for (const PreviewEntity& entity : preview.entities) {
    out += printable(entity.key) + "\n";
    const Table table = table_of(job, entity);
    const std::vector<std::size_t> widths = column_widths(table);
    std::size_t needed = 0;
    for (const std::size_t one : widths) needed += one + 2;
    if (needed <= width) append_table(out, table, widths);
    else append_list(out, job, entity, width);
    out += "\n";
  }
  return out;
}

}  // namespace sinter::fusion

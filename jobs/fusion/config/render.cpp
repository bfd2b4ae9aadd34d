// Shows what is wrong with a job file. Pure; any thread.
#include "jobs/fusion/config/render.hpp"

#include <algorithm>
#include <vector>

#include "framework/io/json_writer.hpp"

namespace sinter::fusion {

namespace {

constexpr std::string_view kBold = "\x1b[1m", kRed = "\x1b[1;31m", kYellow = "\x1b[1;33m", kGreen = "\x1b[1;32m", kPlain = "\x1b[0m";
/// Of a source line around the caret; the rest is cut so that minified files stay readable.
constexpr std::size_t kMaxShownLineBytes = 120;

using Problem = Diagnostics::Problem;

/// In file order; problems without a place last. Stable.
std::vector<const Problem*> ordered(const Diagnostics& diagnostics) {
  std::vector<const Problem*> problems;
  for (const Problem& problem : diagnostics.problems()) problems.push_back(&problem);
  std::stable_sort(problems.begin(), problems.end(), [](const Problem* a, const Problem* b) {
    const auto line = [](const Problem* p) { return p->mark.line == 0 ? UINT32_MAX : p->mark.line; };
    if (line(a) != line(b)) return line(a) < line(b);
    return a->mark.column < b->mark.column;
  });
  return problems;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // as yaml_reader.cpp counts columns
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

void append_frame(std::string& out, const Problem& problem, std::string_view line, bool color) {
  const std::string number = std::to_string(problem.mark.line);
  const std::string gutter(std::max<std::size_t>(number.size(), 5), ' ');
  const std::size_t column = std::min<std::size_t>(problem.mark.column > 0 ? problem.mark.column - 1 : 0, line.size());
  std::size_t start = 0;
  if (line.size() > kMaxShownLineBytes && column > kMaxShownLineBytes / 2) start = column - kMaxShownLineBytes / 2;
  while (start > 0 && is_continuation(line[start])) --start;
  std::string_view shown = line.substr(start, kMaxShownLineBytes);
  while (!shown.empty() && start + shown.size() < line.size() && is_continuation(line[start + shown.size()])) shown.remove_suffix(1);
  const std::string_view marked = line.substr(column, std::min<std::size_t>(problem.mark.length, start + shown.size() - column));
  out += gutter.substr(number.size()) + number + " | " + (start > 0 ? "..." : "") + printable(shown);
  if (start + shown.size() < line.size()) out += "...";
  out += "\n" + gutter + " | " + std::string(count_characters(line.substr(start, column - start)) + (start > 0 ? 3 : 0), ' ');
  if (color) out += kGreen;
  const std::size_t length = count_characters(marked);
  out += '^';
  if (length > 1) out.append(length - 1, '~');
  if (color) out += kPlain;
  out += '\n';
}

void append_problem(std::string& out, const Problem& problem, std::string_view path, const std::vector<std::string_view>& lines,
                    bool color) {
  if (color) out += kBold;
  out += path;
  if (problem.mark.line > 0) out += ":" + std::to_string(problem.mark.line) + ":" + std::to_string(problem.mark.column);
  out += ": ";
  if (color) out += problem.is_warning ? kYellow : kRed;
  out += problem.is_warning ? "warning" : "error";
  if (color) out += kPlain;
  out += ": " + printable(problem.message) + "\n";
  if (problem.mark.line > 0 && problem.mark.line <= lines.size()) append_frame(out, problem, lines[problem.mark.line - 1], color);
  if (!problem.help.empty()) out += "      = " + printable(problem.help) + "\n";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';  // a tab would shift the caret, an escape the terminal
  }
  return out;
}

std::string render_problems(const Diagnostics& diagnostics, std::string_view path, std::string_view text, bool color) {
  const std::vector<const Problem*> problems = ordered(diagnostics);
  const std::vector<std::string_view> lines = split_lines(text);
  std::string out;
  const std::size_t shown = std::min(problems.size(), kMaxShownProblems);
  for (std::size_t i = 0; i < shown; ++i) append_problem(out, *problems[i], path, lines, color);
  if (problems.size() > shown) out += "and " + std::to_string(problems.size() - shown) + " more\n";
  return out;
}

std::string render_problems_json(const Diagnostics& diagnostics, std::string_view path) {
  JsonWriter json;
  json.begin_array();
  for (const Problem* problem : ordered(diagnostics)) {
    json.begin_object().member("file", path);
    json.member("line", std::uint64_t{problem->mark.line}).member("column", std::uint64_t{problem->mark.column});
    json.member("severity", problem->is_warning ? "warning" : "error");
    json.member("message", problem->message).member("help", problem->help).end_object();
  }
  json.end_array();
  return json.text();
}

}  // namespace sinter::fusion

// StatusPath: parsing. Pure; any thread.
#include "framework/cluster/status_path.hpp"

#include <algorithm>
#include <charconv>

namespace sinter::cluster {
namespace {

bool is_word(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return text.find_first_not_of(kLetters) == std::string_view::npos;
}

Status parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (true) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || !is_word(pair.substr(0, equals)) || !is_word(pair.substr(equals + 1)))
      return user_error("a query is name=value&name=value, of letters, digits, '.', '_' and '-'");
    if (!query.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) return user_error("a query names something twice");
    if (end == text.size()) return {};
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<std::uint64_t> parse_status_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return user_error("a number is written in decimal digits");
  return number;
}

Result<StatusPath> parse_status_path(std::string_view path) {
  if (path.size() > kMaxStatusPathBytes)
    return user_error("a path has at most " + std::to_string(kMaxStatusPathBytes) + " bytes (kMaxStatusPathBytes)");
  StatusPath parsed;
  const std::size_t mark = path.find('?');
  std::string_view steps = path.substr(0, mark);
  if (mark != std::string_view::npos) SINTER_TRY(parse_query(path.substr(mark + 1), parsed.query));
  if (!steps.starts_with('/')) return user_error("a path begins with a slash");
  steps.remove_prefix(1);
  while (!steps.empty()) {
    const std::size_t end = std::min(steps.find('/'), steps.size());
    const std::string_view step = steps.substr(0, end);
    if (step.empty() || step == "." || step == ".." || !is_word(step))
      return user_error("the steps of a path are of letters, digits, '.', '_' and '-'");
    parsed.steps.emplace_back(step);
    steps.remove_prefix(std::min(end + 1, steps.size()));
  }
  return parsed;
}

Result<std::uint64_t> StatusPath::number(const std::string& name, std::uint64_t fallback) const {
  const auto found = query.find(name);
  if (found == query.end()) return fallback;
  Result<std::uint64_t> parsed = parse_status_number(found->second);
  if (!parsed.ok()) return std::move(parsed).error().with_context("in '" + name + "'");
  return parsed;
}

Result<std::uint64_t> StatusPath::limit() const {
  SINTER_ASSIGN(const std::uint64_t wanted, number("limit", kDefaultPageEntries));
  if (wanted < 1 || wanted > kMaxPageEntries)
    return user_error("a page has 1 to " + std::to_string(kMaxPageEntries) + " entries (kMaxPageEntries)");
  return wanted;
}

Status StatusPath::allow(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : query)
    if (std::find(names.begin(), names.end(), name) == names.end()) return user_error("this page knows no '" + name + "'");
  return {};
}

}  // namespace sinter::cluster

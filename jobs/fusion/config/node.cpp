// ConfigNode, Diagnostics, OptionMap and did-you-mean. Plain values; one thread.
#include "jobs/fusion/config/node.hpp"

#include <algorithm>
#include <optional>

#include "base/parse_size.hpp"
#include "jobs/fusion/config/scalar.hpp"

namespace sinter::fusion {

namespace {

/// Long candidate lists help nobody; beyond this many the message only says that the key is unknown.
constexpr std::size_t kMaxListedCandidates = 24;
/// Longer words are not compared: edit distance is quadratic and nobody meant them.
constexpr std::size_t kMaxComparedWord = 64;

std::string_view expectation(OptionType type) {
  switch (type) {
    case OptionType::String: return "a string";
    case OptionType::Number: return "a number";
    case OptionType::Integer: return "an integer";
    case OptionType::Bool: return "true or false";
    case OptionType::Duration: return "a duration like 10m or 90s";
    case OptionType::Size: return "a size like 64MiB";
    case OptionType::Fraction: return "a fraction like 0.5% or 0.005";
    case OptionType::StringList: return "a string or a list of strings";
    case OptionType::StringMap: return "a map of strings";
    case OptionType::Any: return "a value";
  }
  return "a value";
}

std::string found_text(const ConfigNode& node) {
  switch (node.kind) {
    case NodeKind::Null: return "nothing";
    case NodeKind::List: return "a list";
    case NodeKind::Map: return "a map";
    case NodeKind::Scalar: break;
  }
  constexpr std::size_t kShown = 40;
  std::string text = node.scalar.substr(0, kShown);
  if (node.scalar.size() > kShown) text += "...";
  return node.quoted ? "the string \"" + text + "\"" : "'" + text + "'";
}

/// A quoted scalar is a string, whatever it looks like.
bool scalar_fits(const ConfigNode& node, OptionType type) {
  if (type == OptionType::String) return true;
  if (node.quoted) return false;
  switch (type) {
    case OptionType::Number: return parse_number(node.scalar).has_value();
    case OptionType::Integer: return parse_integer(node.scalar).has_value();
    case OptionType::Bool: return parse_bool(node.scalar).has_value();
    case OptionType::Duration: return parse_duration_ms(node.scalar).ok();
    case OptionType::Size: return parse_size(node.scalar).ok();
    case OptionType::Fraction: return parse_fraction(node.scalar).has_value();
    default: return false;
  }
}

bool fits(const ConfigNode& node, OptionType type) {
  const auto is_scalar = [](const ConfigNode& item) { return item.kind == NodeKind::Scalar; };
  switch (type) {
    case OptionType::Any: return true;
    case OptionType::StringList:
      return is_scalar(node) || (node.kind == NodeKind::List && std::all_of(node.items.begin(), node.items.end(), is_scalar));
    case OptionType::StringMap:
      return node.kind == NodeKind::Map &&
             std::all_of(node.entries.begin(), node.entries.end(), [&](const ConfigEntry& entry) { return is_scalar(entry.value); });
    default: return is_scalar(node) && scalar_fits(node, type);
  }
}

std::string fix_for(const ConfigNode& node, OptionType type) {
  if (node.kind == NodeKind::Null) return "give it a value, or quote it (\"\") when the empty text is meant";
  if (node.kind == NodeKind::List && type == OptionType::String && node.items.size() == 1 && node.items[0].kind == NodeKind::Scalar) {
    return "[...] without quotes is a list; if the brackets belong to the text, quote it: \"[" + node.items[0].scalar + "]\"";
  }
  if (node.kind != NodeKind::Scalar) return {};
  if (node.quoted && type != OptionType::StringMap) {
    ConfigNode plain = node;
    plain.quoted = false;
    if (scalar_fits(plain, type)) return "a quoted value is always a string: remove the quotes";
  }
  if (type == OptionType::Bool) return "write true or false; yes, no, on and off are not booleans here";
  if (type == OptionType::Duration && parse_number(node.scalar)) return "add a unit: ms, s, m, h or d, like " + node.scalar + "s";
  if (type == OptionType::Integer && parse_number(node.scalar)) return "a whole decimal number without leading zeros is meant";
  if (type == OptionType::Size) return "units are B, KiB, MiB, GiB, TiB, or kB, MB, GB, TB for powers of 1000";
  return {};
}

void check_type(const ConfigNode& value, const OptionInfo& option, const std::string& name, Diagnostics& diagnostics) {
  if (fits(value, option.type)) return;
  const std::string wanted = name + " must be " + std::string(expectation(option.type)) + ", found ";
  if (option.type == OptionType::StringList && value.kind == NodeKind::List) {
    for (const ConfigNode& item : value.items) {
      if (item.kind == NodeKind::Scalar) continue;
      diagnostics.error(item.mark, wanted + found_text(item) + " inside the list", fix_for(item, option.type));
    }
    return;
  }
  if (option.type == OptionType::StringMap && value.kind == NodeKind::Map) {
    for (const ConfigEntry& entry : value.entries) {
      if (entry.value.kind == NodeKind::Scalar) continue;
      diagnostics.error(entry.key_mark, wanted + found_text(entry.value) + " for '" + entry.key + "'", fix_for(entry.value, option.type));
    }
    return;
  }
  diagnostics.error(value.mark, wanted + found_text(value), fix_for(value, option.type));
}

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' || c == ' ' ? '_' : c;
}

/// Optimal string alignment distance (Damerau 1964): insert, delete, replace, swap of neighbours. O(|a| |b|).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = folded(a[i - 1]), y = folded(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (x == y ? 0u : 1u)});
      if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  for (const ConfigEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void Diagnostics::error(Mark mark, std::string message, std::string help) {
  problems_.push_back({mark, std::move(message), std::move(help), false});
  ++errors_;
}

void Diagnostics::warning(Mark mark, std::string message, std::string help) {
  problems_.push_back({mark, std::move(message), std::move(help), true});
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > kMaxComparedWord) return {};
  const std::size_t limit = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  std::size_t best = limit + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const std::size_t gap = candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (gap > limit) continue;
    const std::size_t distance = edit_distance(word, candidate);
    // A word with all letters replaced is not a slip: "a" is not meant as "b".
    if (distance >= best || distance >= std::max(word.size(), candidate.size())) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (const std::string_view near = nearest(word, candidates); !near.empty()) return "did you mean '" + std::string(near) + "'?";
  if (candidates.empty() || candidates.size() > kMaxListedCandidates) return {};
  std::string help = "known: ";
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i > 0) help += ", ";
    help += candidates[i];
  }
  return help;
}

OptionMap::OptionMap(const ConfigNode& node, const std::vector<OptionInfo>& options, std::string_view short_form, std::string where,
                     Diagnostics& diagnostics, const std::vector<KeyBelow>& below)
    : node_(&node), options_(&options), short_form_(short_form), where_(std::move(where)), diagnostics_(&diagnostics) {
  std::vector<std::string_view> names;
  for (const OptionInfo& option : options) names.push_back(option.name);
  const bool is_short = node.kind == NodeKind::Scalar || node.kind == NodeKind::List;
  if (is_short && short_form_.empty()) {
    const std::string help = names.empty() ? "it takes no options" : "its options: { " + std::string(names.front()) + ": ... }";
    diagnostics.error(node.mark, where_ + " must be a map, found " + found_text(node), help);
    return;
  }
  for (const ConfigEntry& entry : node.entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    const std::string place = where_.empty() ? "at the top level" : "in " + where_;
    const auto inner = std::find_if(below.begin(), below.end(), [&](const KeyBelow& one) { return one.key == entry.key; });
    std::string help = names.empty() ? where_ + " takes no options" : did_you_mean(entry.key, names);
    if (inner != below.end())
      help = "it belongs under '" + std::string(inner->section) + "': " + std::string(inner->section) + ": { " + entry.key + ": ... }";
    diagnostics.error(entry.key_mark, "unknown key '" + entry.key + "' " + place, std::move(help));
  }
  for (const OptionInfo& option : options) {
    const ConfigNode* value = this->node(option.name);
    if (value != nullptr) {
      const std::string path = where_.empty() ? std::string(option.name) : where_ + "." + std::string(option.name);
      check_type(*value, option, is_short ? where_ : path, diagnostics);
    } else if (option.required) {
      diagnostics.error(node.mark, (where_.empty() ? "the job file" : where_) + " needs '" + std::string(option.name) + "'",
                        std::string(option.help));
    }
  }
}

const ConfigNode* OptionMap::node(std::string_view name) const {
  require(std::any_of(options_->begin(), options_->end(), [&](const OptionInfo& option) { return option.name == name; }),
          "an option is asked for that its table does not declare");
  if (node_->kind == NodeKind::Map) return node_->find(name);
  const bool is_short = node_->kind == NodeKind::Scalar || node_->kind == NodeKind::List;
  return is_short && !short_form_.empty() && name == short_form_ ? node_ : nullptr;
}

bool OptionMap::has(std::string_view name) const { return node(name) != nullptr; }

Mark OptionMap::mark(std::string_view name) const {
  const ConfigNode* value = node(name);
  return value != nullptr ? value->mark : node_->mark;
}

std::string OptionMap::string(std::string_view name, std::string fallback) const {
  const ConfigNode* value = node(name);
  return value != nullptr && value->kind == NodeKind::Scalar ? value->scalar : std::move(fallback);
}

namespace {

template <class T>
std::optional<T> to_optional(Result<T> parsed) {
  if (!parsed.ok()) return std::nullopt;
  return std::move(parsed).value();
}

/// The value of a plain scalar by `parse`, or nothing (the constructor has reported why).
template <class Parse>
auto plain_value(const ConfigNode* value, Parse parse) -> decltype(parse(std::string_view())) {
  if (value == nullptr || value->kind != NodeKind::Scalar || value->quoted) return std::nullopt;
  return parse(value->scalar);
}

}  // namespace

double OptionMap::number(std::string_view name, double fallback) const {
  return plain_value(node(name), parse_fraction).value_or(fallback);
}

std::int64_t OptionMap::integer(std::string_view name, std::int64_t fallback) const {
  return plain_value(node(name), parse_integer).value_or(fallback);
}

bool OptionMap::boolean(std::string_view name, bool fallback) const { return plain_value(node(name), parse_bool).value_or(fallback); }

std::int64_t OptionMap::duration_ms(std::string_view name, std::int64_t fallback) const {
  return plain_value(node(name), [](std::string_view text) { return to_optional(parse_duration_ms(text)); }).value_or(fallback);
}

std::uint64_t OptionMap::size_bytes(std::string_view name, std::uint64_t fallback) const {
  return plain_value(node(name), [](std::string_view text) { return to_optional(parse_size(text)); }).value_or(fallback);
}

std::vector<std::string> OptionMap::strings(std::string_view name) const {
  const ConfigNode* value = node(name);
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->kind == NodeKind::Scalar) out.push_back(value->scalar);
  for (const ConfigNode& item : value->items) {
    if (item.kind == NodeKind::Scalar) out.push_back(item.scalar);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> OptionMap::string_map(std::string_view name) const {
  const ConfigNode* value = node(name);
  std::vector<std::pair<std::string, std::string>> out;
  if (value == nullptr) return out;
  for (const ConfigEntry& entry : value->entries) {
    if (entry.value.kind == NodeKind::Scalar) out.emplace_back(entry.key, entry.value.scalar);
  }
  return out;
}

void OptionMap::error(std::string_view name, std::string message, std::string help) const {
  diagnostics_->error(mark(name), std::move(message), std::move(help));
}

}  // namespace sinter::fusion

// One pass over a line with simdjson on demand. One thread.
#include "framework/io/json_line_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "framework/io/problem_text.hpp"
#include "framework/io/row_finder.hpp"
#include "framework/io/utf8.hpp"

namespace sinter {

namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr std::size_t kFirstCapacity = 16 * 1024;
static_assert(kRowPaddingBytes >= simdjson::SIMDJSON_PADDING, "simdjson reads ahead");

std::string_view trim_end(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  token.remove_suffix(token.size() - (last == std::string_view::npos ? 0 : last + 1));
  return token;
}

/// The JSON grammar of numbers, so that digits pass on exactly as written.
bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

}  // namespace

struct JsonLineParser::State {
  JsonPathTree tree;
  /// One parser per level of "this value as a whole and parts of it too"; almost always only the first is used.
  std::vector<std::unique_ptr<ondemand::parser>> parsers;
  std::string_view line;
  std::span<FieldView> fields;
  TextArena* arena = nullptr;
  const char* failed_at = nullptr;

  /// simdjson grows to exactly the longest line so far; doubling keeps the number of times small.
  error_code start(std::size_t level, std::string_view text, ondemand::document& document) {
    while (parsers.size() <= level) parsers.push_back(std::make_unique<ondemand::parser>());
    ondemand::parser& parser = *parsers[level];
    if (parser.capacity() < text.size()) {
      const std::size_t capacity = std::max({text.size(), 2 * parser.capacity(), kFirstCapacity});
      if (const error_code error = parser.allocate(capacity); error != simdjson::SUCCESS) return error;
    }
    return parser.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document);
  }

  void deliver(const JsonPathTree::Node& node, std::string_view text, FieldKind kind) {
    for (const std::size_t column : node.columns) {
      if (fields[column].kind == FieldKind::Missing) fields[column] = {text, kind};  // of duplicate keys the first wins
    }
  }

  /// A key without its escapes; views the line when there are none.
  error_code key_of(ondemand::field& field, std::string_view& key) const {
    const char* const raw = field.key().raw();
    const auto* const end = static_cast<const char*>(std::memchr(raw, '"', static_cast<std::size_t>(line.data() + line.size() - raw)));
    if (end != nullptr && std::memchr(raw, '\\', static_cast<std::size_t>(end - raw)) == nullptr) {
      key = {raw, static_cast<std::size_t>(end - raw)};
      return simdjson::SUCCESS;
    }
    return field.unescaped_key().get(key);
  }

  error_code visit_object(ondemand::object object, std::size_t node, std::size_t level) {
    for (auto entry : object) {
      ondemand::field field;
      if (const error_code error = std::move(entry).get(field); error != simdjson::SUCCESS) return error;
      std::string_view key;
      if (const error_code error = key_of(field, key); error != simdjson::SUCCESS) return error;
      for (const auto& [name, child] : tree.nodes[node].keys) {
        if (name != key) continue;
        if (const error_code error = visit(field.value(), child, level); error != simdjson::SUCCESS) return error;
        break;
      }
    }
    return simdjson::SUCCESS;
  }

  error_code visit_array(ondemand::array array, std::size_t node, std::size_t level) {
    std::size_t index = 0;
    for (auto entry : array) {
      ondemand::value value;
      if (const error_code error = std::move(entry).get(value); error != simdjson::SUCCESS) return error;
      for (const auto& [wanted, child] : tree.nodes[node].elements) {
        if (wanted != index) continue;
        if (const error_code error = visit(value, child, level); error != simdjson::SUCCESS) return error;
        break;
      }
      ++index;
    }
    return simdjson::SUCCESS;
  }

  /// The value is wanted as a whole: take its text, then look for wanted parts in that text.
  template <class Container>
  error_code visit_whole(Container container, std::size_t node, std::size_t level) {
    std::string_view text;
    if (const error_code error = container.raw_json().get(text); error != simdjson::SUCCESS) return error;
    text = trim_end(text);
    deliver(tree.nodes[node], text, FieldKind::Json);
    if (tree.nodes[node].keys.empty() && tree.nodes[node].elements.empty()) return simdjson::SUCCESS;
    ondemand::document document;
    if (const error_code error = start(level + 1, text, document); error != simdjson::SUCCESS) return error;
    Container inner;
    if (const error_code error = document.get(inner); error != simdjson::SUCCESS) return error;
    if constexpr (std::is_same_v<Container, ondemand::object>) return visit_object(inner, node, level + 1);
    else return visit_array(inner, node, level + 1);
  }

  error_code visit_string(ondemand::value value, const JsonPathTree::Node& node) {
    std::string_view token = trim_end(value.raw_json_token());
    if (token.size() < 2 || token.back() != '"') return simdjson::STRING_ERROR;
    token = token.substr(1, token.size() - 2);
    if (std::memchr(token.data(), '\\', token.size()) != nullptr) {
      failed_at = token.data();
      if (const error_code error = value.get_string().get(token); error != simdjson::SUCCESS) return error;
      failed_at = nullptr;
      token = arena->copy(token);  // the parser reuses its own buffer for the next line
    }
    deliver(node, token, FieldKind::Text);
    return simdjson::SUCCESS;
  }

  error_code visit_scalar(ondemand::value value, const JsonPathTree::Node& node, ondemand::json_type type) {
    const std::string_view token = trim_end(value.raw_json_token());
    failed_at = token.data();
    if (type == ondemand::json_type::number) {
      if (!is_json_number(token)) return simdjson::NUMBER_ERROR;
      deliver(node, token, FieldKind::Number);
    } else if (type == ondemand::json_type::boolean) {
      if (token != "true" && token != "false") return token.front() == 't' ? simdjson::T_ATOM_ERROR : simdjson::F_ATOM_ERROR;
      deliver(node, token, FieldKind::Bool);
    } else {
      if (token != "null") return simdjson::N_ATOM_ERROR;
      deliver(node, {}, FieldKind::Null);
    }
    failed_at = nullptr;
    return simdjson::SUCCESS;
  }

  error_code visit(ondemand::value value, std::size_t node_index, std::size_t level) {
    const JsonPathTree::Node& node = tree.nodes[node_index];
    ondemand::json_type type{};
    if (const error_code error = value.type().get(type); error != simdjson::SUCCESS) return error;
    if (type == ondemand::json_type::object) {
      if (node.columns.empty() && node.keys.empty()) return simdjson::SUCCESS;
      ondemand::object object;
      if (const error_code error = value.get_object().get(object); error != simdjson::SUCCESS) return error;
      return node.columns.empty() ? visit_object(object, node_index, level) : visit_whole(object, node_index, level);
    }
    if (type == ondemand::json_type::array) {
      if (node.columns.empty() && node.elements.empty()) return simdjson::SUCCESS;
      ondemand::array array;
      if (const error_code error = value.get_array().get(array); error != simdjson::SUCCESS) return error;
      return node.columns.empty() ? visit_array(array, node_index, level) : visit_whole(array, node_index, level);
    }
    if (type == ondemand::json_type::string) return visit_string(value, node);
    return visit_scalar(value, node, type);
  }

  error_code parse_document(ondemand::document& document) {
    if (const error_code error = start(0, line, document); error != simdjson::SUCCESS) return error;
    ondemand::object object;
    if (const error_code error = document.get_object().get(object); error != simdjson::SUCCESS) return error;
    if (const error_code error = visit_object(object, 0, 0); error != simdjson::SUCCESS) return error;
    const char* rest = nullptr;  // nothing is left when there is no location any more
    return document.current_location().get(rest) == simdjson::SUCCESS ? simdjson::TRAILING_CONTENT : simdjson::SUCCESS;
  }

  /// Where parsing stopped, as a 1-based byte of the line.
  std::size_t error_position(error_code error, ondemand::document& document, bool document_made) const {
    if (error == simdjson::UTF8_ERROR) return first_invalid_utf8(line) + 1;
    const char* at = failed_at;
    if (at == nullptr && document_made) {
      if (document.current_location().get(at) != simdjson::SUCCESS) at = nullptr;
    }
    if (at != nullptr && at >= line.data() && at < line.data() + line.size()) return static_cast<std::size_t>(at - line.data()) + 1;
    return line.size();
  }
};

JsonLineParser::JsonLineParser(JsonPathTree tree) : state_(std::make_unique<State>()) { state_->tree = std::move(tree); }
JsonLineParser::JsonLineParser(JsonLineParser&&) noexcept = default;
JsonLineParser::~JsonLineParser() = default;

std::uint64_t JsonLineParser::memory_bytes(std::size_t line_bytes) {
  // A 4-byte index entry per byte and 5/3 bytes of text, of up to twice the line, as start() asks for; the arena may hold the text again.
  return std::uint64_t{13} * std::max(line_bytes, kFirstCapacity);
}

std::string_view JsonLineParser::parse(std::string_view line, std::span<FieldView> fields, TextArena& arena) {
  State& state = *state_;
  state.line = line;
  state.fields = fields;
  state.arena = &arena;
  state.failed_at = nullptr;
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos || line[first] != '{') return "line is not a JSON object; each line must hold one";
  ondemand::document document;
  const error_code error = state.parse_document(document);
  if (error == simdjson::SUCCESS) return {};
  const bool made = error != simdjson::UTF8_ERROR && error != simdjson::UNCLOSED_STRING && error != simdjson::UNESCAPED_CHARS &&
                    error != simdjson::EMPTY && error != simdjson::CAPACITY && error != simdjson::MEMALLOC;
  if (error == simdjson::TRAILING_CONTENT && has_lone_return(line))
    return arena.copy("more than one value: " + std::string(kLoneReturnNote));
  return arena.copy("not valid JSON near byte " + std::to_string(state.error_position(error, document, made)) + " of the line: " +
                    simdjson::error_message(error));
}

namespace {

void collect(ondemand::object object, const std::string& prefix, std::size_t depth, std::size_t limit, std::vector<std::string>& names) {
  for (auto entry : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    const std::string name = prefix + escape_json_key(key);
    ondemand::value value = field.value();
    ondemand::object inner;
    if (depth < kMaxJsonDepth && value.get_object().get(inner) == simdjson::SUCCESS) {
      collect(inner, name + ".", depth + 1, limit, names);
    } else if (names.size() < limit && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
}

}  // namespace

void JsonLineParser::collect_paths(std::string_view line, std::size_t limit, std::vector<std::string>& names) {
  ondemand::document document;
  ondemand::object object;
  if (state_->start(0, line, document) != simdjson::SUCCESS) return;
  if (document.get_object().get(object) != simdjson::SUCCESS) return;
  collect(object, "", 1, limit, names);
}

}  // namespace sinter

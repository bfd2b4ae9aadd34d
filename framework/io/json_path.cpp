// Parsing of paths and building of their tree. Any thread.
#include "framework/io/json_path.hpp"

#include <charconv>

#include "base/limits.hpp"

namespace sinter {

namespace {

Error bad_path(std::string_view path, std::size_t at, std::string_view what) {
  return user_error("JSON path '" + std::string(path) + "': " + std::string(what) + " at byte " + std::to_string(at + 1))
      .with_hint(R"(Paths look like book.id or topic[1]; write a key's own dot as \.)");
}

/// Reads "[12]" at `at`.
Result<JsonStep> parse_index(std::string_view path, std::size_t& at) {
  const std::size_t close = path.find(']', at);
  if (close == std::string_view::npos) return bad_path(path, at, "a bracket is not closed");
  JsonStep step;
  step.is_index = true;
  const char* const begin = path.data() + at + 1;
  const char* const end = path.data() + close;
  const auto parsed = std::from_chars(begin, end, step.index);
  if (begin == end || parsed.ec != std::errc{} || parsed.ptr != end) return bad_path(path, at + 1, "an array index is expected");
  at = close + 1;
  return step;
}

Result<JsonStep> parse_key(std::string_view path, std::size_t& at) {
  JsonStep step;
  const std::size_t begin = at;
  for (; at < path.size() && path[at] != '.' && path[at] != '['; ++at) {
    if (path[at] == '\\' && ++at == path.size()) return bad_path(path, at - 1, "a backslash ends the path");
    step.key += path[at];
  }
  if (at == begin) return bad_path(path, at, "a key is expected");
  return step;
}

template <class Key>
std::size_t child_of(JsonPathTree& tree, std::vector<std::pair<Key, std::size_t>> JsonPathTree::Node::* children, std::size_t node,
    const Key& key) {
  for (const auto& [name, child] : tree.nodes[node].*children) {
    if (name == key) return child;
  }
  const std::size_t child = tree.nodes.size();
  (tree.nodes[node].*children).emplace_back(key, child);
  tree.nodes.emplace_back();
  return child;
}

}  // namespace

Result<std::vector<JsonStep>> parse_json_path(std::string_view path) {
  std::vector<JsonStep> steps;
  std::size_t at = 0;
  bool after_dot = true;
  while (at < path.size() || after_dot) {
    if (!after_dot && path[at] == '[') {
      SINTER_ASSIGN(JsonStep step, parse_index(path, at));
      steps.push_back(std::move(step));
      continue;
    }
    if (!after_dot) {
      if (path[at] != '.') return bad_path(path, at, "a dot or bracket is expected");
      ++at;
    }
    SINTER_ASSIGN(JsonStep step, parse_key(path, at));
    steps.push_back(std::move(step));
    after_dot = false;
  }
  if (steps.size() > kMaxJsonDepth) {
    return bad_path(path, 0, "there are more than " + std::to_string(kMaxJsonDepth) + " steps (kMaxJsonDepth)");
  }
  return steps;
}

std::string escape_json_key(std::string_view key) {
  std::string out;
  for (const char byte : key) {
    if (byte == '.' || byte == '[' || byte == '\\') out += '\\';
    out += byte;
  }
  return out;
}

Result<JsonPathTree> JsonPathTree::build(const std::vector<ColumnRequest>& columns) {
  JsonPathTree tree;
  tree.nodes.emplace_back();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    SINTER_ASSIGN(const auto steps, parse_json_path(columns[i].name));
    std::size_t node = 0;
    for (const JsonStep& step : steps) {
      node = step.is_index ? child_of(tree, &Node::elements, node, step.index) : child_of(tree, &Node::keys, node, step.key);
    }
    tree.nodes[node].columns.push_back(i);
  }
  return tree;
}

}  // namespace sinter

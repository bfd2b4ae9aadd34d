// Paths into a JSON record, and the tree that finds many of them in one pass. Values; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// One step down: into an object by key, or into an array by position.
struct JsonStep {
  std::string key;
  std::size_t index = 0;
  bool is_index = false;
  friend bool operator==(const JsonStep&, const JsonStep&) = default;
};

/// "book.id", "topic[1]", "a.b[0].c"; a backslash takes the meaning of the next byte: "first\.name" is one key.
/// Errors name the path and the byte: an empty key, an unclosed bracket, an index that is no number.
Result<std::vector<JsonStep>> parse_json_path(std::string_view path);

/// A key as parse_json_path() reads it back.
std::string escape_json_key(std::string_view key);

/// All requested paths; node 0 is the record.
struct JsonPathTree {
  struct Node {
    std::vector<std::pair<std::string, std::size_t>> keys;      // key -> node
    std::vector<std::pair<std::size_t, std::size_t>> elements;  // index -> node
    std::vector<std::size_t> columns;                           // requests that end here
  };
  std::vector<Node> nodes;

  static Result<JsonPathTree> build(const std::vector<ColumnRequest>& columns);
};

}  // namespace sinter

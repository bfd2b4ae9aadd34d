// JsonLineParser: the requested values of one line of JSON. Rows go this way; small documents through JsonDocument. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/io/json_path.hpp"
#include "framework/io/record.hpp"
#include "framework/io/text_arena.hpp"

namespace sinter {

class JsonLineParser {
 public:
  explicit JsonLineParser(JsonPathTree tree);
  JsonLineParser(JsonLineParser&&) noexcept;
  ~JsonLineParser();

  /// Fills `fields` (all Missing before) from an object. Texts point into `line` or the arena.
  /// Requires kRowPaddingBytes readable bytes behind `line`. Returns the problem, empty when the line is good.
  /// Values that no path asks for are checked for UTF-8, closed strings and balanced brackets only.
  /// Cost: about 1 GB/s per core. Source: simdjson on-demand (Keiser and Lemire, 2023).
  std::string_view parse(std::string_view line, std::span<FieldView> fields, TextArena& arena);

  /// Memory to reserve before parsing lines of up to `line_bytes`.
  static std::uint64_t memory_bytes(std::size_t line_bytes);

  /// Adds the paths of the scalars and arrays of an object, in order of appearance, each once; at most `limit` names.
  void collect_paths(std::string_view line, std::size_t limit, std::vector<std::string>& names);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sinter

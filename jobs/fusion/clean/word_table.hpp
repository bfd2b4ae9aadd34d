// WordTable: words to numbers, with or without case: the lists of null_if, map, enum, bool. Filled once, then asked per cell.
// One thread per object: it keeps scratch memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "jobs/fusion/clean/unicode.hpp"

namespace sinter::fusion {

class WordTable {
 public:
  explicit WordTable(bool ignore_case) : ignore_case_(ignore_case) {}
  /// False when the word is in already (with its first number).
  bool add(std::string_view word, std::size_t number);
  /// The number of the word, or -1. Blanks around it do not count. Needs the arena only when case is ignored.
  std::ptrdiff_t find(std::string_view text, Arena& arena);
  std::size_t size() const { return words_.size(); }

 private:
  // Heterogeneous look-up: no std::string per cell.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> words_;
  UnicodeMapper mapper_;
  bool ignore_case_;
};

}  // namespace sinter::fusion

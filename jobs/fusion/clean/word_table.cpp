// Words to numbers: see word_table.hpp. One thread per object.
#include "jobs/fusion/clean/word_table.hpp"

#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {

bool WordTable::add(std::string_view word, std::size_t number) {
  Arena arena(256);
  word = trimmed(word);
  if (ignore_case_) word = mapper_.lower(word, arena);
  return words_.emplace(std::string(word), number).second;
}

std::ptrdiff_t WordTable::find(std::string_view text, Arena& arena) {
  text = trimmed(text);
  if (ignore_case_) text = mapper_.lower(text, arena);
  const auto found = words_.find(text);
  return found == words_.end() ? -1 : static_cast<std::ptrdiff_t>(found->second);
}

}  // namespace sinter::fusion

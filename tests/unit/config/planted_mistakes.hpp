// Mistakes planted in a good job file, one at a time, and what must be said about each. Plain data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sinter::fusion {

struct Mistake {
  std::string name;
  std::size_t line;               // of the good file, replaced by `text`; 0 appends it
  std::string text;
  std::vector<std::string> said;  // "line:column: [warning: ]message | help", in the order of decoding; empty: it is no mistake
};

std::vector<Mistake> planted_mistakes();

}  // namespace sinter::fusion

// UnicodeMapper: case, NFKC and case folding of UTF-8 text. The only module that knows utf8proc. One thread per object: it keeps
// its scratch memory from cell to cell.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

class UnicodeMapper {
 public:
  /// Character by character (simple case mappings); stray bytes stay as they are. The text itself when nothing changes.
  std::string_view lower(std::string_view text, Arena& arena);
  std::string_view upper(std::string_view text, Arena& arena);
  /// Every word starts with a capital, the rest is lower case; an apostrophe does not start a word.
  std::string_view title(std::string_view text, Arena& arena);
  /// Normalization form NFKC. False: not valid UTF-8. ASCII costs one scan.
  bool nfkc(std::string_view& text, Arena& arena);
  /// NFKC_Casefold of Unicode: for comparing, never for showing. False: not valid UTF-8.
  bool casefold(std::string_view& text, Arena& arena);

 private:
  enum class Case : std::uint8_t { Lower, Upper, Title };
  std::string_view map_case(std::string_view text, Arena& arena, Case wanted);
  bool normalize(std::string_view& text, Arena& arena, int options);

  std::vector<std::int32_t> characters_;
};

}  // namespace sinter::fusion

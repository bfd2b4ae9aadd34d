// Case, NFKC and case folding by utf8proc, with a fast way for ASCII: see unicode.hpp. One thread per object.
#include "jobs/fusion/clean/unicode.hpp"

#include <utf8proc.h>

#include <cstring>

#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

/// A character has at most this many bytes in UTF-8.
constexpr std::size_t kMaxCharacterBytes = 4;

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_word_character(std::int32_t character) {
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return character == '\'' || character == 0x2019;
  }
}

const utf8proc_uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const utf8proc_uint8_t*>(text.data()); }

}  // namespace

std::string_view UnicodeMapper::map_case(std::string_view text, Arena& arena, Case wanted) {
  const bool ascii = is_ascii(text);
  if (ascii && wanted != Case::Title) {
    const auto map = wanted == Case::Lower ? ascii_lower : ascii_upper;
    std::size_t first = 0;
    while (first < text.size() && map(text[first]) == text[first]) ++first;
    if (first == text.size()) return text;
    char* out = arena.allocate(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) out[i] = map(text[i]);
    return {out, text.size()};
  }
  // Some lower-case letters have longer capitals and the other way round, never more than four bytes a character.
  char* const out = arena.allocate(ascii ? text.size() : count_characters(text) * kMaxCharacterBytes);
  char* to = out;
  bool in_word = false;
  for (std::string_view rest = text; !rest.empty();) {
    utf8proc_int32_t character = 0;
    const auto size = utf8proc_iterate(bytes_of(rest), static_cast<utf8proc_ssize_t>(rest.size()), &character);
    if (size <= 0) {
      *to++ = rest.front();
      rest.remove_prefix(1);
      in_word = false;
      continue;
    }
    const Case now = wanted != Case::Title ? wanted : in_word ? Case::Lower : Case::Title;
    in_word = is_word_character(character);
    const utf8proc_int32_t mapped = now == Case::Lower   ? utf8proc_tolower(character)
                                    : now == Case::Upper ? utf8proc_toupper(character)
                                                         : utf8proc_totitle(character);
    to += utf8proc_encode_char(mapped, reinterpret_cast<utf8proc_uint8_t*>(to));
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return {out, static_cast<std::size_t>(to - out)};
}

std::string_view UnicodeMapper::lower(std::string_view text, Arena& arena) { return map_case(text, arena, Case::Lower); }
std::string_view UnicodeMapper::upper(std::string_view text, Arena& arena) { return map_case(text, arena, Case::Upper); }
std::string_view UnicodeMapper::title(std::string_view text, Arena& arena) { return map_case(text, arena, Case::Title); }

bool UnicodeMapper::normalize(std::string_view& text, Arena& arena, int options) {
  const auto flags = static_cast<utf8proc_option_t>(options);
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  // One more than the characters, since reencode() writes a zero behind them.
  auto capacity = static_cast<utf8proc_ssize_t>(characters_.size()) - 1;
  auto count = utf8proc_decompose(bytes_of(text), size, characters_.data(), capacity < 0 ? 0 : capacity, flags);
  if (count < 0) return false;
  if (count > capacity) {
    characters_.resize(static_cast<std::size_t>(count) * 2 + 2);
    capacity = static_cast<utf8proc_ssize_t>(characters_.size()) - 1;
    count = utf8proc_decompose(bytes_of(text), size, characters_.data(), capacity, flags);
    if (count < 0) return false;
  }
  const auto encoded = utf8proc_reencode(characters_.data(), count, flags);
  if (encoded < 0) return false;
  const std::string_view result(reinterpret_cast<const char*>(characters_.data()), static_cast<std::size_t>(encoded));
  if (result != text) text = arena.copy(result);
  return true;
}

bool UnicodeMapper::nfkc(std::string_view& text, Arena& arena) {
  if (is_ascii(text)) return true;
  return normalize(text, arena, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
}

bool UnicodeMapper::casefold(std::string_view& text, Arena& arena) {
  if (is_ascii(text)) {
    text = lower(text, arena);
    return true;
  }
  constexpr int kOptions = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  // Composing can bring new characters to fold together; twice is a fixed point (test: casefold_is_idempotent).
  return normalize(text, arena, kOptions) && normalize(text, arena, kOptions);
}

}  // namespace sinter::fusion

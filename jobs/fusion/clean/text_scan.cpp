// Blanks, ASCII case, trimming: see text_scan.hpp. Pure functions; any thread.
#include "jobs/fusion/clean/text_scan.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sinter::fusion {
namespace {

/// Whether a character beyond ASCII is a blank: White_Space of Unicode 15, and U+200B and U+FEFF, which are as invisible.
bool is_wide_blank(std::uint32_t character) {
  return character == 0x85 || character == 0xA0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200B) ||
         character == 0x2028 || character == 0x2029 || character == 0x202F || character == 0x205F || character == 0x3000 ||
         character == 0xFEFF;
}

std::uint32_t byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Size of the two- or three-byte blank at text[at..], else 0.
std::size_t wide_blank_size(std::string_view text, std::size_t at) {
  const std::uint32_t lead = byte_at(text, at);
  if (lead == 0xC2 && at + 1 < text.size()) return is_wide_blank(byte_at(text, at + 1)) ? 2 : 0;
  if ((lead & 0xF0u) != 0xE0 || at + 2 >= text.size()) return 0;
  const std::uint32_t second = byte_at(text, at + 1), third = byte_at(text, at + 2);
  if ((second & 0xC0u) != 0x80 || (third & 0xC0u) != 0x80) return 0;
  return is_wide_blank((lead & 0x0Fu) << 12 | (second & 0x3Fu) << 6 | (third & 0x3Fu)) ? 3 : 0;
}

}  // namespace

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & kHighBits) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
  }
  return true;
}

std::size_t leading_blank_size(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text.front()) < 0x80) return is_ascii_blank(text.front()) ? 1 : 0;
  return wide_blank_size(text, 0);
}

std::size_t trailing_blank_size(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text.back()) < 0x80) return is_ascii_blank(text.back()) ? 1 : 0;
  for (const std::size_t size : {std::size_t{2}, std::size_t{3}}) {
    if (text.size() >= size && wide_blank_size(text, text.size() - size) == size) return size;
  }
  return 0;
}

std::string_view trimmed(std::string_view text) {
  while (const std::size_t size = leading_blank_size(text)) text.remove_prefix(size);
  while (const std::size_t size = trailing_blank_size(text)) text.remove_suffix(size);
  return text;
}

bool equals_ignore_ascii_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool starts_with_ignore_ascii_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignore_ascii_case(text.substr(0, prefix.size()), prefix);
}

bool ends_with_ignore_ascii_case(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && equals_ignore_ascii_case(text.substr(text.size() - suffix.size()), suffix);
}

std::size_t leading_character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;
  if (size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80) return 1;
  }
  return size;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(leading_character_size(text));
  return count;
}

}  // namespace sinter::fusion

// Small questions about text that cleaners ask: blanks (Unicode ones too), ASCII case, trimming. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace sinter::fusion {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// No byte above 127. Eight bytes at a time.
bool is_ascii(std::string_view text);
/// Bytes of the blank character that starts the text, 0 when it starts with none. Blanks are the ASCII ones, U+0085, the no-break
/// and other Unicode spaces, the zero-width space and the byte order mark.
std::size_t leading_blank_size(std::string_view text);
/// Bytes of the blank character that ends the text, likewise.
std::size_t trailing_blank_size(std::string_view text);
/// A view without blanks at both ends.
std::string_view trimmed(std::string_view text);
/// Equal when ASCII letters are compared without case.
bool equals_ignore_ascii_case(std::string_view a, std::string_view b);
bool starts_with_ignore_ascii_case(std::string_view text, std::string_view prefix);
bool ends_with_ignore_ascii_case(std::string_view text, std::string_view suffix);
/// Bytes of the UTF-8 character that starts the text; 1 for a byte that starts none. Requires: not empty.
std::size_t leading_character_size(std::string_view text);
/// Characters, counting each stray byte as one.
std::size_t count_characters(std::string_view text);

}  // namespace sinter::fusion

// One CSV field from its raw bytes: null, text, or quoted text with its quotes taken off. Stateless; any thread.
#pragma once

#include <cstring>
#include <string_view>

#include "framework/io/record.hpp"
#include "framework/io/text_arena.hpp"

namespace sinter {

/// The text of a field that begins with `quote`: quotes off, doubled quotes single, what follows a closing quote kept
/// literally (`"ab"c"d` is `abc"d`). Copies to the arena only when the text is not one piece of `raw`.
inline std::string_view unquote_csv_field(std::string_view raw, char quote, TextArena& arena) {
  const char* const content = raw.data() + 1;
  const std::size_t size = raw.size() - 1;
  const auto* close = static_cast<const char*>(std::memchr(content, quote, size));
  if (close == nullptr) return {content, size};
  if (close == content + size - 1) return {content, size - 1};
  char* const out = arena.allocate(size);
  std::size_t length = 0;
  bool quoted = true;
  bool may_open = false;
  for (std::size_t i = 0; i < size; ++i) {
    const char byte = content[i];
    if (byte != quote || (!quoted && !may_open)) {
      out[length++] = byte;
      may_open = false;
    } else if (quoted) {
      quoted = false;
      may_open = true;
    } else {  // the second of two quotes
      out[length++] = quote;
      quoted = true;
      may_open = false;
    }
  }
  arena.shrink_last(length);
  return {out, length};
}

/// The bytes [begin, end) as a field. `quote` is the quote's byte, or -1 when nothing quotes.
inline FieldView make_csv_field(const char* begin, const char* end, int quote, TextArena& arena) {
  if (begin == end) return {{begin, 0}, FieldKind::Null};
  const std::string_view raw(begin, static_cast<std::size_t>(end - begin));
  if (static_cast<unsigned char>(*begin) == quote) [[unlikely]] {
    return {unquote_csv_field(raw, static_cast<char>(quote), arena), FieldKind::Text};
  }
  return {raw, FieldKind::Text};
}

}  // namespace sinter

// Where UTF-8 text is broken (RFC 3629: no overlong forms, no surrogates). Stateless; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace sinter {

/// Bytes of the valid sequence that starts at `at`, or 0 when there is none. Requires: at < text.size().
std::size_t utf8_sequence_bytes(std::string_view text, std::size_t at);

/// Offset of the first byte that is not valid UTF-8, or text.size().
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace sinter

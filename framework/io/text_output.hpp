// Output text: CSV and JSON fields, and shortest-round-trip numbers. Append to a string the caller reuses. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/timestamp.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// How rows are written.
enum class OutputFormat : std::uint8_t { Csv, JsonLines };

/// Quotes only when needed (delimiter, quote, CR, LF, leading or trailing blank, or empty text, which would read back as null).
void append_csv_text(std::string& out, std::string_view text, char delimiter = ',');
/// A JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);  // invalid UTF-8 becomes U+FFFD, so the output is always JSON
/// Two digits a byte, of at most `most` of them; "..." stands for the rest.
void append_hexadecimal(std::string& out, std::string_view bytes, std::size_t most);
/// Decimal digits.
void append_int64(std::string& out, std::int64_t value);
/// Shortest text that reads back as the same double; "nan", "inf", "-inf" (JSON writers write null for them).
void append_double(std::string& out, double value);

}  // namespace sinter

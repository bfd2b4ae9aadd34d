// Writers of fields and numbers. Any thread.
#include "framework/io/text_output.hpp"

#include <charconv>
#include <cmath>

#include "framework/io/utf8.hpp"

namespace sinter {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool needs_quotes(std::string_view text, char delimiter) {
  if (text.empty()) return true;
  const auto blank = [](char byte) { return byte == ' ' || byte == '\t'; };
  if (blank(text.front()) || blank(text.back())) return true;
  for (const char byte : text) {
    if (byte == delimiter || byte == '"' || byte == '\n' || byte == '\r') return true;
  }
  // A reader would take these three bytes at the start of a file for a byte order mark.
  return text.starts_with("\xEF\xBB\xBF");
}

void append_control(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default:
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
}

}  // namespace

void append_csv_text(std::string& out, std::string_view text, char delimiter) {
  if (!needs_quotes(text, delimiter)) {
    out += text;
    return;
  }
  out += '"';
  for (const char byte : text) {
    if (byte == '"') out += '"';
    out += byte;
  }
  out += '"';
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t kept = 0;  // bytes before this are in `out`
  std::size_t at = 0;
  const auto flush = [&](std::size_t next) {
    out.append(text, kept, at - kept);
    kept = next;
  };
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      if (const std::size_t bytes = utf8_sequence_bytes(text, at); bytes > 0) {
        at += bytes;
        continue;
      }
      flush(at + 1);
      out += "\xEF\xBF\xBD";
    } else {
      flush(at + 1);
      if (byte == '"' || byte == '\\') (out += '\\') += static_cast<char>(byte);
      else append_control(out, byte);
    }
    ++at;
  }
  flush(at);
  out += '"';
}

void append_hexadecimal(std::string& out, std::string_view bytes, std::size_t most) {
  for (const char byte : bytes.substr(0, most)) {
    out += kHex[static_cast<unsigned char>(byte) >> 4];
    out += kHex[static_cast<unsigned char>(byte) & 15];
  }
  if (bytes.size() > most) out += "...";
}

void append_int64(std::string& out, std::int64_t value) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out.append(buffer, end);
}

void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";  // to_chars would show the sign of a nan
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out.append(buffer, end);
}

}  // namespace sinter

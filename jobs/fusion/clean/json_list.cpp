// JSON arrays of scalars: see json_list.hpp. Any thread.
#include "jobs/fusion/clean/json_list.hpp"

#include "jobs/fusion/clean/numeric_text.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_character(std::string& out, std::uint32_t character) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xC0u | character >> 6);
  } else if (character < 0x10000) {
    put(0xE0u | character >> 12);
    put(0x80u | (character >> 6 & 0x3Fu));
  } else {
    put(0xF0u | character >> 18);
    put(0x80u | (character >> 12 & 0x3Fu));
    put(0x80u | (character >> 6 & 0x3Fu));
  }
  put(0x80u | (character & 0x3Fu));
}

class JsonListReader {
 public:
  JsonListReader(std::string_view text, Arena& arena) : rest_(text), arena_(arena) {}

  bool read(std::vector<Value>& items) {
    if (!take('[')) return false;
    if (take(']')) return at_end();
    for (;;) {
      Value item;
      if (!read_scalar(item)) return false;
      if (!item.is_null()) items.push_back(item);
      if (take(']')) return at_end();
      if (!take(',')) return false;
    }
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_json_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool read_scalar(Value& item) {
    skip_blanks();
    if (rest_.empty()) return false;
    if (rest_.front() == '"') return read_text(item);
    if (take_word("null")) return true;
    if (take_word("true")) return item = Value::of_bool(true), true;
    if (take_word("false")) return item = Value::of_bool(false), true;
    return read_number(item);
  }
  bool read_number(Value& item) {
    std::size_t size = 0;
    bool integral = true;
    for (; size < rest_.size() && (is_digit(rest_[size]) || std::string_view("+-.eE").find(rest_[size]) != std::string_view::npos);
         ++size)
      integral = integral && (is_digit(rest_[size]) || rest_[size] == '-');
    const std::string_view number = rest_.substr(0, size);
    if (number.empty() || (!is_digit(number.front()) && number.front() != '-')) return false;
    rest_.remove_prefix(size);
    std::int64_t integer = 0;
    if (integral && parse_int64(number, integer) == NumberProblem::None) return item = Value::of_int64(integer), true;
    double real = 0;
    if (parse_double(number, real) != NumberProblem::None) return false;
    item = Value::of_double(real);
    return true;
  }
  bool read_text(Value& item) {
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find_first_of("\"\\");
    if (end == std::string_view::npos) return false;
    if (rest_[end] == '"') {
      item = Value::of_string(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      return true;
    }
    std::string unescaped;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') {
        if (!take_escape(unescaped)) return false;
      } else {
        unescaped += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    item = Value::of_string(arena_.copy(unescaped));
    return true;
  }
  bool take_escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.size() < 2) return false;
    const char letter = rest_[1];
    rest_.remove_prefix(2);
    if (const std::size_t at = kLetters.find(letter); at != std::string_view::npos) return out += kMeanings[at], true;
    std::uint32_t character = 0;
    if (letter != 'u' || !take_hex(character)) return false;
    if (character >= 0xDC00 && character <= 0xDFFF) return false;
    if (character >= 0xD800 && character <= 0xDBFF) {
      std::uint32_t low = 0;
      if (!take_word("\\u") || !take_hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      character = 0x10000u + ((character - 0xD800u) << 10) + (low - 0xDC00u);
    }
    append_character(out, character);
    return true;
  }
  bool take_hex(std::uint32_t& character) {
    if (rest_.size() < 4) return false;
    character = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const int digit = hex_digit(rest_[i]);
      if (digit < 0) return false;
      character = character * 16 + static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  std::string_view rest_;
  Arena& arena_;
};

}  // namespace

bool parse_json_list(std::string_view text, Arena& arena, std::vector<Value>& items) { return JsonListReader(text, arena).read(items); }

}  // namespace sinter::fusion

// JsonDocument: a small JSON text as a tree of values, for status and settings; rows of data go through JsonLineParser. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sinter {

/// What is not there reads as null, and what is of another kind as nothing: readers of our own pages need no checks at each step.
class JsonDocument {
 public:
  enum class Kind : std::uint8_t { Null, Bool, Number, Text, Array, Object };

  /// Error, the user's: no JSON, or deeper than kMaxJsonDepth.
  static Result<JsonDocument> parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  /// Member of an object.
  const JsonDocument& operator[](std::string_view name) const;
  /// Of an array.
  const std::vector<JsonDocument>& items() const { return items_; }
  const std::vector<std::pair<std::string, JsonDocument>>& members() const { return members_; }
  /// A text; numbers as they were written up to a double's precision; "" for others.
  const std::string& text() const { return text_; }
  std::uint64_t number() const { return number_; }  // 0 unless a whole number from 0 on
  bool truth() const { return truth_; }

 private:
  struct Reader;
  Kind kind_ = Kind::Null;
  bool truth_ = false;
  std::uint64_t number_ = 0;
  std::string text_;
  std::vector<JsonDocument> items_;
  std::vector<std::pair<std::string, JsonDocument>> members_;
};

}  // namespace sinter

// JsonWriter: builds one JSON document in a string: manifests, results, status. Owned by one thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/io/text_output.hpp"

namespace sinter {

/// Commas and quoting are its business, nesting the caller's: every begin has its end.
class JsonWriter {
 public:
  /// `indent` 0 writes one line.
  explicit JsonWriter(int indent = 0) : indent_(indent) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += indent_ > 0 ? ": " : ":";
    after_key_ = true;
    return *this;
  }
  JsonWriter& value(std::string_view text) { separate(); append_json_string(text_, text); return *this; }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { separate(); text_ += yes ? "true" : "false"; return *this; }
  JsonWriter& value(std::uint64_t number) { separate(); text_ += std::to_string(number); return *this; }
  JsonWriter& value(std::int64_t number) { separate(); text_ += std::to_string(number); return *this; }
  JsonWriter& value(double number) {
    separate();
    if (std::isfinite(number)) append_double(text_, number); else text_ += "null";
    return *this;
  }
  /// key() and value() at once.
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json) { separate(); text_ += json; return *this; }
  template <class T>
  JsonWriter& member(std::string_view name, const T& member_value) { key(name); return value(member_value); }

  const std::string& text() const { return text_; }

 private:
  JsonWriter& open(char bracket) {
    separate();
    text_ += bracket;
    ++depth_;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    --depth_;
    if (!first_) new_line();
    text_ += bracket;
    first_ = false;
    return *this;
  }
  void separate() {
    if (after_key_) { after_key_ = false; first_ = false; return; }
    if (depth_ == 0) return;
    if (!first_) text_ += ',';
    first_ = false;
    new_line();
  }
  void new_line() {
    if (indent_ == 0) return;
    text_ += '\n';
    text_.append(static_cast<std::size_t>(depth_ * indent_), ' ');
  }

  std::string text_;
  int indent_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace sinter

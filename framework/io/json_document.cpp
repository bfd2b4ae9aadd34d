// JsonDocument over simdjson's tree. Any thread.
#include "framework/io/json_document.hpp"

#include <simdjson.h>

#include <algorithm>

#include "base/limits.hpp"
#include "framework/io/text_output.hpp"

namespace sinter {

namespace dom = simdjson::dom;

struct JsonDocument::Reader {
  static void fill(JsonDocument& to, const dom::element& from) {
    bool truth = false;
    std::string_view text;
    dom::array array;
    dom::object object;
    if (from.get(truth) == simdjson::SUCCESS) {
      to.kind_ = Kind::Bool;
      to.truth_ = truth;
    } else if (from.get(text) == simdjson::SUCCESS) {
      to.kind_ = Kind::Text;
      to.text_ = text;
    } else if (from.get(array) == simdjson::SUCCESS) {
      to.kind_ = Kind::Array;
      for (const dom::element item : array) fill(to.items_.emplace_back(), item);
    } else if (from.get(object) == simdjson::SUCCESS) {
      to.kind_ = Kind::Object;
      for (const dom::key_value_pair member : object)
        fill(to.members_.emplace_back(std::string(member.key), JsonDocument()).second, member.value);
    } else if (!from.is_null()) {
      fill_number(to, from);
    }
  }

  static void fill_number(JsonDocument& to, const dom::element& from) {
    to.kind_ = Kind::Number;
    std::int64_t signed_number = 0;
    double real = 0;
    if (from.get(to.number_) == simdjson::SUCCESS) to.text_ = std::to_string(to.number_);
    else if (from.get(signed_number) == simdjson::SUCCESS) to.text_ = std::to_string(signed_number);
    else if (from.get(real) == simdjson::SUCCESS) append_double(to.text_, real);
  }
};

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  dom::parser parser;
  if (parser.allocate(std::max<std::size_t>(text.size(), 1), kMaxJsonDepth) != simdjson::SUCCESS)
    return environment_error("there is no memory for a JSON text of " + std::to_string(text.size()) + " bytes");
  dom::element root;
  const simdjson::error_code failed = parser.parse(text.data(), text.size()).get(root);
  if (failed != simdjson::SUCCESS) return user_error(std::string("this is no JSON: ") + simdjson::error_message(failed));
  JsonDocument document;
  Reader::fill(document, root);
  return document;
}

const JsonDocument& JsonDocument::operator[](std::string_view name) const {
  static const JsonDocument kNull;
  for (const auto& [own, value] : members_)
    if (own == name) return value;
  return kNull;
}

}  // namespace sinter

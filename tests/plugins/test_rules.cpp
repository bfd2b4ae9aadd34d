// A plugin with rules for tests: what a rule sees, answers of every type, and faults of every kind. Loaded by sinter.
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "sinter/rule_plugin.h"

namespace {

void append(std::string& text, const sinter_value& value) {
  switch (value.type) {
    case SINTER_STRING: text.append(value.as.text, value.size); break;
    case SINTER_DOUBLE: text += std::to_string(value.as.number); break;
    case SINTER_LIST:
      for (std::uint64_t i = 0; i < value.size; ++i) append(text += i == 0 ? "" : "+", value.as.items[i]);
      break;
    default: text += std::to_string(value.as.integer);
  }
}

sinter_value text_of(sinter_cell* cell, const std::string& text) {
  char* const copy = static_cast<char*>(cell->allocate(cell, text.size()));
  std::memcpy(copy, text.data(), text.size());
  sinter_value value{};
  value.type = SINTER_STRING;
  value.size = text.size();
  value.as.text = copy;
  return value;
}

/// Everything that the rule is given, as text; reads the claims twice and says when the second time differs.
int describe(const void*, sinter_cell* cell, sinter_answer* answer) {
  std::string passes[2];
  for (std::string& text : passes) {
    text = std::to_string(cell->claim_count) + ":";
    cell->rewind(cell);
    while (const sinter_claim* claim = cell->next(cell)) {
      append(text += " ", claim->value);
      text.append("@").append(claim->source, claim->source_size);
      text += "/" + std::to_string(claim->weight).substr(0, 3) + "/" + std::to_string(claim->sigma).substr(0, 3);
      if (claim->has_time != 0) text += "/" + std::to_string(claim->time_us);
    }
  }
  answer->value = text_of(cell, passes[0] == passes[1] ? passes[0] : "the second pass differs");
  answer->confidence = 0.5;
  return 0;
}

/// The claims as a list, in their order.
int all(const void*, sinter_cell* cell, sinter_answer* answer) {
  auto* const items = static_cast<sinter_value*>(cell->allocate(cell, cell->claim_count * sizeof(sinter_value)));
  for (std::uint64_t i = 0; i < cell->claim_count; ++i) {
    const sinter_claim* const claim = cell->next(cell);
    items[i] = claim->value;
    if (claim->value.type == SINTER_STRING) items[i] = text_of(cell, std::string(claim->value.as.text, claim->value.size));
  }
  answer->value.type = SINTER_LIST;
  answer->value.size = cell->claim_count;
  answer->value.as.items = items;
  return 0;
}

/// Options as text.
struct Settings {
  std::string text;
};

int make_settings(std::uint32_t type, const sinter_option* options, void** state, char* message, std::size_t message_size) {
  Settings settings{"type " + std::to_string(type)};
  for (int i = 0; i < 6; ++i) {
    settings.text += " " + std::string(options[i].is_given != 0 ? options[i].text : "-") + "=" +
                     std::to_string(options[i].number).substr(0, 4) + "," + std::to_string(options[i].integer);
  }
  if (std::strcmp(options[0].text, "thrown") == 0) throw std::runtime_error("as the test asks");
  if (std::strcmp(options[0].text, "refused") == 0) {
    std::snprintf(message, message_size, "word must not be '%s'", options[0].text);
    return 1;
  }
  *state = new Settings(settings);
  return 0;
}

void free_settings(void* state) { delete static_cast<Settings*>(state); }

int show_settings(const void* state, sinter_cell* cell, sinter_answer* answer) {
  answer->value = text_of(cell, static_cast<const Settings*>(state)->text);
  return 0;
}

/// Goes wrong as the word of its only option says, when the first claim is "bad" or 13.
int make_fault(std::uint32_t, const sinter_option* options, void** state, char*, std::size_t) {
  *state = new std::string(options[0].text);
  return 0;
}

void free_fault(void* state) { delete static_cast<std::string*>(state); }

int go_wrong(const void* state, sinter_cell* cell, sinter_answer* answer) {
  const std::string& how = *static_cast<const std::string*>(state);
  const sinter_value value = cell->next(cell)->value;
  answer->value = value;
  if (value.type == SINTER_STRING) answer->value = text_of(cell, std::string(value.as.text, value.size));
  std::string shown;
  append(shown, value);
  if (shown != "bad" && shown != "13") return 0;
  if (how == "crash") std::raise(SIGSEGV);
  for (volatile bool forever = how == "loop"; forever;) continue;
  if (how == "throw") throw std::string("no std::exception");
  if (how == "type") answer->value.type = SINTER_BOOL;
  if (how == "odd_type") answer->value.type = 77;
  if (how == "silent") return 1;
  if (how == "null_text") answer->value.as.text = nullptr;
  if (how == "error") {
    std::memset(cell->message, 'x', cell->message_size);  // not terminated
    std::snprintf(cell->message, 32, "13 is not a price");
    return 1;
  }
  return 0;
}

int answer_number(const void* state, sinter_cell*, sinter_answer* answer) {
  answer->value.type = SINTER_DOUBLE;
  answer->value.as.number = *static_cast<const double*>(state);
  answer->confidence = 2.5;
  return 0;
}

int make_number(std::uint32_t, const sinter_option* options, void** state, char*, std::size_t) {
  const std::string text = options[0].text;
  *state = new double(text == "nan" ? std::nan("") : text == "zero" ? -0.0 : 1.5);
  return 0;
}

void free_number(void* state) { delete static_cast<double*>(state); }

/// A text or list of so many bytes.
int make_size(std::uint32_t, const sinter_option* options, void** state, char*, std::size_t) {
  *state = new std::int64_t(options[0].integer);
  return 0;
}

void free_size(void* state) { delete static_cast<std::int64_t*>(state); }

int long_text(const void* state, sinter_cell* cell, sinter_answer* answer) {
  answer->value = text_of(cell, std::string(static_cast<std::size_t>(*static_cast<const std::int64_t*>(state)), 'a'));
  return 0;
}

int no_answer(const void*, sinter_cell*, sinter_answer*) { return 0; }

const sinter_parameter kSettings[] = {{"word", "a word", "\"-\"", SINTER_TEXT_OPTION, 1},
                                      {"amount", "a number", nullptr, SINTER_NUMBER_OPTION, 0},
                                      {"times", "an integer", nullptr, SINTER_INTEGER_OPTION, 0},
                                      {"strict", "true or false", nullptr, SINTER_BOOL_OPTION, 0},
                                      {"share", "a share", nullptr, SINTER_SHARE_OPTION, 0},
                                      {"wait", "a duration", nullptr, SINTER_DURATION_OPTION, 0}};
const sinter_parameter kFault[] = {{"how", "crash, loop, throw, type, error", nullptr, SINTER_TEXT_OPTION, 1}};
const sinter_parameter kSize[] = {{"size", "bytes", nullptr, SINTER_INTEGER_OPTION, 1}};
constexpr std::uint32_t kEverything = SINTER_READS_SOURCE | SINTER_READS_TIME | SINTER_READS_WEIGHT | SINTER_READS_SIGMA;

const sinter_rule kRules[] = {
    {"describe", "all that a rule sees", 0, kEverything, SINTER_STRING, SINTER_CONFIDENCE_SHARE, nullptr, 0, nullptr, describe, nullptr},
    {"values", "as describe, but reads values only", 0, 0, SINTER_STRING, SINTER_CONFIDENCE_SHARE, nullptr, 0, nullptr, describe, nullptr},
    {"all", "the list of the claims", 0, 0, SINTER_LIST, SINTER_CONFIDENCE_SHARE, nullptr, 0, nullptr, all, nullptr},
    {"settings", "its options", 0, 0, SINTER_STRING, SINTER_CONFIDENCE_SHARE, kSettings, 6, make_settings, show_settings, free_settings},
    {"fault", "goes wrong", 0, 0, SINTER_NULL, SINTER_CONFIDENCE_SHARE, kFault, 1, make_fault, go_wrong, free_fault},
    {"number", "a number", SINTER_TAKES(SINTER_INT64) | SINTER_TAKES(SINTER_DOUBLE), 0, SINTER_DOUBLE, SINTER_CONFIDENCE_STANDARD_ERROR,
     kFault, 1, make_number, answer_number, free_number},
    {"long_text", "a long text", 0, 0, SINTER_STRING, SINTER_CONFIDENCE_SHARE, kSize, 1, make_size, long_text, free_size},
    {"none", "no answer", 0, 0, SINTER_NULL, SINTER_CONFIDENCE_SHARE, nullptr, 0, nullptr, no_answer, nullptr}};
const sinter_rule_plugin kPlugin = {SINTER_RULE_PLUGIN_HEADER, "test rules", "1.2", kRules, sizeof(kRules) / sizeof(kRules[0])};

}  // namespace

SINTER_RULE_PLUGIN_EXPORT const sinter_rule_plugin* sinter_rule_plugin_table() { return &kPlugin; }

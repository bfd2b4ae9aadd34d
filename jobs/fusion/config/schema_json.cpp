// Writes the JSON Schema of job files from the tables of the language, the cleaners and the rules. Pure; any thread.
#include "jobs/fusion/config/schema_json.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/io/json_writer.hpp"
#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {

namespace {

/// ${params.x} may stand for any scalar; the value is checked after it is replaced.
constexpr std::string_view kReference = "\\$\\{";

void write_reference(JsonWriter& json, std::string_view definition) {
  json.begin_object().member("$ref", "#/definitions/" + std::string(definition)).end_object();
}

void write_type(JsonWriter& json, std::string_view type) { json.begin_object().member("type", type).end_object(); }

void write_pattern(JsonWriter& json, std::string_view pattern) {
  json.begin_object().member("type", "string").member("pattern", pattern).end_object();
}

/// The alternatives of one type of option, as items of an open anyOf array.
void write_alternatives(JsonWriter& json, OptionType type) {
  switch (type) {
    case OptionType::Number: write_type(json, "number"); break;
    case OptionType::Integer: write_type(json, "integer"); break;
    case OptionType::Bool: write_type(json, "boolean"); break;
    case OptionType::Duration: write_pattern(json, "^([0-9.]+(ms|s|m|min|h|d))+$"); break;
    case OptionType::Size:
      write_type(json, "integer");
      write_pattern(json, "^[0-9.]+ *([kKMmGgTt](i?B)?|B)?$");
      break;
    case OptionType::Fraction:
      write_type(json, "number");
      write_pattern(json, "^[0-9.eE+-]+%$");
      break;
    case OptionType::StringList:
      write_reference(json, "scalar");
      json.begin_object().member("type", "array").key("items");
      write_reference(json, "scalar");
      json.end_object();
      return;
    case OptionType::StringMap:
      json.begin_object().member("type", "object").key("additionalProperties");
      write_reference(json, "scalar");
      json.end_object();
      return;
    case OptionType::String:
    case OptionType::Any: write_reference(json, "scalar"); return;
  }
  if (type == OptionType::Duration) json.begin_object().member("const", std::int64_t{0}).end_object();
  write_pattern(json, kReference);
}

std::string describe(const OptionInfo& option) {
  std::string text(option.help);
  if (!option.default_text.empty()) text += " (default: " + std::string(option.default_text) + ")";
  return text;
}

void write_choices(JsonWriter& json, const std::vector<std::string_view>& choices) {
  json.key("anyOf").begin_array().begin_object().key("enum").begin_array();
  for (const std::string_view choice : choices) json.value(choice);
  json.end_array().end_object();
  write_pattern(json, kReference);
  json.end_array();
}

void write_option(JsonWriter& json, const OptionInfo& option, const std::vector<std::string_view>& choices) {
  json.key(option.name).begin_object();
  if (!option.help.empty()) json.member("description", describe(option));
  if (!choices.empty() && option.type == OptionType::String) {
    write_choices(json, choices);
  } else if (option.type != OptionType::Any) {
    json.key("anyOf").begin_array();
    write_alternatives(json, option.type);
    if (option.default_text == "one per core" || option.name == "split_size" || option.name == "reduce_size") {
      json.begin_object().member("const", "auto").end_object();
    }
    json.end_array();
  }
  json.end_object();
}

void write_required(JsonWriter& json, const std::vector<OptionInfo>& options) {
  bool is_open = false;
  for (const OptionInfo& option : options) {
    if (!option.required) continue;
    if (!is_open) json.key("required").begin_array();
    is_open = true;
    json.value(option.name);
  }
  if (is_open) json.end_array();
}

/// A map by a table of options: the inside of an open schema object.
void write_map(JsonWriter& json, const std::vector<OptionInfo>& options) {
  json.member("type", "object").member("additionalProperties", false).key("properties").begin_object();
  for (const OptionInfo& option : options) write_option(json, option, {});
  json.end_object();
  write_required(json, options);
}

/// Which keys of a section have a definition of their own, and whether they are maps from free names to it.
struct Link {
  Section section;
  std::string_view option;
  std::string_view definition;
  bool is_named = false;
};

constexpr Link kLinks[] = {
    {Section::Top, "params", "parameter", true},        {Section::Top, "schema", "attribute", true},
    {Section::Top, "sources", "source", true},          {Section::Top, "clean", "clean", false},
    {Section::Top, "entity", "entity", false},          {Section::Top, "fuse", "fuse", false},
    {Section::Top, "quality", "quality", false},        {Section::Top, "output", "output", false},
    {Section::Top, "execution", "execution", false},    {Section::Source, "format", "format", false},
    {Section::Source, "long", "long", false},           {Section::Gold, "format", "format", false},
    {Section::Gold, "long", "long", false},             {Section::Gold, "coverage", "measure", false},
    {Section::Gold, "error_rate", "measure", false},    {Section::Gold, "mae", "measure", false},
    {Section::Gold, "rmse", "measure", false},          {Section::Measure, "attributes", "measure", true},
    {Section::Fuse, "default", "rule", false},          {Section::Fuse, "attributes", "rule", true},
    {Section::Quality, "gold", "gold", false},          {Section::Quality, "rejected_rows", "rejected_rows", false},
    {Section::Output, "fused", "fused", false},         {Section::Output, "rejects", "rejects", false},
    {Section::Clean, "on_bad_value", "on_bad_value", false}, {Section::Clean, "rows", "row_steps", false},
    {Section::CleanAttribute, "on_bad_value", "on_bad_value", false}, {Section::CleanAttribute, "steps", "steps", false}};

const Link* find_link(Section section, std::string_view option) {
  for (const Link& link : kLinks) {
    if (link.section == section && link.option == option) return &link;
  }
  return nullptr;
}

void write_section_properties(JsonWriter& json, Section section, const std::vector<OptionInfo>& options) {
  json.key("properties").begin_object();
  for (const OptionInfo& option : options) {
    const Link* link = find_link(section, option.name);
    if (link == nullptr) {
      write_option(json, option, option_choices(section, option.name));
      continue;
    }
    json.key(option.name).begin_object().member("description", describe(option));
    if (link->is_named) {
      json.member("type", "object").key("additionalProperties");
      write_reference(json, link->definition);
    } else {
      json.key("allOf").begin_array();
      write_reference(json, link->definition);
      json.end_array();
    }
    json.end_object();
  }
  json.end_object();
}

/// The map of a section, or its short form.
void write_section(JsonWriter& json, Section section, std::string_view definition) {
  const SectionTable table = section_table(section);
  json.key(definition).begin_object().key("anyOf").begin_array();
  json.begin_object().member("type", "object").member("additionalProperties", false);
  write_section_properties(json, section, table.options);
  write_required(json, table.options);
  json.end_object();
  if (section == Section::Measure) write_alternatives(json, OptionType::Fraction);  // `coverage: 95%` stands for min or max
  for (const OptionInfo& option : table.options) {
    if (option.name != table.short_form) continue;
    if (const Link* link = find_link(section, option.name)) {
      write_reference(json, link->definition);
      continue;
    }
    const std::vector<std::string_view> choices = option_choices(section, option.name);
    if (!choices.empty()) {
      json.begin_object();
      write_choices(json, choices);
      json.end_object();
    } else {
      write_alternatives(json, option.type);
    }
  }
  json.end_array().end_object();
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<std::string_view>& aliases) {
  json.value(name);
  for (const std::string_view alias : aliases) json.value(alias);
}

void write_cleaners(JsonWriter& json) {
  const std::vector<CleanerInfo> cleaners = all_cleaners();
  json.key("step").begin_object().key("anyOf").begin_array().begin_object().key("enum").begin_array();
  for (const CleanerInfo& cleaner : cleaners) write_names(json, cleaner.name, cleaner.aliases);
  json.end_array().end_object();
  json.begin_object().member("type", "object").member("minProperties", std::int64_t{1}).member("maxProperties", std::int64_t{1});
  json.member("additionalProperties", false).key("properties").begin_object();
  const auto write_cleaner = [&](const CleanerInfo& cleaner, std::string_view name) {
    json.key(name).begin_object().member("description", cleaner.help).key("anyOf").begin_array().begin_object();
    write_map(json, cleaner.options);
    json.end_object();
    write_type(json, "null");
    for (const OptionInfo& option : cleaner.options) {
      if (option.name != cleaner.short_form) continue;
      if (option.type == OptionType::Any) {
        json.begin_object().end_object();
      } else {
        write_alternatives(json, option.type);
      }
    }
    json.end_array().end_object();
  };
  for (const CleanerInfo& cleaner : cleaners) {
    write_cleaner(cleaner, cleaner.name);
    for (const std::string_view alias : cleaner.aliases) write_cleaner(cleaner, alias);
  }
  json.end_object().end_object().end_array().end_object();
}

/// A rule of a plugin, a word or a map: which options it has, only the plugin knows.
void write_plugin_rule(JsonWriter& json) {
  const std::string pattern = "^" + std::string(kPluginPrefix);
  write_pattern(json, pattern);
  json.begin_object().member("type", "object").key("required").begin_array().value("rule").end_array();
  json.key("properties").begin_object().key("rule");
  write_pattern(json, pattern);
  json.end_object().end_object();
}

void write_rules(JsonWriter& json) {
  const std::vector<RuleInfo> rules = all_rules();
  const auto write_rule_names = [&] {
    json.key("enum").begin_array();
    for (const RuleInfo& rule : rules) write_names(json, rule.name, rule.aliases);
    json.end_array();
  };
  json.key("rule").begin_object().key("anyOf").begin_array().begin_object();
  write_rule_names();
  json.end_object();
  // Without `rule` the default's rule is meant, so its options are those of any rule.
  std::vector<OptionInfo> options = common_rule_options();
  for (const RuleInfo& rule : rules) {
    for (const OptionInfo& option : rule.options) {
      bool is_new = true;
      for (OptionInfo& known : options) {
        if (known.name != option.name) continue;
        is_new = false;
        if (known.type != option.type) known.type = OptionType::Any;
      }
      if (is_new) options.push_back({option.name, option.type, false, option.help, option.default_text});
    }
  }
  json.begin_object().member("type", "object").member("additionalProperties", false).key("properties").begin_object();
  json.key("rule").begin_object();
  write_rule_names();
  json.end_object();
  for (const OptionInfo& option : options) write_option(json, option, {});
  json.end_object().end_object();
  write_plugin_rule(json);
  json.end_array().end_object();
}

/// steps, row_steps, clean and the small definitions that no table describes.
void write_clean(JsonWriter& json) {
  json.key("scalar").begin_object().key("type").begin_array().value("string").value("number").value("boolean").end_array().end_object();
  json.key("on_bad_value").begin_object().key("anyOf").begin_array().begin_object().key("enum").begin_array();
  json.value("reject").value("null").end_array().end_object();
  write_type(json, "null");
  json.end_array().end_object();
  json.key("steps").begin_object().key("anyOf").begin_array();
  write_reference(json, "step");
  json.begin_object().member("type", "array").member("minItems", std::int64_t{1}).key("items");
  write_reference(json, "step");
  json.end_object().end_array().end_object();
  const SectionTable rows = section_table(Section::RowSteps);
  json.key("row_step").begin_object().key("anyOf").begin_array().begin_object().key("enum").begin_array();
  for (const OptionInfo& option : rows.options) json.value(option.name);
  json.end_array().end_object();
  json.begin_object().member("type", "object").member("additionalProperties", false).key("properties").begin_object();
  json.key("drop_nulls").begin_object().key("anyOf").begin_array();
  write_alternatives(json, OptionType::StringList);
  json.end_array().end_object().end_object().end_object().end_array().end_object();
  json.key("row_steps").begin_object().key("anyOf").begin_array();
  write_reference(json, "row_step");
  json.begin_object().member("type", "array").key("items");
  write_reference(json, "row_step");
  json.end_object().end_array().end_object();
  json.key("clean").begin_object().member("type", "object");
  write_section_properties(json, Section::Clean, section_table(Section::Clean).options);
  json.key("additionalProperties").begin_object().key("anyOf").begin_array();
  write_reference(json, "steps");
  write_reference(json, "clean_attribute");
  json.end_array().end_object().end_object();
}

void write_definitions(JsonWriter& json) {
  json.key("definitions").begin_object();
  write_clean(json);
  write_cleaners(json);
  write_rules(json);
  write_section(json, Section::Parameter, "parameter");
  write_section(json, Section::Attribute, "attribute");
  write_section(json, Section::Source, "source");
  write_section(json, Section::Format, "format");
  write_section(json, Section::Long, "long");
  write_section(json, Section::CleanAttribute, "clean_attribute");
  write_section(json, Section::Entity, "entity");
  write_section(json, Section::Fuse, "fuse");
  write_section(json, Section::Quality, "quality");
  write_section(json, Section::RejectedRows, "rejected_rows");
  write_section(json, Section::Gold, "gold");
  write_section(json, Section::Measure, "measure");
  write_section(json, Section::Output, "output");
  write_section(json, Section::Fused, "fused");
  write_section(json, Section::Rejects, "rejects");
  write_section(json, Section::Execution, "execution");
  json.end_object();
}

}  // namespace

std::string job_schema_json() {
  JsonWriter json(2);
  const SectionTable top = section_table(Section::Top);
  json.begin_object().member("$schema", "http://json-schema.org/draft-07/schema#").member("title", "sinter job file");
  json.member("type", "object").member("additionalProperties", false);
  write_section_properties(json, Section::Top, top.options);
  json.key("patternProperties").begin_object().key("^x-").value(true).end_object();
  write_required(json, top.options);
  write_definitions(json);
  json.end_object();
  return json.text() + "\n";
}

}  // namespace sinter::fusion

// What the section decoders share, and the short sections: schema, entity, output, execution. One thread.
#include "jobs/fusion/config/job_decoder.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.hpp"
#include "jobs/fusion/rules/modifiers.hpp"

namespace sinter::fusion {

std::vector<std::string_view> DecodeContext::attribute_names() const {
  std::vector<std::string_view> names;
  for (const Attribute& attribute : job.schema) names.push_back(attribute.name);
  return names;
}

std::optional<std::size_t> DecodeContext::find_attribute(std::string_view name, Mark mark, std::string_view where) const {
  const auto found = attributes.find(name);
  if (found != attributes.end()) return found->second;
  if (!has_broken_schema) {
    const std::string message = "unknown attribute '" + std::string(name) + "' in " + std::string(where);
    diagnostics.error(mark, message, attribute_help(name));
  }
  return std::nullopt;
}

std::string DecodeContext::attribute_help(std::string_view word, std::initializer_list<std::string_view> others) const {
  constexpr std::size_t kMaxHelped = 200;
  if (diagnostics.problems().size() > kMaxHelped) return {};
  std::vector<std::string_view> names = attribute_names();
  names.insert(names.end(), others);
  return did_you_mean(word, names);
}

std::string DecodeContext::resolve_path(const std::string& path, Mark mark, std::string_view where) const {
  if (path.empty()) {
    diagnostics.error(mark, std::string(where) + " is an empty path", "name a file");
    return {};
  }
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    diagnostics.error(mark, std::string(where) + ": '" + path.substr(0, scheme) + "://' is not supported, only files",
                      "a path, relative to the job file or absolute");
    return {};
  }
  return path.front() == '/' ? path : directory + path;
}

void DecodeContext::merge(const Diagnostics& inner) const {
  for (const Diagnostics::Problem& problem : inner.problems()) {
    const bool is_known = std::any_of(diagnostics.problems().begin(), diagnostics.problems().end(), [&](const auto& known) {
      return known.mark.line == problem.mark.line && known.mark.column == problem.mark.column && known.message == problem.message;
    });
    if (is_known) continue;
    if (problem.is_warning) {
      diagnostics.warning(problem.mark, problem.message, problem.help);
    } else {
      diagnostics.error(problem.mark, problem.message, problem.help);
    }
  }
}

std::string decode_choice(const DecodeContext& context, const OptionMap& options, Section section, std::string_view name,
                          std::string_view where) {
  const ConfigNode* node = options.node(name);
  if (node == nullptr || node->kind != NodeKind::Scalar) return {};
  const std::vector<std::string_view> choices = option_choices(section, name);
  if (std::find(choices.begin(), choices.end(), node->scalar) != choices.end()) return node->scalar;
  const std::string message = "unknown " + std::string(name) + " '" + node->scalar + "' in " + std::string(where);
  context.diagnostics.error(node->mark, message, did_you_mean(node->scalar, choices));
  return {};
}

namespace {

struct Draft {
  Attribute attribute;
  bool required = false;
  Mark mark = {};
};

std::optional<ValueType> type_named(std::string_view name) {
  if (name == "int" || name == "int64") return ValueType::Int64;
  for (const ValueType type : {ValueType::String, ValueType::Double, ValueType::Bool, ValueType::Timestamp, ValueType::List}) {
    if (name == to_string(type)) return type;
  }
  return std::nullopt;
}

/// What people write who come from other systems.
std::string type_help(std::string_view name) {
  if (name == "enum") return "use string, and clean it with a step { enum: [...] }";
  if (name == "date" || name == "datetime" || name == "time") return "use timestamp";
  if (name == "integer" || name == "long") return "use int64";
  if (name == "float" || name == "number" || name == "decimal") return "use double";
  if (name == "text" || name == "str" || name == "varchar") return "use string";
  if (name == "boolean") return "use bool";
  return did_you_mean(name, option_choices(Section::Attribute, "type"));
}

Draft decode_attribute(const DecodeContext& context, const ConfigEntry& entry) {
  const SectionTable table = section_table(Section::Attribute);
  const std::string where = "schema." + entry.key;
  Draft draft{{entry.key, ValueType::String}, false, entry.key_mark};
  if (entry.value.kind == NodeKind::Null) {
    context.diagnostics.error(entry.key_mark, where + " has no type", entry.key + ": string");
    return draft;
  }
  const OptionMap options(entry.value, table.options, table.short_form, where, context.diagnostics);
  const std::string type = options.string("type", "string");
  if (const auto known = type_named(type)) {
    draft.attribute.type = *known;
  } else {
    options.error("type", "unknown type '" + type + "' of attribute '" + entry.key + "'", type_help(type));
  }
  draft.required = options.boolean("required", false);
  return draft;
}

std::vector<Draft> decode_given_schema(const DecodeContext& context, const ConfigNode& schema) {
  std::vector<Draft> drafts;
  if (schema.kind != NodeKind::Map || schema.entries.empty()) {
    context.diagnostics.error(schema.mark, "schema must be a map from attributes to types", "schema: { price: double, title: string }");
    return drafts;
  }
  for (const ConfigEntry& entry : schema.entries) drafts.push_back(decode_attribute(context, entry));
  return drafts;
}

std::vector<std::pair<std::string, Mark>> decode_key(const DecodeContext& context, const ConfigNode* entity) {
  std::vector<std::pair<std::string, Mark>> names;
  if (entity == nullptr) return names;
  const SectionTable table = section_table(Section::Entity);
  const OptionMap options(*entity, table.options, table.short_form, "entity", context.diagnostics);
  const ConfigNode* key = options.node("key");
  if (key == nullptr) return names;
  const auto add = [&](const ConfigNode& item) {
    if (item.kind != NodeKind::Scalar) return;
    const auto is_same = [&](const auto& known) { return known.first == item.scalar; };
    if (std::any_of(names.begin(), names.end(), is_same)) {
      context.diagnostics.error(item.mark, "entity.key names '" + item.scalar + "' twice");
    } else {
      names.emplace_back(item.scalar, item.mark);
    }
  };
  add(*key);
  for (const ConfigNode& item : key->items) add(item);
  if (key->kind == NodeKind::List && key->items.empty()) context.diagnostics.error(key->mark, "entity.key is an empty list");
  return names;
}

/// The entries of fuse.attributes that name one attribute.
std::vector<const ConfigEntry*> attributes_in_fuse(const ConfigNode& root) {
  std::vector<const ConfigEntry*> named;
  const ConfigNode* fuse = root.find("fuse");
  const ConfigNode* attributes = fuse != nullptr ? fuse->find("attributes") : nullptr;
  if (attributes == nullptr) return named;
  for (const ConfigEntry& entry : attributes->entries) {
    if (entry.key.find_first_of("*?") == std::string::npos) named.push_back(&entry);
  }
  return named;
}

/// Columns that rules weigh claims by.
std::vector<std::string> weights_in_fuse(const ConfigNode& root) {
  std::vector<std::string> names;
  const ConfigNode* fuse = root.find("fuse");
  if (fuse == nullptr) return names;
  if (const ConfigNode* fallback = fuse->find("default")) names.push_back(weight_column(*fallback));
  if (const ConfigNode* attributes = fuse->find("attributes")) {
    for (const ConfigEntry& entry : attributes->entries) names.push_back(weight_column(entry.value));
  }
  return names;
}

/// The type that the attribute's rule implies: double for rules of numbers, string where text will do.
ValueType implied_type(const DecodeContext& context, const ConfigNode& root, const std::string& name) {
  const ConfigNode* fuse = root.find("fuse");
  if (fuse == nullptr) return ValueType::String;
  const ConfigNode* attributes = fuse->find("attributes");
  const ConfigNode* rule = attributes != nullptr ? attributes->find(name) : nullptr;
  if (rule != nullptr && rule->kind == NodeKind::Map) rule = rule->find("rule");
  if (rule == nullptr) rule = fuse->kind == NodeKind::Scalar ? fuse : fuse->find("default");
  if (rule != nullptr && rule->kind == NodeKind::Map) rule = rule->find("rule");
  if (rule == nullptr || rule->kind != NodeKind::Scalar) return ValueType::String;
  for (const RuleInfo& info : context.rules) {
    const bool is_alias = std::find(info.aliases.begin(), info.aliases.end(), rule->scalar) != info.aliases.end();
    if ((info.name != rule->scalar && !is_alias) || info.types.empty()) continue;
    for (const ValueType type : {ValueType::String, ValueType::Double}) {
      if (std::find(info.types.begin(), info.types.end(), type) != info.types.end()) return type;
    }
    return info.types.front();
  }
  return ValueType::String;
}

/// Columns of a wide source that are not attributes under their own name.
std::set<std::string, std::less<>> taken_columns(const SourceDraft& draft) {
  std::set<std::string, std::less<>> taken{draft.source.source_column, draft.source.time_column, draft.source.weight_column};
  const auto add_values = [&](const ConfigNode* map) {
    if (map == nullptr) return;
    for (const ConfigEntry& entry : map->entries) {
      taken.insert(entry.value.scalar);
      taken.insert(entry.value.scalar.substr(0, entry.value.scalar.find_first_of(".[")));  // "book.id" takes the whole book
    }
  };
  add_values(draft.columns);
  add_values(draft.sigma);
  return taken;
}

/// Without a schema: the columns of the wide files, then attributes that only the job file names.
std::vector<Draft> infer_schema(const DecodeContext& context, const ConfigNode& root, const std::vector<SourceDraft>& sources,
                                const ColumnDiscovery& discover) {
  std::vector<Draft> drafts;
  std::set<std::string, std::less<>> seen;
  const std::vector<std::string> weights = weights_in_fuse(root);
  const auto add = [&](const std::string& name, Mark mark = {}) {
    if (name.empty() || !seen.insert(name).second) return;
    drafts.push_back({{name, implied_type(context, root, name)}, false, mark});
  };
  for (const SourceDraft& source : sources) {
    if (source.source.long_shape || source.source.paths.empty() || !discover) continue;
    const auto columns = discover(source.source);
    if (!columns.ok()) {
      context.diagnostics.error(source.source.path_marks.front(), source.where + ": " + columns.error().message(), columns.error().hint());
      continue;
    }
    const auto taken = taken_columns(source);
    for (const std::string& column : *columns) {
      const bool is_weight = std::find(weights.begin(), weights.end(), column) != weights.end();
      if (!is_weight && !taken.contains(column)) add(column);
    }
  }
  for (const SourceDraft& source : sources) {
    if (source.columns != nullptr) {
      for (const ConfigEntry& entry : source.columns->entries) add(entry.key, entry.key_mark);
    }
  }
  for (const ConfigEntry* entry : attributes_in_fuse(root)) add(entry->key, entry->key_mark);
  return drafts;
}

}  // namespace

void decode_schema(DecodeContext& context, const ConfigNode& root, const std::vector<SourceDraft>& sources,
                   const ColumnDiscovery& discover) {
  JobFile& job = context.job;
  const ConfigNode* entity = root.find("entity");
  const auto key = decode_key(context, entity);
  const ConfigNode* schema = root.find("schema");
  const std::vector<Draft> drafts = schema != nullptr ? decode_given_schema(context, *schema)
                                                      : infer_schema(context, root, sources, discover);
  const auto draft_of = [&](const std::string& name) {
    return std::find_if(drafts.begin(), drafts.end(), [&](const Draft& draft) { return draft.attribute.name == name; });
  };
  for (const auto& [name, mark] : key) {
    const auto draft = draft_of(name);
    const Attribute attribute = draft != drafts.end() && schema != nullptr ? draft->attribute : Attribute{name, ValueType::String};
    if (attribute.type == ValueType::List) context.diagnostics.error(mark, "'" + name + "' is a list and cannot be part of entity.key");
    if (draft == drafts.end() && schema != nullptr && name.size() > 3) {
      std::vector<std::string_view> names;
      for (const Draft& known : drafts) names.push_back(known.attribute.name);
      const std::string_view near = nearest(name, names);
      if (!near.empty()) {
        context.diagnostics.error(mark, "entity.key names '" + name + "', which is not in the schema",
                                  "did you mean '" + std::string(near) + "'? If not, add " + name + ": string to the schema");
      }
    }
    job.schema.push_back(attribute);
    job.attribute_marks.push_back(mark);
    job.required.push_back(true);
  }
  job.key_size = job.schema.size();
  context.has_broken_schema = drafts.empty() && (schema != nullptr || !context.diagnostics.ok());
  for (const Draft& draft : drafts) {
    const auto is_key = [&](const auto& part) { return part.first == draft.attribute.name; };
    if (std::any_of(key.begin(), key.end(), is_key)) continue;
    job.schema.push_back(draft.attribute);
    job.attribute_marks.push_back(draft.mark);
    job.required.push_back(draft.required);
  }
  if (job.schema.size() > kMaxColumns) {
    context.diagnostics.error(schema != nullptr ? schema->mark : Mark{}, "the job has " + std::to_string(job.schema.size()) +
                              " attributes, the limit is " + std::to_string(kMaxColumns) + " (kMaxColumns)");
  }
  for (std::size_t i = 0; i < job.schema.size(); ++i) context.attributes.emplace(job.schema[i].name, i);
  if (!key.empty() && job.schema.size() == key.size() && context.diagnostics.ok()) {
    context.diagnostics.error(entity->mark, "the job has no attribute to fuse besides the entity key",
                              "name the attributes in schema; in long files their names are data");
  }
}

}  // namespace sinter::fusion

// Decodes `sources:` and the source of `quality.gold`. One thread.
#include <algorithm>
#include <utility>

#include "jobs/fusion/clean/time_zone.hpp"
#include "jobs/fusion/config/job_decoder.hpp"
#include "jobs/fusion/config/scalar.hpp"

namespace sinter::fusion {

namespace {

/// One byte, or the name or escape of a tab.
void decode_character(const OptionMap& options, std::string_view name, char& out) {
  if (!options.has(name)) return;
  const std::string text = options.string(name);
  if (text == "tab" || text == "\\t" || text == "\t") {
    out = '\t';
  } else if (text.size() == 1 && text != "\n" && text != "\r" && static_cast<unsigned char>(text[0]) < 0x80) {
    out = text[0];
  } else if (options.node(name)->kind == NodeKind::Scalar) {
    options.error(name, std::string(name) + " must be one ASCII character, found '" + text + "'", "write \";\", \"|\" or tab");
  }
}

Format decode_format(const DecodeContext& context, const ConfigNode& node, const std::string& where) {
  const SectionTable table = section_table(Section::Format);
  const OptionMap options(node, table.options, table.short_form, where + ".format", context.diagnostics);
  Format format;
  const std::string type = decode_choice(context, options, Section::Format, "type", where + ".format");
  if (type == "jsonl") format.kind = FormatKind::JsonLines;
  if (type == "csv" || type == "tsv") format.kind = FormatKind::Csv;
  if (type == "tsv") format.delimiter = '\t';
  const std::string codec = decode_choice(context, options, Section::Format, "codec", where + ".format");
  if (codec == "none") format.codec = Codec::None;
  if (codec == "gzip") format.codec = Codec::Gzip;
  if (codec == "zstd") format.codec = Codec::Zstd;
  decode_character(options, "delimiter", format.delimiter);
  decode_character(options, "quote", format.quote);
  if (format.delimiter == format.quote) {
    options.error("quote", "quote and delimiter of " + where + ".format are the same character", "rows could not be told from fields");
  }
  format.header = options.boolean("header", true);
  format.columns = options.strings("columns");
  format.allow_short_rows = options.boolean("allow_short_rows", false);
  if (format.header && !format.columns.empty()) {
    options.error("columns", where + ".format.columns names the columns of a file without a header",
                  "add header: false, or remove columns");
  }
  if (type == "jsonl") {
    for (const std::string_view name : {"delimiter", "quote", "header", "columns", "allow_short_rows"}) {
      if (options.has(name)) options.error(name, where + ".format." + std::string(name) + " has no meaning for jsonl");
    }
  }
  return format;
}

/// Remembers where the columns of `names` stand, for messages about files that lack them.
void mark_columns(const OptionMap& options, std::initializer_list<std::string_view> names, SourceDeclaration& source) {
  const auto add = [&](const ConfigNode& item) {
    if (item.kind == NodeKind::Scalar) source.column_marks.emplace(item.scalar, item.mark);
  };
  for (const std::string_view name : names) {
    const ConfigNode* node = options.node(name);
    if (node == nullptr) continue;
    add(*node);
    for (const ConfigNode& item : node->items) add(item);
    for (const ConfigEntry& entry : node->entries) add(entry.value);
  }
}

LongShape decode_long(const DecodeContext& context, const ConfigNode& node, const std::string& where, SourceDeclaration& source) {
  const SectionTable table = section_table(Section::Long);
  const OptionMap options(node, table.options, table.short_form, where + ".long", context.diagnostics);
  mark_columns(options, {"entity", "attribute", "value", "source", "time"}, source);
  LongShape shape;
  shape.entity = options.strings("entity");
  shape.attribute = options.string("attribute");
  shape.value = options.string("value");
  shape.source = options.string("source");
  shape.time = options.string("time");
  shape.anonymous = options.boolean("anonymous", false);
  if (shape.anonymous && !shape.source.empty()) {
    options.error("anonymous", where + ".long has both a source column and anonymous: true", "keep one of them");
  }
  return shape;
}

double decode_trust_number(const DecodeContext& context, const ConfigNode& node, const std::string& where) {
  const auto trust = node.kind == NodeKind::Scalar && !node.quoted ? parse_number(node.scalar) : std::nullopt;
  if (trust && *trust > 0) return *trust;
  const bool wants_learning = node.kind == NodeKind::Scalar && node.scalar == "learn";
  context.diagnostics.error(node.mark, where + " must be a number greater than 0",
                            wants_learning ? "this version does not learn trust: give a number"
                                           : "1 is the default; a source with trust 2 counts as much as two others");
  return 1.0;
}

void decode_trust(const DecodeContext& context, const ConfigNode& node, const std::string& where, SourceDeclaration& source) {
  if (node.kind != NodeKind::Map) {
    source.trust = decode_trust_number(context, node, where + ".trust");
    return;
  }
  const bool has_inner_sources = source.each || !source.source_column.empty() || (source.long_shape && !source.long_shape->source.empty());
  if (!has_inner_sources) {
    context.diagnostics.error(node.mark, where + ".trust is a map, but all its rows are of one source",
                              "give one number, or name the sources by source_column, long.source or each");
    return;
  }
  for (const ConfigEntry& entry : node.entries) {
    const double trust = decode_trust_number(context, entry.value, where + ".trust." + entry.key);
    if (entry.key == "default") {
      source.trust = trust;
    } else {
      source.trust_by_source[entry.key] = trust;
    }
  }
}

void decode_paths(const DecodeContext& context, const OptionMap& options, std::string_view name, const std::string& where,
                  SourceDeclaration& source) {
  const ConfigNode* node = options.node(name);
  if (node == nullptr) return;
  const auto add = [&](const ConfigNode& item) {
    if (item.kind != NodeKind::Scalar) return;
    std::string path = context.resolve_path(item.scalar, item.mark, where + "." + std::string(name));
    if (path.empty()) return;
    source.paths.push_back(std::move(path));
    source.path_marks.push_back(item.mark);
  };
  add(*node);
  for (const ConfigNode& item : node->items) add(item);
  if (node->kind == NodeKind::List && node->items.empty()) {
    context.diagnostics.error(node->mark, where + "." + std::string(name) + " is an empty list", "name at least one file");
  }
}

void check_each(const DecodeContext& context, const OptionMap& options, const std::string& where) {
  const std::string pattern = options.string("each");
  const std::size_t first = pattern.find("{id}");
  if (first == std::string::npos) {
    options.error("each", where + ".each must contain {id}, where file names differ",
                  "each: \"web/site-{id}.csv\"; without {id} use from:");
  } else if (pattern.find("{id}", first + 1) != std::string::npos) {
    options.error("each", where + ".each contains {id} twice", "keep one; use * for other parts that vary");
  }
  if (options.has("from")) {
    context.diagnostics.error(options.mark("from"), where + " has both from and each", "keep one of them");
  }
  if (options.has("source_column")) {
    options.error("source_column", where + " has both each and source_column", "the file or the row names the source, not both");
  }
}

std::string decode_timezone(const OptionMap& options, const std::string& where) {
  const std::string name = options.string("timezone");
  if (name.empty()) return name;
  const auto zone = TimeZone::find(name);
  if (zone.ok()) return name;
  options.error("timezone", where + ".timezone: " + zone.error().message(), zone.error().hint());
  return {};
}

/// Keys that a long source replaces by keys of its own.
void check_long(const OptionMap& options, const std::string& where) {
  if (options.has("columns")) options.error("columns", where + " is long: its attributes are named in the data, not by columns");
  if (options.has("source_column")) options.error("source_column", where + " is long: name the column as long.source");
  if (options.has("time")) options.error("time", where + " is long: name the column as long.time");
}

SourceDraft decode_source(const DecodeContext& context, const ConfigEntry& entry) {
  const std::string where = "sources." + entry.key;
  const SectionTable table = section_table(Section::Source);
  std::vector<KeyBelow> below = keys_below(Section::Format, "format");
  for (const KeyBelow& key : keys_below(Section::Long, "long")) below.push_back(key);
  const OptionMap options(entry.value, table.options, table.short_form, where, context.diagnostics, below);
  SourceDraft draft;
  SourceDeclaration& source = draft.source;
  draft.where = where;
  source.name = entry.key;
  source.mark = entry.key_mark;
  source.each = options.has("each");
  decode_paths(context, options, source.each ? "each" : "from", where, source);
  if (source.each) check_each(context, options, where);
  if (entry.value.kind == NodeKind::Map && !source.each && !options.has("from")) {
    context.diagnostics.error(entry.key_mark, where + " needs 'from' or 'each'", "from: data/" + entry.key + ".csv");
  }
  if (entry.value.kind == NodeKind::Null) {
    context.diagnostics.error(entry.key_mark, where + " is empty", "from: data/" + entry.key + ".csv");
  }
  if (const ConfigNode* format = options.node("format")) source.format = decode_format(context, *format, where);
  source.source_column = options.string("source_column");
  source.time_column = options.string("time");
  source.weight_column = options.string("weight");
  source.timezone = decode_timezone(options, where);
  if (const ConfigNode* shape = options.node("long")) {
    source.long_shape = decode_long(context, *shape, where, source);
    source.time_column = source.long_shape->time;
    check_long(options, where);
    if (source.each && !source.long_shape->source.empty()) options.error("each", where + " has both each and long.source");
  }
  if (const ConfigNode* trust = options.node("trust")) decode_trust(context, *trust, where, source);
  draft.columns = options.node("columns");
  draft.sigma = options.node("sigma");
  mark_columns(options, {"source_column", "time", "weight", "columns", "sigma"}, source);
  return draft;
}

void complete_sigma(const DecodeContext& context, const ConfigNode& node, const std::string& where, SourceDeclaration& source) {
  if (node.kind != NodeKind::Map) {
    context.diagnostics.error(node.mark, where + " must be a map from attributes to a number or a column", "sigma: { price: 0.5 }");
    return;
  }
  for (const ConfigEntry& entry : node.entries) {
    const auto attribute = context.find_attribute(entry.key, entry.key_mark, where);
    if (!attribute) continue;
    const ValueType type = context.job.schema[*attribute].type;
    if (type != ValueType::Double && type != ValueType::Int64) {
      context.diagnostics.error(entry.key_mark, where + ": '" + entry.key + "' is a " + std::string(to_string(type)) + ", not a number",
                                "a standard error is stated for double and int64 attributes");
      continue;
    }
    SigmaSource sigma;
    sigma.attribute = *attribute;
    std::optional<double> number;
    if (!entry.value.quoted) number = parse_number(entry.value.scalar);
    const bool is_column = !number.has_value();
    const double constant = number.value_or(0);
    if (entry.value.kind != NodeKind::Scalar || entry.value.scalar.empty() || (!is_column && constant <= 0)) {
      context.diagnostics.error(entry.value.kind == NodeKind::Null ? entry.key_mark : entry.value.mark,
                                where + "." + entry.key + " must be a number greater than 0 or the name of a column");
      continue;
    }
    if (is_column) {
      sigma.column = entry.value.scalar;
    } else {
      sigma.constant = constant;
    }
    source.sigmas.push_back(std::move(sigma));
  }
}

}  // namespace

std::vector<SourceDraft> decode_sources(const DecodeContext& context, const ConfigNode& sources) {
  std::vector<SourceDraft> drafts;
  if (sources.kind != NodeKind::Map || sources.entries.empty()) {
    context.diagnostics.error(sources.mark, "sources must be a map from names to sources", "sources: { a: { from: a.csv } }");
    return drafts;
  }
  for (const ConfigEntry& entry : sources.entries) {
    if (entry.key.empty()) context.diagnostics.error(entry.key_mark, "a source needs a name");
    drafts.push_back(decode_source(context, entry));
  }
  return drafts;
}

SourceDraft decode_gold_source(const DecodeContext& context, const OptionMap& options, const ConfigNode& node) {
  SourceDraft draft;
  draft.where = "quality.gold";
  draft.source.name = "gold";
  draft.source.is_truth = true;
  draft.source.mark = node.mark;
  decode_paths(context, options, "from", "quality.gold", draft.source);
  if (const ConfigNode* format = options.node("format")) draft.source.format = decode_format(context, *format, "quality.gold");
  if (const ConfigNode* shape = options.node("long")) {
    draft.source.long_shape = decode_long(context, *shape, "quality.gold", draft.source);
    if (options.has("columns")) options.error("columns", "quality.gold is long: its attributes are named in the data, not by columns");
  }
  draft.source.timezone = decode_timezone(options, draft.where);
  draft.columns = options.node("columns");
  mark_columns(options, {"columns"}, draft.source);
  return draft;
}

void complete_source(const DecodeContext& context, SourceDraft& draft) {
  SourceDeclaration& source = draft.source;
  const std::string& where = draft.where;
  if (draft.columns != nullptr && draft.columns->kind == NodeKind::Map && !source.long_shape) {
    for (const ConfigEntry& entry : draft.columns->entries) {
      const auto attribute = context.find_attribute(entry.key, entry.key_mark, where + ".columns");
      if (attribute && entry.value.kind == NodeKind::Scalar) source.columns[*attribute] = entry.value.scalar;
    }
  }
  if (draft.sigma != nullptr) complete_sigma(context, *draft.sigma, where + ".sigma", source);
  const std::size_t key_size = context.job.key_size;
  if (source.long_shape && key_size > 0 && !source.long_shape->entity.empty() && source.long_shape->entity.size() != key_size) {
    context.diagnostics.error(source.mark, where + ".long.entity names " + std::to_string(source.long_shape->entity.size()) +
                                               " columns, entity.key has " + std::to_string(key_size) + " attributes",
                              "one column for each key attribute, in the same order");
  }
}

}  // namespace sinter::fusion

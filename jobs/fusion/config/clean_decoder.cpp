// Decodes `clean:` into the steps of each attribute of each source. One thread.
#include <algorithm>
#include <set>
#include <utility>

#include "jobs/fusion/config/job_decoder.hpp"

namespace sinter::fusion {

namespace {

/// Steps of one key of `clean:`.
struct KeySteps {
  std::vector<ConfigNode> steps;
  std::optional<OnBadValue> on_bad_value;
};

/// The cells that a key "[source.]attribute" stands for.
struct KeyTarget {
  bool is_general = true;
  std::vector<std::size_t> sources;
  std::vector<std::size_t> attributes;
};

OnBadValue decode_on_bad_value(const DecodeContext& context, const ConfigNode& node, Mark key_mark, const std::string& where) {
  if (node.kind == NodeKind::Null || (node.kind == NodeKind::Scalar && node.scalar == "null")) return OnBadValue::Null;
  if (node.kind == NodeKind::Scalar && node.scalar == "reject") return OnBadValue::Reject;
  context.diagnostics.error(node.kind == NodeKind::Scalar ? node.mark : key_mark, where + " must be reject or null",
                            "reject sets the whole row aside with the reason, null forgets only the value");
  return OnBadValue::Reject;
}

KeySteps decode_steps(const DecodeContext& context, const ConfigEntry& entry) {
  KeySteps out;
  const std::string where = "clean." + entry.key;
  const ConfigNode* steps = &entry.value;
  if (entry.value.kind == NodeKind::Map && (entry.value.find("steps") != nullptr || entry.value.find("on_bad_value") != nullptr)) {
    const SectionTable table = section_table(Section::CleanAttribute);
    const OptionMap options(entry.value, table.options, table.short_form, where, context.diagnostics);
    if (const ConfigNode* policy = options.node("on_bad_value")) {
      out.on_bad_value = decode_on_bad_value(context, *policy, entry.key_mark, where + ".on_bad_value");
    }
    steps = options.node("steps");
    if (steps == nullptr) return out;
  }
  if (steps->kind == NodeKind::Null || (steps->kind == NodeKind::List && steps->items.empty())) {
    context.diagnostics.error(entry.key_mark, where + " has no steps", entry.key + ": [trim]");
  } else if (steps->kind == NodeKind::List) {
    out.steps = steps->items;
  } else {
    out.steps.push_back(*steps);
  }
  return out;
}

template <class Items, class NameOf>
std::vector<std::size_t> matching(std::string_view pattern, const Items& items, NameOf name_of) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (name_of(items[i]) == pattern || matches_glob(pattern, name_of(items[i]))) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> matching_attributes(const DecodeContext& context, std::string_view pattern) {
  return matching(pattern, context.job.schema, [](const Attribute& attribute) { return std::string_view(attribute.name); });
}

std::vector<std::size_t> matching_sources(const DecodeContext& context, std::string_view pattern) {
  return matching(pattern, context.job.sources, [](const SourceDeclaration& source) { return std::string_view(source.name); });
}

std::vector<std::string_view> source_names(const DecodeContext& context) {
  std::vector<std::string_view> names;
  for (const SourceDeclaration& source : context.job.sources) names.push_back(source.name);
  return names;
}

void report_unknown_key(const DecodeContext& context, const ConfigEntry& entry) {
  const std::size_t dot = entry.key.find('.');
  const std::string_view source = std::string_view(entry.key).substr(0, dot);
  if (dot == std::string::npos || !matching_sources(context, source).empty()) {
    const std::string_view name = dot == std::string::npos ? source : std::string_view(entry.key).substr(dot + 1);
    const bool is_glob = name.find_first_of("*?") != std::string_view::npos;
    context.diagnostics.error(entry.key_mark, is_glob ? "clean." + entry.key + " matches no attribute"
                                                      : "unknown attribute '" + std::string(name) + "' in clean",
                              is_glob ? context.attribute_help("") : context.attribute_help(name, {"rows", "on_bad_value"}));
    return;
  }
  context.diagnostics.error(entry.key_mark, "unknown source '" + std::string(source) + "' in clean." + entry.key,
                            did_you_mean(source, source_names(context)));
}

/// Exact attribute first, then a glob over attributes, then every way to read the key as source.attribute.
KeyTarget find_target(const DecodeContext& context, const ConfigEntry& entry) {
  KeyTarget target;
  const std::string_view key = entry.key;
  const auto exact = context.attributes.find(key);
  if (exact != context.attributes.end()) {
    target.attributes = {exact->second};
    return target;
  }
  target.attributes = matching_attributes(context, key);
  if (!target.attributes.empty()) return target;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', dot + 1)) {
    target.sources = matching_sources(context, key.substr(0, dot));
    target.attributes = matching_attributes(context, key.substr(dot + 1));
    target.is_general = false;
    if (!target.sources.empty() && !target.attributes.empty()) return target;
  }
  if (!context.has_broken_schema) report_unknown_key(context, entry);
  return {};
}

/// Makes each cleaner once for each attribute and zone, to hear what is wrong with it.
void check_steps(const DecodeContext& context, const ConfigEntry& entry, const KeySteps& key, const KeyTarget& target) {
  const std::vector<Attribute> fields = cleaning_schema(context.job);
  std::set<std::string> zones;
  for (std::size_t i = 0; i < context.job.sources.size(); ++i) {
    const bool is_meant = target.is_general || std::find(target.sources.begin(), target.sources.end(), i) != target.sources.end();
    if (is_meant) zones.insert(context.job.sources[i].timezone);
  }
  Diagnostics inner;
  for (const std::size_t attribute : target.attributes) {
    for (const std::string& zone : zones) {
      for (std::size_t i = 0; i < key.steps.size(); ++i) {
        const CleanerSetting setting{&fields, attribute, zone};
        const std::string where = "clean." + entry.key + "[" + std::to_string(i + 1) + "]";
        (void)make_cleaner(context.cleaners, key.steps[i], setting, where, inner);
      }
    }
    if (!inner.ok()) break;  // the same steps would only say the same again
  }
  context.merge(inner);
}

void apply_key(const DecodeContext& context, const ConfigEntry& entry, std::vector<std::vector<CleanPlan>>& specific,
               std::vector<CleanPlan>& general, std::vector<std::vector<bool>>& has_policy) {
  const KeySteps key = decode_steps(context, entry);
  const KeyTarget target = find_target(context, entry);
  check_steps(context, entry, key, target);
  const auto add = [&](CleanPlan& plan) { plan.steps.insert(plan.steps.end(), key.steps.begin(), key.steps.end()); };
  for (const std::size_t attribute : target.attributes) {
    if (target.is_general) {
      add(general[attribute]);
      general[attribute].on_bad_value = key.on_bad_value.value_or(general[attribute].on_bad_value);
      continue;
    }
    for (const std::size_t source : target.sources) {
      add(specific[source][attribute]);
      if (!key.on_bad_value) continue;
      specific[source][attribute].on_bad_value = *key.on_bad_value;
      has_policy[source][attribute] = true;
    }
  }
}

void decode_drop_nulls(DecodeContext& context, const ConfigNode* names, Mark mark) {
  std::vector<std::size_t>& out = context.job.rows.drop_nulls;
  if (names == nullptr) {
    for (std::size_t i = 0; i < context.job.schema.size(); ++i) out.push_back(i);
    return;
  }
  const auto add = [&](const ConfigNode& item) {
    if (item.kind != NodeKind::Scalar) {
      context.diagnostics.error(mark, "drop_nulls takes the names of attributes", "{ drop_nulls: [price, title] }");
      return;
    }
    const std::vector<std::size_t> found = matching_attributes(context, item.scalar);
    if (found.empty()) (void)context.find_attribute(item.scalar, item.mark, "clean.rows drop_nulls");
    out.insert(out.end(), found.begin(), found.end());
  };
  if (names->kind != NodeKind::List) add(*names);
  for (const ConfigNode& item : names->items) add(item);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

void decode_row_step(DecodeContext& context, const ConfigNode& step) {
  const bool is_word = step.kind == NodeKind::Scalar;
  if (!is_word && (step.kind != NodeKind::Map || step.entries.size() != 1)) {
    context.diagnostics.error(step.mark, "a step of clean.rows is a word or a map with one key",
                              "rows: [drop_duplicates, { drop_nulls: [price] }]");
    return;
  }
  const std::string& name = is_word ? step.scalar : step.entries.front().key;
  const ConfigNode* value = is_word || step.entries.front().value.kind == NodeKind::Null ? nullptr : &step.entries.front().value;
  const Mark mark = is_word ? step.mark : step.entries.front().key_mark;
  RowCleaning& rows = context.job.rows;
  if (name == "drop_nulls") {
    decode_drop_nulls(context, value, mark);
    return;
  }
  if (name != "drop_duplicates" && name != "keep_newest") {
    std::vector<std::string_view> names;
    const SectionTable table = section_table(Section::RowSteps);
    for (const OptionInfo& option : table.options) names.push_back(option.name);
    context.diagnostics.error(mark, "unknown step '" + name + "' in clean.rows", did_you_mean(name, names));
    return;
  }
  if (value != nullptr) context.diagnostics.error(mark, name + " takes no options", "write it as a bare word: rows: [" + name + "]");
  (name == "keep_newest" ? rows.keep_newest : rows.drop_duplicates) = true;
  if (name != "keep_newest") return;
  for (const SourceDeclaration& source : context.job.sources) {
    if (!source.time_column.empty()) continue;
    const std::string_view key = source.long_shape ? "long.time" : "time";
    context.diagnostics.error(mark, "keep_newest needs times, and sources." + source.name + " has none",
                              "name the column: " + std::string(key) + ": COLUMN");
  }
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void decode_clean(DecodeContext& context, const ConfigNode* clean) {
  JobFile& job = context.job;
  const std::size_t attributes = job.schema.size(), sources = job.sources.size();
  OnBadValue policy = OnBadValue::Reject;
  if (clean != nullptr && clean->kind != NodeKind::Map) {
    context.diagnostics.error(clean->mark, "clean must be a map from attributes to steps", "clean: { price: [trim, number] }");
    clean = nullptr;
  }
  if (clean != nullptr) {
    for (const ConfigEntry& entry : clean->entries) {
      if (entry.key == "on_bad_value") policy = decode_on_bad_value(context, entry.value, entry.key_mark, "clean.on_bad_value");
    }
  }
  std::vector<CleanPlan> general(attributes, CleanPlan{{}, policy});
  std::vector<std::vector<CleanPlan>> specific(sources, std::vector<CleanPlan>(attributes));
  std::vector<std::vector<bool>> has_policy(sources, std::vector<bool>(attributes, false));
  for (const ConfigEntry& entry : clean != nullptr ? clean->entries : std::vector<ConfigEntry>()) {
    if (entry.key == "on_bad_value") continue;
    if (entry.key != "rows") {
      apply_key(context, entry, specific, general, has_policy);
    } else if (entry.value.kind == NodeKind::List) {
      for (const ConfigNode& step : entry.value.items) decode_row_step(context, step);
    } else {
      decode_row_step(context, entry.value);
    }
  }
  for (std::size_t source = 0; source < sources; ++source) {
    for (std::size_t i = 0; i < attributes; ++i) {
      CleanPlan& plan = specific[source][i];
      plan.steps.insert(plan.steps.begin(), general[i].steps.begin(), general[i].steps.end());
      if (!has_policy[source][i]) plan.on_bad_value = general[i].on_bad_value;
    }
  }
  job.clean = std::move(specific);
  job.gold_clean = std::move(general);
}

}  // namespace sinter::fusion

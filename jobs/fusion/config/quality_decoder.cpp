// Decodes `quality:`: the known truth and the bounds on what is measured against it. One thread.
#include <cmath>
#include <utility>

#include "jobs/fusion/config/job_decoder.hpp"
#include "jobs/fusion/config/scalar.hpp"

namespace sinter::fusion {

namespace {

using Measure = QualityCheck::Measure;

struct MeasureInfo {
  std::string_view name;
  Measure measure;
  bool is_share;        // a share of cells, else in the attribute's unit
  bool bound_is_minimum;
};

constexpr MeasureInfo kMeasures[] = {{"coverage", Measure::Coverage, true, true},
                                     {"error_rate", Measure::ErrorRate, true, false},
                                     {"mae", Measure::Mae, false, false},
                                     {"rmse", Measure::Rmse, false, false}};

/// A bound as a bare value or as { max: ..., severity: ... }.
void decode_bound(const DecodeContext& context, const ConfigNode& node, const MeasureInfo& info, std::ptrdiff_t attribute,
                  Severity severity, const std::string& where) {
  QualityCheck check{info.measure, attribute, 0, info.bound_is_minimum, severity, node.mark};
  const auto value = node.kind == NodeKind::Scalar && !node.quoted ? parse_fraction(node.scalar) : std::nullopt;
  const double bound = value.value_or(-1);
  if (bound < 0 || (info.is_share && bound > 1)) {
    context.diagnostics.error(node.mark, where + (info.is_share ? " must be a share from 0 to 1, like 95% or 0.95"
                                                                : " must be a number, 0 or greater"));
    return;
  }
  check.bound = bound;
  context.job.checks.push_back(check);
}

void decode_measure(const DecodeContext& context, const ConfigNode& node, const MeasureInfo& info, std::ptrdiff_t attribute,
                    const std::string& where) {
  if (node.kind == NodeKind::Scalar) {
    decode_bound(context, node, info, attribute, Severity::Error, where);
    return;
  }
  const SectionTable table = section_table(Section::Measure);
  const OptionMap options(node, table.options, table.short_form, where, context.diagnostics);
  const bool is_warning = decode_choice(context, options, Section::Measure, "severity", where) == "warn";
  const Severity severity = is_warning ? Severity::Warn : Severity::Error;
  const std::string_view right = info.bound_is_minimum ? "min" : "max", wrong = info.bound_is_minimum ? "max" : "min";
  if (options.has(wrong)) {
    const std::string better = info.bound_is_minimum ? "more is better" : "less is better";
    options.error(wrong, where + "." + std::string(wrong) + " has no meaning: " + better, "did you mean '" + std::string(right) + "'?");
  }
  const ConfigNode* bound = options.node(right);
  if (bound != nullptr && bound->kind == NodeKind::Scalar && !bound->quoted && parse_fraction(bound->scalar)) {
    decode_bound(context, *bound, info, attribute, severity, where + "." + std::string(right));
  }
  const ConfigNode* attributes = options.node("attributes");
  if (bound == nullptr && attributes == nullptr && !options.has(wrong)) {
    context.diagnostics.error(node.mark, where + " needs '" + std::string(right) + "'", "{ " + std::string(right) + ": 5% }");
  }
  if (attributes == nullptr) return;
  if (attribute >= 0 || attributes->kind != NodeKind::Map) {
    const std::string problem = attribute >= 0 ? " has no meaning: this is one attribute" : " must be a map from attributes to bounds";
    context.diagnostics.error(attributes->mark, where + ".attributes" + problem, "attributes: { price: 5% }");
    return;
  }
  for (const ConfigEntry& entry : attributes->entries) {
    const auto index = context.find_attribute(entry.key, entry.key_mark, where + ".attributes");
    if (!index) continue;
    const ValueType type = context.job.schema[*index].type;
    if (!info.is_share && type != ValueType::Double && type != ValueType::Int64) {
      context.diagnostics.error(entry.key_mark, where + ": '" + entry.key + "' is a " + std::string(to_string(type)) + ", not a number",
                                "mae and rmse are defined for double and int64 attributes; error_rate for all");
      continue;
    }
    decode_measure(context, entry.value, info, static_cast<std::ptrdiff_t>(*index), where + ".attributes." + entry.key);
  }
}

void decode_same_within(DecodeContext& context, const ConfigNode& node) {
  for (const ConfigEntry& entry : node.entries) {
    const auto index = context.find_attribute(entry.key, entry.key_mark, "quality.gold.same_within");
    if (!index || entry.value.kind != NodeKind::Scalar) continue;
    const ValueType type = context.job.schema[*index].type;
    const bool can_be_near = type == ValueType::Double || type == ValueType::Int64 || type == ValueType::Timestamp;
    const auto tolerance = can_be_near ? parse_tolerance(entry.value.scalar, type) : std::nullopt;
    if (tolerance) {
      context.job.gold_tolerance[*index] = *tolerance;
      continue;
    }
    context.diagnostics.error(entry.value.mark,
                              "quality.gold.same_within cannot be '" + entry.value.scalar + "' for a " + std::string(to_string(type)),
                              type == ValueType::Timestamp ? "write a duration like 10m or 90s"
                              : can_be_near                ? "write a number like 0.5, or a share like 1%"
                                                           : "only numbers and times can be near to each other");
  }
}

void decode_gold(DecodeContext& context, const ConfigNode& node) {
  const SectionTable table = section_table(Section::Gold);
  const OptionMap options(node, table.options, table.short_form, "quality.gold", context.diagnostics,
                          keys_below(Section::Format, "format"));
  SourceDraft draft = decode_gold_source(context, options, node);
  complete_source(context, draft);
  context.job.gold = std::move(draft.source);
  for (const AttributeFusion& fusion : context.job.fuse) context.job.gold_tolerance.push_back(fusion.tolerance);
  if (const ConfigNode* near = options.node("same_within")) decode_same_within(context, *near);
  for (const MeasureInfo& info : kMeasures) {
    const ConfigNode* measure = options.node(info.name);
    if (measure != nullptr) decode_measure(context, *measure, info, -1, "quality.gold." + std::string(info.name));
  }
}

void decode_rejected_rows(DecodeContext& context, const ConfigNode& node) {
  const SectionTable table = section_table(Section::RejectedRows);
  const OptionMap options(node, table.options, table.short_form, "quality.rejected_rows", context.diagnostics);
  const bool is_warning = decode_choice(context, options, Section::RejectedRows, "severity", table.path) == "warn";
  const double bound = options.number("max", 0);
  if (bound < 0 || bound > 1) options.error("max", "quality.rejected_rows.max must be a share from 0 to 1, like 0.5% or 0.005");
  context.job.checks.push_back({Measure::RejectedRows, -1, bound, false, is_warning ? Severity::Warn : Severity::Error, node.mark});
}

}  // namespace

void decode_quality(DecodeContext& context, const ConfigNode* quality) {
  if (quality != nullptr) {
    const SectionTable table = section_table(Section::Quality);
    const OptionMap options(*quality, table.options, table.short_form, "quality", context.diagnostics);
    if (const ConfigNode* gold = options.node("gold")) decode_gold(context, *gold);
    if (const ConfigNode* rejected = options.node("rejected_rows")) decode_rejected_rows(context, *rejected);
  }
  if (!context.job.gold) context.job.gold_clean.clear();
}

}  // namespace sinter::fusion

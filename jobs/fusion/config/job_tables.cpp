// The tables of the job language. Plain data made on each call; any thread.
#include "jobs/fusion/config/job_tables.hpp"

namespace sinter::fusion {

namespace {

using enum OptionType;

std::vector<OptionInfo> top_options() {
  return {{"version", Integer, true, "version of the job language: 1", ""},
          {"name", String, false, "name of the job", "the file's name"},
          {"description", String, false, "one sentence for people", ""},
          {"params", Any, false, "values for ${params.NAME}, changed by --set params.NAME=VALUE", ""},
          {"schema", Any, false, "the attributes and their types", "every column as a string"},
          {"sources", Any, true, "where the records come from", ""},
          {"clean", Any, false, "steps that turn raw cells into values", ""},
          {"entity", Any, true, "which attributes identify an entity", ""},
          {"fuse", Any, false, "how disagreeing values become one", "weighted_vote"},
          {"quality", Any, false, "checks of the result", ""},
          {"plugins", StringList, false, "shared objects with fusion rules of your own: rule: plugin/NAME", ""},
          {"output", Any, true, "where the result goes", ""},
          {"execution", Any, false, "workers, memory and other things that never change the answer", ""}};
}

std::vector<OptionInfo> source_options() {
  return {{"from", StringList, false, "path, glob, or a list of them", ""},
          {"each", String, false, "path pattern with {id}: every file is a source of its own", ""},
          {"trust", Any, false, "weight of the source's votes, or a map from source name to weight", "1"},
          {"columns", StringMap, false, "attribute: column name or JSON path", "the attribute's own name"},
          {"source_column", String, false, "column that names the source of each row", ""},
          {"time", String, false, "column with the time of the claim", ""},
          {"weight", String, false, "column with the weight of the row, instead of trust", ""},
          {"sigma", Any, false, "attribute: stated standard error, a number or a column", ""},
          {"timezone", String, false, "zone of times that state none, like Europe/Berlin", "UTC"},
          {"format", Any, false, "how to read the files, where the extension does not tell", ""},
          {"long", Any, false, "columns of files with one claim per row", ""}};
}

std::vector<OptionInfo> format_options() {
  return {{"type", String, false, "csv, tsv or jsonl", "by extension"},
          {"delimiter", String, false, "one character between fields", "\",\""},
          {"quote", String, false, "one character around fields", "'\"'"},
          {"header", Bool, false, "whether the first row names the columns", "true"},
          {"columns", StringList, false, "names of the columns of files without a header", "\"1\", \"2\", ..."},
          {"codec", String, false, "none, gzip or zstd", "by extension"},
          {"allow_short_rows", Bool, false, "missing last fields are nulls instead of rejects", "false"}};
}

std::vector<OptionInfo> long_options() {
  return {{"entity", StringList, true, "columns of the entity key, in key order", ""},
          {"attribute", String, true, "column that names the attribute", ""},
          {"value", String, true, "column with the value", ""},
          {"source", String, false, "column that names the source of the row", "the declared source"},
          {"time", String, false, "column with the time of the claim", ""},
          {"anonymous", Bool, false, "every row votes for itself", "false"}};
}

std::vector<OptionInfo> execution_table() {
  return {{"workers", Integer, false, "worker processes", "one per core"},
          {"memory", Size, false, "memory of each worker", "256MiB"},
          {"split_size", Size, false, "input bytes of a map task", "by input size and workers"},
          {"reduce_size", Size, false, "shuffled bytes of a reduce task", "by shuffle size and workers"},
          {"retries", Integer, false, "further attempts of a task that failed", "3"},
          {"timeout", Duration, false, "how long a task may make no progress", "10m"},
          {"scratch", String, false, "directory for intermediate files", "beside the output"},
          {"compression", String, false, "none or lz4, of intermediate files", "none"},
          {"on_bad_record", String, false, "fail or quarantine, for a record that crashes a worker", "fail"},
          {"in_process", Bool, false, "threads instead of processes, for debuggers", "false"}};
}

std::vector<OptionInfo> gold_options() {
  return {{"from", StringList, true, "files with the known truth", ""},
          {"columns", StringMap, false, "attribute: column of the truth", "the attribute's own name"},
          {"long", Any, false, "columns of a truth with one value per row", ""},
          {"format", Any, false, "how to read the files", ""},
          {"timezone", String, false, "zone of times that state none", "UTC"},
          {"same_within", StringMap, false, "attribute: difference that counts as right, like 0.01, 1% or 10m", "that of the fusion rule"},
          {"coverage", Any, false, "share of known cells that have an answer", ""},
          {"error_rate", Any, false, "share of answers that differ from the truth", ""},
          {"mae", Any, false, "mean absolute error of numbers", ""},
          {"rmse", Any, false, "root of the mean squared error of numbers", ""}};
}

SectionTable quality_table(Section section) {
  if (section == Section::Gold) return {"quality.gold", "from", gold_options()};
  if (section == Section::RejectedRows) {
    return {"quality.rejected_rows", "max", {{"max", Fraction, true, "largest share of rejected rows", ""},
                                             {"severity", String, false, "error (exit code 3) or warn", "error"}}};
  }
  if (section == Section::Measure) {
    return {"quality.gold.MEASURE", "", {{"min", Fraction, false, "smallest good value, of coverage", ""},
                                         {"max", Fraction, false, "largest good value, of error_rate, mae and rmse", ""},
                                         {"severity", String, false, "error (exit code 3) or warn", "error"},
                                         {"attributes", Any, false, "bounds of single attributes", ""}}};
  }
  return {"quality", "", {{"rejected_rows", Any, false, "bound on the share of rejected rows", ""},
                          {"gold", Any, false, "known truth to compare with", ""}}};
}

SectionTable output_table(Section section) {
  if (section == Section::Fused) {
    return {"output.fused", "to", {{"to", String, true, "x.csv, x.jsonl, or a directory of parts x/ or x.jsonl/", ""},
                                   {"confidence", Bool, false, "adds a column ATTRIBUTE_confidence per attribute", "false"}}};
  }
  if (section == Section::Rejects) {
    return {"output.rejects", "to", {{"to", String, true, "a .jsonl file", ""}}};
  }
  if (section == Section::Differences) {
    return {"output.differences", "to", {{"to", String, true, "a .csv or .jsonl file", ""}}};
  }
  return {"output", "fused", {{"fused", Any, true, "one record per entity", ""},
                         {"rejects", Any, false, "rows that could not be used, with the reason", "beside the output"},
                              {"differences", Any, false, "the cells that differ from quality.gold", ""}}};
}

SectionTable clean_table(Section section) {
  if (section == Section::CleanAttribute) {
    return {"clean.ATTRIBUTE", "", {{"steps", Any, false, "the steps, in order", ""},
                                    {"on_bad_value", Any, false, "reject the row, or make the value null", "that of clean"}}};
  }
  if (section == Section::RowSteps) {
    return {"clean.rows", "", {{"drop_nulls", Any, false, "drops rows where one of these attributes is null", ""},
                               {"drop_duplicates", Any, false, "keeps one of identical rows of a source", ""},
                               {"keep_newest", Any, false, "keeps the newest row of each source and entity", ""}}};
  }
  return {"clean", "", {{"on_bad_value", Any, false, "what a value that cannot be converted does: reject the row, or null", "reject"},
                        {"rows", Any, false, "steps on whole rows", ""}}};
}

}  // namespace

SectionTable section_table(Section section) {
  switch (section) {
    case Section::Top: return {"", "", top_options()};
    case Section::Parameter:
      return {"params.NAME", "default", {{"default", String, false, "the value", "none: it must be given"},
                                         {"help", String, false, "what it is for", ""}}};
    case Section::Attribute:
      return {"schema.ATTRIBUTE", "type", {{"type", String, false, "string, double, int64, bool, timestamp or list", "string"},
                                           {"required", Bool, false, "a row without it is rejected", "false"}}};
    case Section::Source: return {"sources.NAME", "from", source_options()};
    case Section::Format: return {"sources.NAME.format", "type", format_options()};
    case Section::Long: return {"sources.NAME.long", "", long_options()};
    case Section::Clean:
    case Section::CleanAttribute:
    case Section::RowSteps: return clean_table(section);
    case Section::Entity: return {"entity", "key", {{"key", StringList, true, "one attribute, or several in order", ""}}};
    case Section::Fuse:
      return {"fuse", "default", {{"default", Any, false, "rule of the attributes that name none", "weighted_vote"},
                                  {"attributes", Any, false, "attribute: its rule, a word or a map with rule and modifiers", ""}}};
    case Section::Quality:
    case Section::RejectedRows:
    case Section::Gold:
    case Section::Measure: return quality_table(section);
    case Section::Differences:
    case Section::Output:
    case Section::Fused:
    case Section::Rejects: return output_table(section);
    case Section::Execution: return {"execution", "", execution_table()};
  }
  return {};
}

std::vector<KeyBelow> keys_below(Section section, std::string_view name) {
  std::vector<KeyBelow> keys;
  for (const OptionInfo& option : section_table(section).options) keys.push_back({option.name, name});
  return keys;
}

std::vector<std::string_view> option_choices(Section section, std::string_view option) {
  if (section == Section::Attribute && option == "type") return {"string", "double", "int64", "int", "bool", "timestamp", "list"};
  if (section == Section::Format && option == "type") return {"csv", "tsv", "jsonl"};
  if (section == Section::Format && option == "codec") return {"none", "gzip", "zstd"};
  if (section == Section::Execution && option == "compression") return {"none", "lz4"};
  if (section == Section::Execution && option == "on_bad_record") return {"fail", "quarantine"};
  if (option == "severity") return {"error", "warn"};
  if (option == "on_bad_value") return {"reject", "null"};
  return {};
}

}  // namespace sinter::fusion

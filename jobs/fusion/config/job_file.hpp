// JobFile: a decoded job, plain values with every default filled in. Made by job_file.cpp from the YAML tree; read by the
// fusion job, explain, preview and the command. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/api/job_definition.hpp"
#include "jobs/fusion/config/node.hpp"
#include "jobs/fusion/config/tree_edit.hpp"
#include "jobs/fusion/rules/modifiers.hpp"
#include "jobs/fusion/rules/rule_plugin.hpp"
#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// Where the standard error of an attribute's values comes from: a constant, or a column of the same row.
struct SigmaSource {
  std::size_t attribute = 0;
  double constant = 0;  // used when `column` is empty
  std::string column;
};

/// Columns of a long input: a row is one claim.
struct LongShape {
  std::vector<std::string> entity;  // one column per key attribute, in key order
  std::string attribute;
  std::string value;
  std::string source;  // empty: every row is the declared source; see `anonymous`
  std::string time;    // empty: none
  /// True when no source is told apart: every row votes for itself.
  bool anonymous = false;
};

struct SourceDeclaration {
  std::string name;
  Mark mark;
  std::vector<std::string> paths;  // absolute or relative to the working directory, globs unexpanded
  std::vector<Mark> path_marks;    // of each path
  std::map<std::string, Mark> column_marks;  // where the job file names a column; those that attributes name by themselves are not in it
  bool each = false;               // every file is a source of its own, named by {id}
  Format format;
  double trust = 1.0;
  std::map<std::string, double> trust_by_source;  // for source_column, long.source and each
  /// Wide shape: attribute index -> column name or JSON path. Attributes not named use their own name and may be absent.
  std::map<std::size_t, std::string> columns;
  std::string source_column;  // each row names its own source
  std::string time_column;
  std::string weight_column;
  std::vector<SigmaSource> sigmas;
  bool is_truth = false;  // quality.gold: it makes no claims
  std::string timezone;
  std::optional<LongShape> long_shape;
};

enum class OnBadValue : std::uint8_t { Reject, Null };

/// The steps of one attribute for one source, in the order they apply: general ones first, then the source's own.
struct CleanPlan {
  std::vector<ConfigNode> steps;
  OnBadValue on_bad_value = OnBadValue::Reject;
};

/// Row-level cleaning, over the rows of one entity.
struct RowCleaning {
  std::vector<std::size_t> drop_nulls;  // drop rows where any of these attributes is null; applied while mapping
  bool drop_duplicates = false;         // keep one of identical rows of a source
  bool keep_newest = false;             // keep the newest row per (source, entity)
};

struct AttributeFusion {
  std::string rule_name;  // as resolved, for explain
  ConfigNode rule;        // for make_rule()
  std::string weight_column;  // of `weight: COLUMN`: an attribute of the schema (wide shape), or a column of the sources; empty: none
  Tolerance tolerance;    // same_within, when the rule has one; used when comparing with truth too
};

/// The rule with the options it was given: "vote { same_within: 10m, ties: newest }".
std::string describe_rule(const AttributeFusion& fusion);

enum class Severity : std::uint8_t { Warn, Error };

/// A bound on a measured quality; `attribute` -1 is all attributes together.
struct QualityCheck {
  enum class Measure : std::uint8_t { Coverage, ErrorRate, Mae, Rmse, RejectedRows } measure;
  std::ptrdiff_t attribute = -1;
  double bound = 0;
  bool bound_is_minimum = false;
  Severity severity = Severity::Error;
  Mark mark;
};

struct JobFile {
  std::string path;
  std::string text;
  std::vector<std::string> overrides;  // as given to load_job()
  std::map<std::string, std::string, std::less<>> environment;  // what ${env.X} of the job found
  std::string name;
  std::string description;
  std::string hash;  // of the meaning: not of execution or output
  std::vector<Attribute> schema;     // key attributes first, in key order, then the others in schema order
  std::vector<Mark> attribute_marks; // per attribute: where schema or entity names it; no place when files do
  std::vector<bool> required;        // per attribute: a null rejects the row
  std::size_t key_size = 0;          // schema[0 .. key_size) is the entity key
  std::vector<SourceDeclaration> sources;
  /// clean[source][attribute]
  std::vector<std::vector<CleanPlan>> clean;
  RowCleaning rows;
  std::vector<std::shared_ptr<const RulePlugin>> plugins;
  std::vector<AttributeFusion> fuse;  // per attribute; unused for key attributes
  std::optional<SourceDeclaration> gold;
  std::vector<CleanPlan> gold_clean;  // general steps only, per attribute
  std::vector<Tolerance> gold_tolerance;  // per attribute: what still counts as right; that of the rule unless quality.gold says it
  std::vector<QualityCheck> checks;
  std::string output_path;
  Mark output_mark;
  bool output_confidence = false;
  std::string rejects_path;  // empty: beside the output
  std::string differences_path;  // of cells that differ from the truth; empty: none
  ExecutionOptions execution;
};

/// The rules that the job may name: the built-in ones and those of its plugins, which the lines point into.
std::vector<RuleInfo> rules_of(const JobFile& job);

/// The fields that cleaning steps may name, in the order of a row's cells: the schema, then the time columns of long sources, so that a
/// step can take a missing date from the claim's own time (`date: timestamp`).
std::vector<Attribute> cleaning_schema(const JobFile& job);

/// How load_job() learns the columns of the files when the job has no schema. Errors are reported at the source's mark.
using ColumnDiscovery = std::function<Result<std::vector<std::string>>(const SourceDeclaration&)>;

/// How load_job() gets the plugins of a job. Errors are reported at the plugin's mark.
using PluginLoader = std::function<Result<std::shared_ptr<const RulePlugin>>(const std::string& path)>;
/// Those that `files` has and this process can load.
PluginLoader load_plugins(FileSystem& files);

/// Reads, checks and completes a job. All problems at once in `diagnostics`; nothing when there are errors.
/// `path` gives the directory that relative paths start from. `overrides` are "execution.workers=4" and alike. Without an
/// `environment` every ${env.X} that has no default is a problem. Without `discover` only names in the job file are attributes. Without
/// `load_plugin` a job with plugins is a problem.
std::optional<JobFile> load_job(const std::string& text, const std::string& path, const std::vector<std::string>& overrides,
                                const ColumnDiscovery& discover, Diagnostics& diagnostics, const EnvironmentLookup& environment = {},
                                const PluginLoader& load_plugin = {});

}  // namespace sinter::fusion

// The parts of load_job(): each decodes one section into the JobFile and reports what is wrong with it. Used by job_file.cpp only.
// One thread.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/config/job_tables.hpp"
#include "jobs/fusion/config/node.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {

/// What the decoders share. `job` fills up in the order of the sections in job_file.cpp.
struct DecodeContext {
  JobFile& job;
  Diagnostics& diagnostics;
  std::string directory;  // of the job file: empty or ending in '/'
  std::vector<CleanerInfo> cleaners;
  std::vector<RuleInfo> rules;
  std::map<std::string, std::size_t, std::less<>> attributes = {};  // name -> index in job.schema
  bool has_broken_schema = false;  // it has said so: names that cannot be found then are not mistakes of their own
  bool has_broken_plugin = false;  // likewise, for rules `plugin/NAME`

  std::vector<std::string_view> attribute_names() const;
  /// Reports an unknown name with did-you-mean, unless the schema is broken.
  std::optional<std::size_t> find_attribute(std::string_view name, Mark mark, std::string_view where) const;
  /// Relative to the job file. Reports URLs and empty paths; empty then.
  std::string resolve_path(const std::string& path, Mark mark, std::string_view where) const;
  /// did_you_mean() over attributes, until so many problems are known that more help would only cost time.
  std::string attribute_help(std::string_view word, std::initializer_list<std::string_view> others = {}) const;
  /// Adds the problems of `inner` that are not there yet: one wrong default is one problem, not one for each attribute.
  void merge(const Diagnostics& inner) const;
};

/// A String option that accepts only its option_choices(): the choice, or empty when it is absent or wrong (reported).
std::string decode_choice(const DecodeContext& context, const OptionMap& options, Section section, std::string_view name,
                          std::string_view where);

/// What a source says before attributes are known; the rest is decoded by complete_source().
struct SourceDraft {
  SourceDeclaration source;
  const ConfigNode* columns = nullptr;
  const ConfigNode* sigma = nullptr;
  std::string where;  // "sources.a", for messages
};

/// '*' any text, '?' one character, all else itself. Bytes.
bool matches_glob(std::string_view pattern, std::string_view text);

// In the order they are called.
void decode_plugins(DecodeContext& context, const ConfigNode* plugins, const PluginLoader& load_plugin);
std::vector<SourceDraft> decode_sources(const DecodeContext& context, const ConfigNode& sources);
/// `gold` has only some of the keys; `options` is its map.
SourceDraft decode_gold_source(const DecodeContext& context, const OptionMap& options, const ConfigNode& node);
void decode_schema(DecodeContext& context, const ConfigNode& root, const std::vector<SourceDraft>& drafts, const ColumnDiscovery& discover);
void complete_source(const DecodeContext& context, SourceDraft& draft);
void decode_clean(DecodeContext& context, const ConfigNode* clean);
void decode_fuse(DecodeContext& context, const ConfigNode* fuse);
void decode_quality(DecodeContext& context, const ConfigNode* quality);
void decode_output(DecodeContext& context, const ConfigNode& output);
void decode_execution(DecodeContext& context, const ConfigNode* execution);

}  // namespace sinter::fusion

// Loading of plugins: see rule_plugin.hpp. The one place that sees dlopen. Any thread.
#include "jobs/fusion/rules/rule_plugin.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <span>

#include "base/checksum.hpp"
#include "jobs/fusion/rules/plugin_rule.hpp"

namespace sinter::fusion {
namespace {

constexpr const char* kEntrySymbol = "sinter_rule_plugin_table";
constexpr std::string_view kRebuild = "rebuild it against sinter/rule_plugin.h of this sinter";
constexpr std::uint32_t kAllTypes = SINTER_TAKES(SINTER_LIST + 1) - SINTER_TAKES(SINTER_BOOL);
constexpr std::uint32_t kAllReads = SINTER_READS_SOURCE | SINTER_READS_TIME | SINTER_READS_WEIGHT | SINTER_READS_SIGMA;

bool is_name(const char* name) {
  const std::string_view text = name == nullptr ? "" : name;
  const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_allowed);
}

/// What is wrong with the parameters of a rule; empty when they are good.
std::string problem_of_parameters(const sinter_rule& rule) {
  if (rule.parameter_count > kMaxPluginTableItems) return "has more than " + std::to_string(kMaxPluginTableItems) + " parameters";
  if (rule.parameter_count > 0 && rule.parameters == nullptr) return "counts parameters and has none";
  if (rule.parameter_count > 0 && rule.create == nullptr) return "has parameters and no create()";
  std::vector<std::string_view> names = {"rule"};
  for (const OptionInfo& option : common_rule_options()) names.push_back(option.name);
  for (const sinter_parameter& parameter : std::span(rule.parameters, rule.parameter_count)) {
    if (!is_name(parameter.name)) return "has a parameter whose name is not made of a-z, 0-9 and _";
    if (std::find(names.begin(), names.end(), parameter.name) != names.end()) {
      return "has a parameter '" + std::string(parameter.name) + "', a name that is taken";
    }
    if (parameter.help == nullptr || parameter.type > SINTER_DURATION_OPTION) {
      return "has a parameter '" + std::string(parameter.name) + "' without help, or of an unknown type";
    }
    names.emplace_back(parameter.name);
  }
  return {};
}

std::string problem_of_rule(const sinter_rule& rule) {
  if (rule.help == nullptr) return "has no help";
  if (rule.fuse == nullptr) return "has no fuse()";
  if ((rule.types & ~kAllTypes) != 0 || rule.answer_type > SINTER_LIST)
    return "takes or answers with a type that this sinter does not know";
  if ((rule.reads & ~kAllReads) != 0) return "reads something of a claim that this sinter does not know";
  if (rule.confidence > SINTER_CONFIDENCE_STANDARD_ERROR) return "has a kind of confidence that this sinter does not know";
  return problem_of_parameters(rule);
}

Status check_rules(const sinter_rule_plugin& table, const std::string& who) {
  if (table.name == nullptr || table.version == nullptr) return user_error(who + " has no name or no version in its table");
  if (table.rule_count == 0 || table.rules == nullptr) return user_error(who + " has no rules");
  if (table.rule_count > kMaxPluginTableItems) {
    return user_error(who + " says that it has " + std::to_string(table.rule_count) + " rules, the limit is " +
                      std::to_string(kMaxPluginTableItems) + " (kMaxPluginTableItems)");
  }
  std::vector<std::string_view> names;
  for (const sinter_rule& rule : std::span(table.rules, table.rule_count)) {
    if (!is_name(rule.name)) return user_error(who + " has a rule whose name is not made of a-z, 0-9 and _");
    const std::string name(rule.name);
    if (std::find(names.begin(), names.end(), name) != names.end()) return user_error(who + " has two rules '" + name + "'");
    names.emplace_back(rule.name);
    if (const std::string problem = problem_of_rule(rule); !problem.empty()) return user_error(who + ": rule '" + name + "' " + problem);
  }
  return {};
}

/// The sizes of structs: a compiler that packs otherwise, or a header that was changed.
Status check_size(std::string_view what, std::uint32_t theirs, std::size_t ours, const std::string& who) {
  if (theirs == ours) return {};
  return user_error(who + " has a " + std::string(what) + " of " + std::to_string(theirs) + " bytes, in this sinter it has " +
                    std::to_string(ours))
      .with_hint(std::string(kRebuild));
}

void close_library(void* library) { ::dlclose(library); }

}  // namespace

Status check_plugin_table(const sinter_rule_plugin* table, const std::string& path) {
  const std::string who = "plugin '" + path + "'";
  if (table == nullptr) return user_error(who + ": " + kEntrySymbol + "() returned no table");
  if (table->magic != SINTER_RULE_PLUGIN_MAGIC) {
    return user_error(who + " has a table that does not begin with SINTER_RULE_PLUGIN_MAGIC")
        .with_hint("begin it with SINTER_RULE_PLUGIN_HEADER of sinter/rule_plugin.h");
  }
  if (table->abi != SINTER_RULE_PLUGIN_ABI) {
    return user_error(who + " is built for ABI " + std::to_string(table->abi) + ", this sinter has ABI " +
                      std::to_string(SINTER_RULE_PLUGIN_ABI))
        .with_hint(std::string(kRebuild));
  }
  SINTER_TRY(check_size("table", table->table_size, sizeof(sinter_rule_plugin), who));
  SINTER_TRY(check_size("rule", table->rule_size, sizeof(sinter_rule), who));
  SINTER_TRY(check_size("claim", table->claim_size, sizeof(sinter_claim), who));
  return check_rules(*table, who);
}

Result<std::shared_ptr<const RulePlugin>> RulePlugin::load(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxPluginFileBytes));
  const std::string who = "plugin '" + path + "'";
  if (!bytes.starts_with("\x7f" "ELF")) {
    return user_error(who + " is not a shared object").with_hint("build it like: cc -shared -fPIC -O2 mine.c -o mine.so");
  }
  // A bare name would be looked for in the folders of the system.
  const std::string place = path.find('/') == std::string::npos ? "./" + path : path;
  Handle handle(::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL), close_library);
  if (handle == nullptr) return user_error(who + " cannot be loaded: " + std::string(::dlerror()));
  void* const entry = ::dlsym(handle.get(), kEntrySymbol);
  if (entry == nullptr) {
    return user_error(who + " does not export " + kEntrySymbol + "()")
        .with_hint("define it behind SINTER_RULE_PLUGIN_EXPORT of sinter/rule_plugin.h");
  }
  const sinter_rule_plugin* const table = reinterpret_cast<decltype(&sinter_rule_plugin_table)>(entry)();
  SINTER_TRY(check_plugin_table(table, path));
  return std::shared_ptr<const RulePlugin>(new RulePlugin(path, checksum64(bytes), std::move(handle), *table));
}

RulePlugin::RulePlugin(std::string path, std::uint64_t content_hash, Handle handle, const sinter_rule_plugin& table)
    : path_(std::move(path)), content_hash_(content_hash), handle_(std::move(handle)), table_(table) {
  for (const sinter_rule& rule : std::span(table.rules, table.rule_count)) rule_names_.push_back(std::string(kPluginPrefix) + rule.name);
}

std::string RulePlugin::title() const { return std::string(table_.name) + " " + table_.version; }

std::vector<RuleInfo> RulePlugin::rules() const {
  std::vector<RuleInfo> rules;
  for (std::size_t i = 0; i < rule_names_.size(); ++i)
    rules.push_back(plugin_rule_info(rule_names_[i], table_.rules[i], shared_from_this()));
  return rules;
}

}  // namespace sinter::fusion

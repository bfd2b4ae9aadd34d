// RulePlugin: a shared object with fusion rules (sinter/rule_plugin.h), loaded and checked. Immutable; any thread. Only rule_plugin.cpp
// knows how shared objects are loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "jobs/fusion/rules/rule.hpp"
#include "sinter/rule_plugin.h"

namespace sinter::fusion {

/// Of the file: it is read as a whole for its hash.
inline constexpr std::uint64_t kMaxPluginFileBytes = 256u << 20;
/// Rules of one plugin, parameters of one rule: a table that says more is damaged.
inline constexpr std::uint64_t kMaxPluginTableItems = 1000;

/// Good when this sinter can use the table. Errors: null, another magic, ABI version or layout; names, types or functions that are missing
/// or wrong. `path` is for messages.
Status check_plugin_table(const sinter_rule_plugin* table, const std::string& path);

/// The shared object stays loaded as long as this lives; rules made of it keep it.
class RulePlugin : public std::enable_shared_from_this<RulePlugin> {
 public:
  /// Loads the shared object, which runs its initialisers, and checks its table. Errors: no such file, no shared object, no entry symbol,
  /// check_plugin_table().
  static Result<std::shared_ptr<const RulePlugin>> load(FileSystem& files, const std::string& path);

  const std::string& path() const { return path_; }
  /// Of the file's bytes.
  std::uint64_t content_hash() const { return content_hash_; }
  /// "quantile 1.0", as the plugin says.
  std::string title() const;
  /// Its rules as job files know them. The lines point into the plugin.
  std::vector<RuleInfo> rules() const;

 private:
  using Handle = std::unique_ptr<void, void (*)(void*)>;
  RulePlugin(std::string path, std::uint64_t content_hash, Handle handle, const sinter_rule_plugin& table);

  std::string path_;
  std::uint64_t content_hash_;
  Handle handle_;
  const sinter_rule_plugin& table_;
  std::vector<std::string> rule_names_;  // with the prefix
};

}  // namespace sinter::fusion

// Decodes `plugins:`: loads shared objects and adds their rules to those that the job may name. One thread.
#include <algorithm>
#include <utility>

#include "jobs/fusion/config/job_decoder.hpp"

namespace sinter::fusion {
namespace {

/// Adds the rules of a plugin; a name that is there already is a mistake.
void add_rules(DecodeContext& context, const std::shared_ptr<const RulePlugin>& plugin, Mark mark) {
  for (RuleInfo& rule : plugin->rules()) {
    const auto is_same = [&](const RuleInfo& known) { return known.name == rule.name; };
    if (std::any_of(context.rules.begin(), context.rules.end(), is_same)) {
      context.diagnostics.error(
          mark, "plugin '" + plugin->path() + "' has a rule '" + std::string(rule.name) + "', and so has a plugin before it",
          "a job can use one rule of a name: leave one plugin out");
      continue;
    }
    context.rules.push_back(std::move(rule));
  }
}

}  // namespace

void decode_plugins(DecodeContext& context, const ConfigNode* plugins, const PluginLoader& load_plugin) {
  if (plugins == nullptr) return;
  const auto load = [&](const ConfigNode& item) {
    if (item.kind != NodeKind::Scalar) return;  // the section's table has said so
    const std::string path = context.resolve_path(item.scalar, item.mark, "plugins");
    if (path.empty() || !load_plugin) {
      if (!path.empty()) context.diagnostics.error(item.mark, "plugins are not loaded here");
      context.has_broken_plugin = true;
      return;
    }
    auto plugin = load_plugin(path);
    if (!plugin.ok()) {
      context.diagnostics.error(item.mark, plugin.error().message(), plugin.error().hint());
      context.has_broken_plugin = true;
      return;
    }
    add_rules(context, *plugin, item.mark);
    context.job.plugins.push_back(std::move(*plugin));
  };
  load(*plugins);
  for (const ConfigNode& item : plugins->items) load(item);
}

}  // namespace sinter::fusion

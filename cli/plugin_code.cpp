// Plugins by name among a job's code. Stateless.
#include "cli/plugin_code.hpp"

#include "framework/runtime/shipped_files.hpp"

namespace sinter::cli {
namespace {

/// The same text in the job file is the same name, wherever it is read.
std::string name_of(const std::string& path) { return "plugins" + confined_path(whole_path("/here", path)); }

}  // namespace

std::vector<cluster::CodeFile> code_of_plugins(const fusion::JobFile& job) {
  std::vector<cluster::CodeFile> code;
  for (const auto& plugin : job.plugins) code.push_back({name_of(plugin->path()), plugin->path()});
  return code;
}

fusion::PluginLoader load_plugins_of(FileSystem& files, std::string directory) {
  if (directory.empty()) return fusion::load_plugins(files);
  return [&files, directory = std::move(directory)](const std::string& path) {
    return fusion::RulePlugin::load(files, directory + "/" + name_of(path));
  };
}

}  // namespace sinter::cli

// The plugins of a job file as code that travels to the nodes of a cluster, and how workers there find it. Stateless; any thread.
#pragma once

#include <string>
#include <vector>

#include "framework/cluster/sent_files.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::cli {

std::vector<cluster::CodeFile> code_of_plugins(const fusion::JobFile& job);

/// Loads from `directory`, where a node has put what code_of_plugins() named; empty: from where the job says.
fusion::PluginLoader load_plugins_of(FileSystem& files, std::string directory);

}  // namespace sinter::cli

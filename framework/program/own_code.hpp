// This process's own code: its program and the shared libraries that it has loaded, for nodes to run it. Any thread.
#pragma once

#include <vector>

#include "framework/cluster/sent_files.hpp"

namespace sinter {

/// Where the kernel keeps the program of this process, also when its file was replaced.
inline constexpr std::string_view kOwnExecutable = "/proc/self/exe";

/// All but the C library's own, which belong to the system that runs the program. Error (the user's): two libraries of one name.
Result<std::vector<cluster::CodeFile>> own_code();

}  // namespace sinter

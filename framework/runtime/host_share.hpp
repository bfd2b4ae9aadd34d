// What this process may use of its machine: all of it, or what the control group of a container or unit leaves. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace sinter {

/// The smallest memory limit of this process's control group and those above it (cgroup v1 and v2), and no more than `machine_bytes`.
/// `root` is where groups are mounted, `/sys/fs/cgroup`; `own_groups` the text of /proc/self/cgroup. In a container, which sees its own
/// group at the root, the path in that text is none of its files': what is missing on the way up is passed over.
std::uint64_t memory_within_groups(const std::string& root, const std::string& own_groups, std::uint64_t machine_bytes);
/// The same of processors: a quota, rounded up; at least 1, at most `machine`.
std::uint32_t processors_within_groups(const std::string& root, const std::string& own_groups, std::uint32_t machine);

/// Of this process. Cost: some small files of the kernel's are read.
std::uint64_t host_memory_bytes();
std::uint32_t host_processors();

}  // namespace sinter

// Groups of processes that the kernel limits (cgroup v1 or v2): a worker together with what it starts, pages that it touches and not only
// those that it asks for. A node has a MemoryGroups for its life; its workers make groups in it, and whoever reaps them asks how they
// ended.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace sinter {

class MemoryGroups {
 public:
  /// Takes a place below the group that this process is in. `root` is where groups are mounted, `/sys/fs/cgroup`; `own_groups` the text of
  /// /proc/self/cgroup. With cgroup v2 this process moves to a group of its own, as the kernel wants it. Errors: this system lets us
  /// make none, with the reason; workers are limited by limit_memory() all the same.
  static Result<std::unique_ptr<MemoryGroups>> make(const std::string& root, const std::string& own_groups);
  /// Removes it and what dead workers left there.
  ~MemoryGroups();
  MemoryGroups(const MemoryGroups&) = delete;
  MemoryGroups& operator=(const MemoryGroups&) = delete;

  const std::string& directory() const { return directory_; }
  /// Groups of one job's workers begin so, see memory_group_of().
  std::string place_of(std::uint64_t job) const;
  /// "cgroup v1" or "cgroup v2".
  const std::string& kind() const { return kind_; }

 private:
  MemoryGroups(std::string directory, std::string kind) : directory_(std::move(directory)), kind_(std::move(kind)) {}
  std::string directory_;
  std::string kind_;
};

/// A whole file of the kernel's, under /proc or /sys, which has no size to go by; "" where there is none.
std::string kernel_text(const std::string& path);

/// The path of this process's group in the text of /proc/self/cgroup: of the line "5:memory:/path" of v1, or of "0::/path" of v2 when
/// `controller` is empty. "" for the root, and where there is none.
std::string own_group(const std::string& groups, const std::string& controller);

/// The group of one worker at a place.
std::string memory_group_of(const std::string& place, std::uint32_t worker);

/// Makes the group, for the calling process and all that it starts from now on. Errors: the group cannot be made. Cost: the kernel takes
/// some 10 ms to move a process.
Status join_memory_group(const std::string& group);
/// Those in it may use this much memory together; the kernel kills them beyond.
Status limit_memory_group(const std::string& group, std::uint64_t limit_bytes);

/// Removes a group whose processes have ended. "" or, when the kernel killed for its limit, a sentence that names it.
std::string end_memory_group(const std::string& group);

/// Removes those at a place whose processes have ended.
void remove_memory_groups(const std::string& place);

}  // namespace sinter

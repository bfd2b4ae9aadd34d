// Files of the kernel's under /sys/fs/cgroup. Any thread, each group by one at a time.
#include "framework/runtime/memory_group.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/descriptor.hpp"
#include "base/file_system.hpp"
#include "base/parse_size.hpp"

namespace sinter {
namespace {

constexpr const char* kLimitV1 = "/memory.limit_in_bytes";
constexpr const char* kLimitV2 = "/memory.max";

Status put(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.number() < 0 || ::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return system_error("write '" + text + "' to", path, errno);
  return {};
}

Status make(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return system_error("make the group", path, errno);
  return {};
}

bool has_word(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string one; words >> one;)
    if (one == word) return true;
  return false;
}

constexpr std::string_view kPrefix = "sinter-";
constexpr std::string_view kWorkerPrefix = "sinter-worker-";

/// Empty groups with names that begin so. Those with processes in them stay.
void remove_empty(const std::string& directory, std::string_view prefix) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
  if (!open) return;
  while (const dirent* entry = ::readdir(open.get()))
    if (std::string_view(entry->d_name).starts_with(prefix)) ::rmdir((directory + "/" + entry->d_name).c_str());
}

/// What nodes that were killed left below `parent`: "sinter-<process>" of no process that lives.
void remove_dead(const std::string& parent) {
  remove_empty(parent, kWorkerPrefix);
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(parent.c_str()), ::closedir);
  if (!open) return;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name(entry->d_name);
    const int process = name.starts_with(kPrefix) ? std::atoi(entry->d_name + kPrefix.size()) : 0;
    if (process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH) continue;
    const std::string dead = parent + "/" + entry->d_name;
    remove_empty(dead, kWorkerPrefix);
    ::rmdir(dead.c_str());
  }
}

std::string own_name() { return "/sinter-" + std::to_string(::getpid()); }

Result<std::string> make_v1(const std::string& root, const std::string& own_groups) {
  const std::string parent = root + "/memory" + own_group(own_groups, "memory");
  if (::access((parent + kLimitV1).c_str(), F_OK) != 0) return environment_error("there is no " + parent + kLimitV1);
  remove_dead(parent);
  SINTER_TRY(make(parent + own_name()));
  return parent + own_name();
}

/// A group with limits below it may hold no process itself, so this one goes into one beside its workers'.
Result<std::string> make_v2(const std::string& mount, const std::string& own_groups) {
  const std::string own = mount + own_group(own_groups, "");
  if (!has_word(kernel_text(own + "/cgroup.controllers"), "memory")) return environment_error("there is no memory controller in " + own);
  remove_dead(own);
  const std::string daemon = own + own_name();
  SINTER_TRY(make(daemon));
  Status moved = put(daemon + "/cgroup.procs", std::to_string(::getpid()));
  if (moved.ok()) moved = put(own + "/cgroup.subtree_control", "+memory");
  if (moved.ok()) return own;
  // Back to where we were; what keeps it from going is said already.
  (void)put(own + "/cgroup.procs", std::to_string(::getpid()));
  ::rmdir(daemon.c_str());
  return std::move(moved).error();
}

}  // namespace

std::string kernel_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string own_group(const std::string& groups, const std::string& controller) {
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    for (char& c : controllers)
      if (c == ',') c = ' ';
    if (controller.empty() ? controllers.empty() : has_word(controllers, controller)) {
      const std::string path = line.substr(second + 1);
      return path == "/" ? "" : path;
    }
  }
  return "";
}

Result<std::unique_ptr<MemoryGroups>> MemoryGroups::make(const std::string& root, const std::string& own_groups) {
  std::string reasons;
  for (const std::string& mount : {root, root + "/unified"}) {
    Result<std::string> second = make_v2(mount, own_groups);
    if (second.ok()) return std::unique_ptr<MemoryGroups>(new MemoryGroups(*second, "cgroup v2"));
    reasons += second.error().message() + "; ";
  }
  Result<std::string> first = make_v1(root, own_groups);
  if (first.ok()) return std::unique_ptr<MemoryGroups>(new MemoryGroups(*first, "cgroup v1"));
  return environment_error(reasons + first.error().message(), false);
}

MemoryGroups::~MemoryGroups() {
  remove_empty(directory_, kWorkerPrefix);
  // A v1 place is empty now and goes; one of v2 is where this process came from, and stays.
  if (kind_ == "cgroup v1") ::rmdir(directory_.c_str());
}

std::string MemoryGroups::place_of(std::uint64_t job) const { return directory_ + "/" + std::string(kWorkerPrefix) + std::to_string(job); }

std::string memory_group_of(const std::string& place, std::uint32_t worker) { return place + "-" + std::to_string(worker); }

Status join_memory_group(const std::string& group) {
  SINTER_TRY(make(group));
  return put(group + "/cgroup.procs", std::to_string(::getpid()));
}

Status limit_memory_group(const std::string& group, std::uint64_t limit_bytes) {
  const std::string directory = directory_of(group);
  const std::string limit = std::to_string(limit_bytes);
  if (::access((directory + kLimitV1).c_str(), F_OK) == 0) {
    SINTER_TRY(put(group + kLimitV1, limit));
    // Memory and swap together; not every kernel counts it.
    if (::access((group + "/memory.memsw.limit_in_bytes").c_str(), F_OK) == 0)
      SINTER_TRY(put(group + "/memory.memsw.limit_in_bytes", limit));
  } else {
    SINTER_TRY(put(group + kLimitV2, limit));
    if (::access((group + "/memory.swap.max").c_str(), F_OK) == 0) SINTER_TRY(put(group + "/memory.swap.max", "0"));
    // All of them go, not only the one that is largest.
    if (::access((group + "/memory.oom.group").c_str(), F_OK) == 0) SINTER_TRY(put(group + "/memory.oom.group", "1"));
  }
  return {};
}

void remove_memory_groups(const std::string& place) { remove_empty(directory_of(place), place.substr(place.rfind('/') + 1) + "-"); }

std::string end_memory_group(const std::string& group) {
  std::istringstream events(kernel_text(group + "/memory.events") + "\n" + kernel_text(group + "/memory.oom_control"));
  std::uint64_t killed = 0;
  for (std::string line; std::getline(events, line);)
    if (line.starts_with("oom_kill ")) killed += std::strtoull(line.c_str() + 9, nullptr, 10);
  const std::string limit = kernel_text(group + kLimitV1) + kernel_text(group + kLimitV2);
  ::rmdir(group.c_str());  // what it started may take a moment to end; then ~MemoryGroups() removes it
  if (killed == 0) return "";
  return "it and what it started took more memory than the " + format_size(std::strtoull(limit.c_str(), nullptr, 10)) +
         " that a worker may have: twice execution.memory and 1GiB beside";
}

}  // namespace sinter

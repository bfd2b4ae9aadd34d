// Limits are files of the kernel's, one directory for each group; a group's own limit may be wider than that of a group above it.
#include "framework/runtime/host_share.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <thread>

#include "framework/runtime/memory_group.hpp"

namespace sinter {
namespace {

constexpr const char* kGroups = "/sys/fs/cgroup";
constexpr const char* kOwnGroups = "/proc/self/cgroup";

/// The number that the text begins with; none in "max" or "-1" (no limit), and where there is no such file.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// Calls `look` with the directory of the group and of each one above it, up to the mount.
template <typename Look>
void climb(const std::string& mount, std::string group, Look look) {
  while (true) {
    look(mount + group);
    if (group.empty()) return;
    const std::size_t slash = group.find_last_of('/');
    group.resize(slash == std::string::npos ? 0 : slash);
  }
}

/// Where this process is: the mounts of v2, alone and beside v1, and that of a controller of v1.
template <typename Look>
void every_group(const std::string& root, const std::string& own_groups, const char* controller, Look look) {
  const std::string unified = own_group(own_groups, "");
  climb(root, unified, look);
  climb(root + "/unified", unified, look);
  climb(root + "/" + controller, own_group(own_groups, controller), look);
}

/// "QUOTA PERIOD" of v2 in one file, of v1 in two.
std::optional<std::uint64_t> quota_in(const std::string& directory) {
  std::string text = kernel_text(directory + "/cpu.max");
  if (text.empty()) text = kernel_text(directory + "/cpu.cfs_quota_us") + " " + kernel_text(directory + "/cpu.cfs_period_us");
  const std::optional<std::uint64_t> quota = number_in(text);
  const std::size_t digit = text.find_first_of("0123456789", std::min(text.find_first_of(" \n"), text.size()));
  if (!quota || digit == std::string::npos) return std::nullopt;
  const std::optional<std::uint64_t> period = number_in(std::string_view(text).substr(digit));
  if (!period || *period == 0) return std::nullopt;
  return (*quota + *period - 1) / *period;
}

}  // namespace

std::uint64_t memory_within_groups(const std::string& root, const std::string& own_groups, std::uint64_t machine_bytes) {
  std::uint64_t least = machine_bytes;
  every_group(root, own_groups, "memory", [&](const std::string& directory) {
    for (const char* limit : {"/memory.max", "/memory.limit_in_bytes"})
      least = std::min(least, number_in(kernel_text(directory + limit)).value_or(least));
  });
  return least;
}

std::uint32_t processors_within_groups(const std::string& root, const std::string& own_groups, std::uint32_t machine) {
  std::uint64_t least = machine;
  every_group(root, own_groups, "cpu",
              [&](const std::string& directory) { least = std::min(least, quota_in(directory).value_or(least)); });
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(least, 1));
}

std::uint64_t host_memory_bytes() {
  const std::uint64_t machine_bytes =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  return memory_within_groups(kGroups, kernel_text(kOwnGroups), machine_bytes);
}

std::uint32_t host_processors() { return processors_within_groups(kGroups, kernel_text(kOwnGroups), std::thread::hardware_concurrency()); }

}  // namespace sinter

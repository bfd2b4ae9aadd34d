// Memory groups: on files as the kernel of either kind shows them, and on the kernel of this machine where it lets us.
#include "framework/runtime/memory_group.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/limits.hpp"
#include "tests/support/command.hpp"

namespace sinter {
namespace {

using sinter::testing::read_whole_file;
using sinter::testing::TemporaryDirectory;

std::string own_groups() { return read_whole_file("/proc/self/cgroup"); }
std::string me() { return std::to_string(::getpid()); }

TEST(MemoryGroup, goes_below_the_own_group_of_v1) {
  const TemporaryDirectory root;
  root.write("memory/lab/memory.limit_in_bytes", "9223372036854771712");
  const auto groups = MemoryGroups::make(root.path().string(), "5:cpu,memory:/lab\n0::/\n");
  ASSERT_TRUE(groups.ok()) << groups.error().to_string();
  EXPECT_EQ((*groups)->kind(), "cgroup v1");
  EXPECT_EQ((*groups)->directory(), root / ("memory/lab/sinter-" + me()));
  root.write("memory/lab/sinter-" + me() + "/memory.limit_in_bytes", "0");  // the kernel would
  const std::string group = memory_group_of((*groups)->place_of(7), 2);
  ASSERT_TRUE(join_memory_group(group).ok());
  ASSERT_TRUE(limit_memory_group(group, 3 * kMiB).ok());
  EXPECT_EQ(group, (*groups)->directory() + "/sinter-worker-7-2");
  EXPECT_EQ(read_whole_file(group + "/memory.limit_in_bytes"), std::to_string(3 * kMiB));
  EXPECT_EQ(read_whole_file(group + "/cgroup.procs"), me());
  EXPECT_EQ(end_memory_group(group), "");
  root.write("memory/lab/sinter-" + me() + "/sinter-worker-7-2/memory.oom_control",
             "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  EXPECT_NE(end_memory_group(group).find("more memory than the 3MiB"), std::string::npos);
  for (const char* empty : {"7-3", "7-4", "70-1"}) std::filesystem::create_directories((*groups)->directory() + "/sinter-worker-" + empty);
  remove_memory_groups((*groups)->place_of(7));
  EXPECT_FALSE(std::filesystem::exists((*groups)->directory() + "/sinter-worker-7-3"));
  EXPECT_TRUE(std::filesystem::exists((*groups)->directory() + "/sinter-worker-70-1")) << "another job's";
}

TEST(MemoryGroup, moves_itself_aside_in_v2) {
  const TemporaryDirectory root;
  root.write("lab/cgroup.controllers", "cpu memory pids\n");
  const auto groups = MemoryGroups::make(root.path().string(), "0::/lab\n");
  ASSERT_TRUE(groups.ok()) << groups.error().to_string();
  EXPECT_EQ((*groups)->kind(), "cgroup v2");
  EXPECT_EQ(read_whole_file(root / ("lab/sinter-" + me() + "/cgroup.procs")), me());
  EXPECT_EQ(read_whole_file(root / "lab/cgroup.subtree_control"), "+memory");
  const std::string group = memory_group_of((*groups)->place_of(7), 2);
  ASSERT_TRUE(join_memory_group(group).ok());
  ASSERT_TRUE(limit_memory_group(group, 3 * kMiB).ok());
  EXPECT_EQ(read_whole_file(root / ("lab/sinter-worker-7-2/memory.max")), std::to_string(3 * kMiB));
  root.write("lab/sinter-worker-7-2/memory.events", "low 0\nmax 7\noom 2\noom_kill 2\n");
  EXPECT_NE(end_memory_group(group).find("3MiB"), std::string::npos);
}

TEST(MemoryGroup, says_why_there_is_none) {
  const TemporaryDirectory root;
  const auto groups = MemoryGroups::make(root.path().string(), "0::/lab\n");
  ASSERT_FALSE(groups.ok());
  EXPECT_NE(groups.error().message().find("there is no memory controller"), std::string::npos) << groups.error().message();
  EXPECT_FALSE(join_memory_group(root / "nowhere/group").ok());
}

TEST(MemoryGroup, the_kernel_kills_what_takes_more) {
  const auto groups = MemoryGroups::make("/sys/fs/cgroup", own_groups());
  if (!groups.ok()) GTEST_SKIP() << "no groups can be made here: " << groups.error().message();
  constexpr std::uint64_t kLimit = 64 * kMiB;
  const std::string group = memory_group_of((*groups)->place_of(7), 2);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!join_memory_group(group).ok() || !limit_memory_group(group, kLimit).ok()) ::_exit(3);
    const pid_t grandchild = ::fork();  // what a worker starts counts too
    if (grandchild == 0) {
      // Volatile, or a compiler that optimizes sees that nobody needs it.
      auto* memory = static_cast<volatile char*>(std::malloc(4 * kLimit));
      for (std::uint64_t at = 0; at < 4 * kLimit; at += 4 * kKiB) memory[at] = 1;
      ::_exit(memory[kLimit]);
    }
    int status = 0;
    ::waitpid(grandchild, &status, 0);
    ::_exit(WIFSIGNALED(status) ? 9 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 9) << status;
  const std::string how = end_memory_group(group);
  EXPECT_NE(how.find("64MiB"), std::string::npos) << how;
}

}  // namespace
}  // namespace sinter

// What a process may use of its machine, on files as the kernel shows them to processes on hosts, in units and in containers.
#include "framework/runtime/host_share.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/support/command.hpp"

namespace sinter {
namespace {

using sinter::testing::TemporaryDirectory;

constexpr std::uint64_t kMachine = 64 * kGiB;

class HostShare : public ::testing::Test {
 protected:
  std::uint64_t memory(const std::string& own) const { return memory_within_groups(root_.path().string(), own, kMachine); }
  std::uint32_t processors(const std::string& own) const { return processors_within_groups(root_.path().string(), own, 16); }
  void write(const std::string& name, std::uint64_t value) const { root_.write(name, std::to_string(value) + "\n"); }

  TemporaryDirectory root_;
};

TEST_F(HostShare, is_the_machine_where_there_are_no_groups) {
  EXPECT_EQ(memory(""), kMachine);
  EXPECT_EQ(processors(""), 16u);
  EXPECT_EQ(memory("0::/nowhere\n"), kMachine);
  EXPECT_EQ(processors("no such text"), 16u);
}

TEST_F(HostShare, is_what_a_container_of_v2_may_have) {  // it sees its own group at the root
  write("memory.max", 2 * kGiB);
  root_.write("cpu.max", "150000 100000\n");
  EXPECT_EQ(memory("0::/\n"), 2 * kGiB);
  EXPECT_EQ(processors("0::/\n"), 2u) << "one and a half";
  root_.write("cpu.max", "10000 100000\n");
  EXPECT_EQ(processors("0::/\n"), 1u);
}

TEST_F(HostShare, is_the_smallest_of_the_groups_above) {
  root_.write("machine.slice/cpu.max", "400000 100000\n");
  root_.write("machine.slice/node.service/cpu.max", "max 100000\n");
  write("machine.slice/memory.max", 3 * kGiB);
  write("machine.slice/node.service/memory.max", 5 * kGiB);
  EXPECT_EQ(memory("0::/machine.slice/node.service\n"), 3 * kGiB);
  EXPECT_EQ(processors("0::/machine.slice/node.service\n"), 4u);
  root_.write("machine.slice/memory.max", "max\n");
  EXPECT_EQ(memory("0::/machine.slice/node.service\n"), 5 * kGiB);
  EXPECT_EQ(memory("0::/other.slice\n"), kMachine);
}

TEST_F(HostShare, is_what_a_container_of_v1_may_have) {  // its path is the host's, and not there
  write("memory/memory.limit_in_bytes", 1 * kGiB);
  root_.write("cpu/cpu.cfs_quota_us", "250000\n");
  root_.write("cpu/cpu.cfs_period_us", "100000\n");
  const std::string own = "4:memory:/libpod_parent/libpod-d0bb\n3:cpu,cpuacct:/libpod_parent/libpod-d0bb\n0::/libpod_parent/libpod-d0bb\n";
  EXPECT_EQ(memory(own), 1 * kGiB);
  EXPECT_EQ(processors(own), 3u);
  root_.write("memory/memory.limit_in_bytes", "9223372036854771712\n");  // none
  root_.write("cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(memory(own), kMachine);
  EXPECT_EQ(processors(own), 16u);
}

TEST_F(HostShare, is_some_of_this_machine) {
  EXPECT_GT(host_memory_bytes(), 0u);
  EXPECT_GE(host_processors(), 1u);
}

}  // namespace
}  // namespace sinter

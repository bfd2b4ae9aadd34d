// Scratch space and memory of nodes: what limits do, and what is left of nodes that were killed.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/cluster/lan.hpp"

namespace sinter::testing {
namespace {

/// A node as Lan starts them, with more words.
std::unique_ptr<BackgroundCommand> start_node(Lan& lan, const std::string& name, std::vector<std::string> more) {
  std::vector<std::string> words{std::string(SINTER_BIN_DIR) + "/sinter",
                                 "node",
                                 lan.address(),
                                 "--name",
                                 name,
                                 "--host",
                                 name,
                                 "--slots",
                                 "1",
                                 "--scratch",
                                 lan.directory() / name};
  words.insert(words.end(), more.begin(), more.end());
  const std::string log = lan.directory() / (name + ".log");
  auto node = std::make_unique<BackgroundCommand>(words, log);
  EXPECT_TRUE(wait_until([&] { return read_whole_file(log).find("joined the tracker") != std::string::npos; }, 20)) << read_whole_file(log);
  return node;
}

std::string make_job(Lan& lan, int rows) {
  std::string text = "k,v\n";
  for (int row = 0; row < rows; ++row) text += std::to_string(row) + "," + std::to_string(row % 7) + "\n";
  lan.directory().write("a.csv", text);
  return lan.directory().write("job.yaml",
                               "version: 1\nsources: { a: { from: a.csv } }\nentity: { key: k }\nfuse: { default: vote }\n"
                               "output: { fused: { to: o.csv } }\nexecution: { split_size: 4KiB }\n");
}

TEST(ClusterScratch, a_node_without_room_leaves_its_tasks_to_others) {
  Lan lan(1, 1);
  const auto full = start_node(lan, "full", {"--scratch-limit", "1B"});
  const std::string job = make_job(lan, 5'000);
  const CommandResult run = lan.run(job);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const std::string fused = read_whole_file(lan.directory() / "o.csv");
  EXPECT_EQ(std::count(fused.begin(), fused.end(), '\n'), 5'001);
}

TEST(ClusterScratch, a_node_without_room_is_left_alone_while_the_job_goes_on_and_its_slot_is_free) {
  Lan lan(2, 1);
  const auto full = start_node(lan, "full", {"--scratch-limit", "1B"});
  ASSERT_EQ(lan.run(make_job(lan, 200'000), {"--detach"}).exit_code, 0);
  const auto line_of = [&](const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line))
      if (line.find("full") != std::string::npos) return line;
    return std::string();
  };
  const auto failures = [&] {
    std::istringstream lines(lan.job("history", "1"));
    std::string line;
    int found = 0;
    while (std::getline(lines, line))
      found += line.find("attempt_failed") != std::string::npos && line.find("node=full") != std::string::npos;
    return found;
  };
  ASSERT_TRUE(wait_until([&] { return failures() >= 3; }, 60)) << lan.job("history", "1");
  EXPECT_TRUE(wait_until([&] { return line_of(lan.job("nodes")).find("0 of 1") != std::string::npos; }, 20)) << lan.job("nodes");
  EXPECT_NE(lan.job("list").find("running"), std::string::npos) << lan.job("list");
  EXPECT_EQ(lan.sinter({"job", "cancel", "1", "--cluster", lan.address()}).exit_code, 0);
}

TEST(ClusterScratch, a_cluster_without_room_says_so) {
  Lan lan(0, 1);
  const auto full = start_node(lan, "full", {"--scratch-limit", "1B"});
  const CommandResult run = lan.run(make_job(lan, 100));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("the node 'full' has no room for another task"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("--scratch-limit is 1B"), std::string::npos) << run.err;
}

TEST(ClusterScratch, what_a_killed_node_left_goes_when_it_starts_again) {
  Lan lan(0, 1);
  const auto left = [&] {
    std::vector<std::string> names;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(lan.directory() / "lab", gone)) names.push_back(entry.path().filename());
    return names;
  };
  auto node = start_node(lan, "lab", {});
  node->signal(SIGKILL);
  EXPECT_EQ(node->wait(10), 128 + SIGKILL);
  const std::vector<std::string> before = left();
  ASSERT_EQ(before.size(), 1u) << "its scratch directory";
  std::filesystem::remove(lan.directory() / "lab.log");
  node = start_node(lan, "lab", {});
  EXPECT_EQ(left().size(), 1u);
  EXPECT_NE(left(), before) << "another one";
  node->signal(SIGTERM);
  EXPECT_EQ(node->wait(10), 0);
  EXPECT_TRUE(left().empty());
}

/// Of a process in cgroup v1 or v2, below where they are mounted; empty: none that sinter made.
std::string memory_group(pid_t process) {
  std::istringstream lines(read_whole_file("/proc/" + std::to_string(process) + "/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.find("/sinter-worker-") != std::string::npos) return line.substr(line.rfind(':') + 1);
  return "";
}

TEST(ClusterMemory, workers_have_groups_that_go_with_the_node) {
  Lan lan(1, 1);
  if (lan.log_of_node(0).find("limited for each process") != std::string::npos) GTEST_SKIP() << "no groups can be made here";
  const auto client = lan.run_in_background(make_job(lan, 200'000));
  std::string group;
  EXPECT_TRUE(wait_until(
      [&] {
        for (const pid_t worker : lan.workers(0)) group = memory_group(worker);
        return !group.empty() || !client->running();
      },
      20));
  ASSERT_NE(group, "");
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log");
  const std::string below = "/sys/fs/cgroup/memory" + group.substr(0, group.rfind('/'));
  if (!std::filesystem::exists(below)) GTEST_SKIP() << "groups of v2 lie beside the node's and go with their worker";
  EXPECT_TRUE(wait_until([&] { return !std::filesystem::exists("/sys/fs/cgroup/memory" + group); }, 10));
  lan.node(0).signal(SIGINT);
  EXPECT_EQ(lan.node(0).wait(10), 0);
  EXPECT_FALSE(std::filesystem::exists(below));
}

}  // namespace
}  // namespace sinter::testing

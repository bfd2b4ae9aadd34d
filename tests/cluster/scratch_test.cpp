// Scratch space of nodes: what a limit does, and what is left of nodes that were killed.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

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

}  // namespace
}  // namespace sinter::testing

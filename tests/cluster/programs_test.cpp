// Jobs that bring native code to a cluster: programs and plugins give the bytes of one machine, run where they may and nowhere else, and
// cost what they should when they die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/cluster/lan.hpp"

namespace sinter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kBin = SINTER_BIN_DIR;

class ProgramsTest : public ::testing::Test {
 protected:
  static CommandResult in(const std::string& directory, std::vector<std::string> words) {
    words.insert(words.begin(), {"env", "-C", directory});
    return run_command(words, 120);
  }
  static std::vector<std::string> there(const Lan& lan, std::vector<std::string> words) {
    words.insert(words.end(), {"--cluster", lan.address()});
    return words;
  }
  /// A copy of an example's data, in a directory of the cluster.
  static std::string copy_of_example(const Lan& lan, const std::string& folder) {
    const std::string directory = lan.directory() / folder;
    std::filesystem::create_directories(directory);
    std::filesystem::copy(std::string(SINTER_SOURCE_DIR) + "/examples/" + folder + "/data", directory + "/data",
                          std::filesystem::copy_options::recursive);
    return directory;
  }
  /// The program of tests, with a directory that has its input.
  static std::string make_input(const Lan& lan, const std::string& text = "a\nb\na\n") {
    lan.directory().write("code/in/lines.txt", text);
    return lan.directory() / "code";
  }
  static std::string result(const std::string& directory, const std::string& name = "out.csv") {
    const std::string path = directory + "/" + name;
    return std::filesystem::exists(path) ? read_whole_file(path) : "none";
  }
  static std::string without_run(const std::string& manifest) { return manifest.substr(0, manifest.find("\"run\"")); }
  static bool has_ended(const Lan& lan, const std::string& how) { return lan.job("list").find("1  " + how) != std::string::npos; }

  const std::string program_ = kBin + "/cluster_code_job";
};

TEST_F(ProgramsTest, examples_give_the_bytes_of_one_machine_on_shared_paths_and_shipped) {
  Lan lan(0, 1);
  for (int node = 0; node < 2; ++node) lan.add_node(2, {"--allow-native"});
  const std::vector<std::pair<std::string, std::string>> examples = {{"01_word_count", "counts.csv"},
                                                                     {"04_join", "orders.csv"},
                                                                     {"08_k_means", "labels.csv"},
                                                                     {"09_custom_reader", "stations.txt"},
                                                                     {"10_random_forest", "tested.csv"}};
  for (const auto& [folder, output] : examples) {
    const std::string directory = copy_of_example(lan, folder);
    const std::string program = kBin + "/example_" + folder.substr(3);
    const CommandResult here = in(directory, {program});
    ASSERT_EQ(here.exit_code, 0) << here.err;
    const std::string expected = result(directory, output);
    const std::string manifest = result(directory, output + ".success.json");
    for (const std::string how : {"shared", "shipped"}) {
      const CommandResult run = in(directory, there(lan, {program, "run", "--force", "--split", "4KiB", "--files", how}));
      ASSERT_EQ(run.exit_code, 0) << folder << ", " << how << ":\n" << run.err << lan.log_of_node(0);
      EXPECT_EQ(result(directory, output), expected) << folder << ", " << how;
      // On shared paths a manifest names whole ones.
      if (how == "shipped") {
        EXPECT_EQ(without_run(result(directory, output + ".success.json")), without_run(manifest)) << folder;
      }
      EXPECT_THAT(run.err, HasSubstr(how == "shared" ? "files     on shared paths" : "files     shipped: "));
    }
  }
  EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 5)) << lan.left_on_nodes().front();
  EXPECT_EQ(lan.stop(), "");
}

TEST_F(ProgramsTest, a_detached_program_is_listed_and_its_results_are_fetched) {
  Lan lan(0, 1);
  lan.add_node(1, {"--allow-native"});
  const std::string directory = make_input(lan);
  const CommandResult run = in(directory, there(lan, {program_, "--detach", "--files", "shipped"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("sinter job fetch 1"));
  ASSERT_TRUE(wait_until([&] { return has_ended(lan, "done"); }, 60)) << lan.job("list") << lan.log_of_node(0);
  EXPECT_EQ(result(directory), "none");
  const CommandResult fetched = lan.sinter({"job", "fetch", "1", "--cluster", lan.address()});
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_EQ(result(directory), "line,count\na,2\nb,1\n");
}

TEST_F(ProgramsTest, a_program_brings_its_libraries) {
  Lan lan(0, 1);
  lan.add_node(1, {"--allow-native"});
  const std::string directory = make_input(lan, "wait\n");
  const std::string gate = directory + "/gate";
  ASSERT_EQ(in(directory, there(lan, {program_, "--detach", "--files", "shared", "--param", "gate=" + gate})).exit_code, 0);
  const auto uses_what_it_brought = [&] {
    for (const pid_t worker : lan.workers(0)) {
      const std::string path = "/proc/" + std::to_string(worker) + "/maps";
      std::ifstream file(path);
      const std::string maps((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      if (maps.find("/run-1/code/lib/libsinter.so") != std::string::npos && maps.find("/run-1/code/program") != std::string::npos)
        return true;
    }
    return false;
  };
  EXPECT_TRUE(wait_until(uses_what_it_brought, 60)) << lan.log_of_node(0);
  std::ofstream(gate).put('x');
  EXPECT_TRUE(wait_until([&] { return has_ended(lan, "done"); }, 60)) << lan.job("list") << lan.log_of_node(0);
}

TEST_F(ProgramsTest, a_slow_range_is_cut_again_between_nodes_and_a_tracker_that_dies_then_knows_of_it) {
  Lan lan(0, 1);
  for (int node = 0; node < 2; ++node) lan.add_node(1, {"--allow-native"});
  std::string text;
  for (int group = 1'000; group < 1'400; ++group) text += std::to_string(group) + "\n";
  const std::string directory = make_input(lan, text);
  ASSERT_EQ(in(directory, {program_}).exit_code, 0);
  const std::string expected = result(directory);
  const CommandResult run =
      in(directory, there(lan, {program_, "run", "--force", "--detach", "--files", "shared", "--param", "nap_ms=40"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto cuts = [&] { return lan.job("history", "1").find("range_cut") != std::string::npos; };
  ASSERT_TRUE(wait_until(cuts, 60)) << lan.job("history", "1") << lan.log_of_tracker();
  lan.restart_tracker(SIGKILL);
  ASSERT_TRUE(wait_until([&] { return has_ended(lan, "done"); }, 120)) << lan.job("list") << lan.log_of_tracker();
  EXPECT_EQ(result(directory), expected);
  EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 5)) << lan.left_on_nodes().front();
  EXPECT_EQ(lan.stop(), "");
}

TEST_F(ProgramsTest, plugins_come_along_and_need_not_lie_on_nodes) {
  Lan lan(0, 1);
  const std::string directory = copy_of_example(lan, "07_custom_rule");
  const std::string example = std::string(SINTER_SOURCE_DIR) + "/examples/07_custom_rule/";
  std::filesystem::copy(example + "job.yaml", directory + "/job.yaml");
  std::filesystem::copy(SINTER_QUANTILE_PLUGIN, directory + "/quantile.so");
  for (const std::string how : {"shared", "shipped"}) {
    const CommandResult run =
        in(directory, there(lan, {kBin + "/sinter", "run", "job.yaml", "-o", "out/" + how + ".csv", "--files", how, "--detach"}));
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }
  EXPECT_THAT(lan.job("list"), HasSubstr("waits for a node"));
  // From here on the tracker alone has it.
  std::filesystem::remove(directory + "/quantile.so");
  lan.add_node(1, {"--allow-native"});
  ASSERT_TRUE(wait_until([&] { return lan.job("list").find("2  done") != std::string::npos && has_ended(lan, "done"); }, 60))
      << lan.job("list") << lan.log_of_node(0);
  const std::string expected = read_whole_file(example + "expected/books.csv");
  EXPECT_EQ(result(directory, "out/shared.csv"), expected);
  EXPECT_EQ(lan.sinter({"job", "fetch", "2", "--cluster", lan.address()}).exit_code, 0);
  EXPECT_EQ(result(directory, "out/shipped.csv"), expected);
}

TEST_F(ProgramsTest, nodes_that_do_not_allow_native_code_run_none) {
  Lan lan(1, 1);
  const std::string directory = make_input(lan, "a\nwait\n");
  const CommandResult refused = in(directory, there(lan, {program_}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("none of the nodes that are there was started with --allow-native"));
  lan.add_node(1, {"--allow-native"});
  const CommandResult run =
      in(directory, there(lan, {program_, "--detach", "--files", "shared", "--param", "gate=" + directory + "/gate"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  ASSERT_TRUE(wait_until([&] { return !lan.workers(1).empty(); }, 60)) << lan.log_of_node(1);
  // It waits, and says for what, when those that would take it have gone.
  lan.node(1).signal(SIGKILL);
  EXPECT_NE(lan.node(1).wait(10), -1);
  EXPECT_TRUE(
      wait_until([&] { return lan.job("list").find("waits for a node that was started with --allow-native") != std::string::npos; }, 30))
      << lan.job("list");
  EXPECT_TRUE(lan.workers(0).empty());
  lan.add_node(1, {"--allow-native"});
  std::ofstream(directory + "/gate").put('x');
  EXPECT_TRUE(wait_until([&] { return has_ended(lan, "done"); }, 60)) << lan.job("list") << lan.log_of_node(2);
  EXPECT_THAT(lan.job("history", "1"), Not(HasSubstr("node-0")));
  EXPECT_EQ(result(directory), "line,count\na,1\nwait,1\n");
}

TEST_F(ProgramsTest, who_has_no_right_to_native_code_brings_none) {
  Lan lan(0, 1);
  lan.add_node(1, {"--allow-native"});
  const std::string directory = make_input(lan);
  const auto as_other = [&](const std::vector<std::string>& words) {
    ::setenv("SINTER_HOME", (lan.directory() / "elsewhere").c_str(), 1);
    const CommandResult result = in(directory, words);
    ::setenv("SINTER_HOME", (lan.directory() / "home").c_str(), 1);
    return result;
  };
  const auto join = [&](const std::string& role, const std::string& name) {
    const CommandResult token = lan.sinter({"token", "create", "--role", role, "--cluster", lan.address()});
    const std::string file = lan.directory().write("token-" + name, token.out);
    return as_other({kBin + "/sinter", "join", lan.address(), "--token-file", file, "--name", name});
  };
  ASSERT_EQ(join("submit", "ada").exit_code, 0);
  const CommandResult refused = as_other(there(lan, {program_}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the job brings native code, and this key may not"));
  EXPECT_EQ(result(directory), "none");
  ASSERT_EQ(lan.sinter({"member", "remove", "ada", "--cluster", lan.address()}).exit_code, 0);
  ASSERT_EQ(join("submit+native", "ada").exit_code, 0);
  const CommandResult run = as_other(there(lan, {program_}));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(result(directory), "line,count\na,2\nb,1\n");
}

TEST_F(ProgramsTest, code_that_is_not_what_its_hash_says_is_not_run) {
  Lan lan(0, 1);
  const std::string directory = make_input(lan);
  ASSERT_EQ(in(directory, there(lan, {program_, "--detach", "--files", "shared"})).exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(lan.directory() / "tracker-data/files")) {
    if (!entry.is_regular_file()) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 2));
    file.put('?').put('!');
  }
  lan.add_node(1, {"--allow-native"});
  ASSERT_TRUE(wait_until([&] { return has_ended(lan, "failed"); }, 60)) << lan.job("list");
  EXPECT_THAT(lan.job("status", "1"), HasSubstr("has other bytes than its hash says, and is not run"));
  EXPECT_EQ(result(directory), "none");
}

TEST_F(ProgramsTest, a_program_that_dies_costs_an_attempt_with_its_reason) {
  Lan lan(0, 1);
  lan.add_node(1, {"--allow-native"});
  const std::string directory = make_input(lan, "a\ndie\n");
  const CommandResult run = in(directory, there(lan, {program_, "--param", "died=" + directory + "/died"}));
  ASSERT_EQ(run.exit_code, 0) << run.err << lan.log_of_node(0);
  EXPECT_THAT(run.err, HasSubstr("attempts  1 failed and were repeated, 1 workers lost"));
  EXPECT_EQ(result(directory), "line,count\na,1\ndie,1\n");
  EXPECT_THAT(lan.job("history", "1"), HasSubstr("was killed by signal 11 (Segmentation fault)"));
}

TEST_F(ProgramsTest, a_tracker_that_is_killed_goes_on_with_a_program) {
  Lan lan(0, 1);
  for (int node = 0; node < 2; ++node) lan.add_node(1, {"--allow-native"});
  const std::string directory = make_input(lan, "a\nwait\n");
  const std::string gate = directory + "/gate";
  ASSERT_EQ(in(directory, there(lan, {program_, "--detach", "--files", "shipped", "--param", "gate=" + gate})).exit_code, 0);
  ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty() || !lan.workers(1).empty(); }, 60)) << lan.log_of_tracker();
  lan.restart_tracker(SIGKILL);
  std::ofstream(gate).put('x');
  ASSERT_TRUE(wait_until([&] { return has_ended(lan, "done"); }, 60)) << lan.job("list") << lan.log_of_tracker();
  EXPECT_EQ(lan.sinter({"job", "fetch", "1", "--cluster", lan.address()}).exit_code, 0);
  EXPECT_EQ(result(directory), "line,count\na,1\nwait,1\n");
}

TEST_F(ProgramsTest, options_of_clusters_are_checked) {
  TemporaryDirectory directory;
  const CommandResult detached = in(directory.path(), {program_, "--detach"});
  EXPECT_EQ(detached.exit_code, 2);
  EXPECT_THAT(detached.err, HasSubstr("--detach leaves a job to a tracker"));
  const CommandResult task = in(directory.path(), {program_, "--cluster", "127.0.0.1:1", "--task", "map-0"});
  EXPECT_EQ(task.exit_code, 2);
  const CommandResult stranger = in(directory.path(), {"env", "SINTER_HOME=" + (directory / "home"), program_, "--cluster", "127.0.0.1:1"});
  EXPECT_EQ(stranger.exit_code, 1);
  EXPECT_THAT(stranger.err, HasSubstr("this user is not known to a tracker at 127.0.0.1:1"));
}

}  // namespace
}  // namespace sinter::testing

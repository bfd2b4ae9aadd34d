// Scripts for hosts: a shell takes them, whatever stands in names and paths, and they do what they say without ssh too.
#include "cli/hosts/cluster_scripts.hpp"

#include <gtest/gtest.h>

#include "cli/hosts/program_run.hpp"
#include "tests/support/command.hpp"

namespace sinter::cli {
namespace {

using sinter::testing::TemporaryDirectory;

ClusterPlan plan() {
  ClusterPlan plan;
  plan.hosts = {{"lab-1", "lab-1", "", "/sc ratch/it's", 2}};
  plan.tracker = plan.hosts.front();
  plan.listen = "0.0.0.0:7077";
  plan.address = "10.0.0.1:7077";
  plan.command = "/opt/it's here/sinter";
  return plan;
}

TEST(ClusterScripts, quote_whatever_stands_in_a_word) {
  for (const std::string& word : {std::string("a b"), std::string("it's"), std::string("$HOME `id` \\ \" '' ;"), std::string()}) {
    const auto said = run_program({"sh", "-c", "printf %s " + shell_quoted(word)}, "", 5'000);
    EXPECT_EQ(said->out, word);
  }
}

TEST(ClusterScripts, are_good_sh) {
  const ProbeRequest request{"/s'", {"/a b"}, "mark", "0.0.0.0:7077", 3, ""};
  for (const std::string& script :
       {probe_script(plan(), request), tracker_script(plan()), node_script(plan(), plan().hosts.front(), "sinter-join-secret"),
        status_script(plan(), {"tracker", "node-lab-1"}), stop_script(plan(), "node-lab-1"), has_copy_script("abc"),
        take_copy_script("abc")}) {
    const auto checked = run_program({"sh", "-n"}, script, 5'000);
    EXPECT_EQ(checked->exit_code, 0) << checked->err << script;
  }
}

TEST(ClusterScripts, put_tokens_into_no_command) {
  const std::string script = node_script(plan(), plan().hosts.front(), "sinter-join-secret");
  const std::size_t at = script.find("sinter-join-secret");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(script.substr(at - 8, 8), "<<'END'\n") << "it is a text that a file gets";
  EXPECT_EQ(script.find("sinter-join-secret", at + 1), std::string::npos);
}

/// A program that stands in for sinter: it writes down what it is told, says what a node says, and ends when told to.
TEST(ClusterScripts, start_ask_after_and_stop_a_process) {
  const TemporaryDirectory home;
  const std::string program = home.write("program",
                                         "#!/usr/bin/env -S --default-signal=INT sh\necho \"$@\" >>\"$HOME/words\"\necho joined the "
                                         "tracker\ntrap 'exit 0' INT\nwhile :; do sleep 0.05; done\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  ClusterPlan cluster = plan();
  cluster.command = program;
  cluster.hosts.front().native = true;
  const auto run = [&](const std::string& script) {
    return *run_program({"env", "HOME=" + home.path().string(), "sh", "-s"}, script, 60'000);
  };
  const std::string node = "node-lab-1";
  EXPECT_EQ(run(status_script(cluster, {node})).out, "");
  const ProgramResult started = run(node_script(cluster, cluster.hosts.front(), "sinter-join-secret"));
  EXPECT_EQ(started.out, "started\n") << started.err;
  EXPECT_EQ(run(node_script(cluster, cluster.hosts.front(), "sinter-join-secret")).out, "runs already\n");
  EXPECT_EQ(run(status_script(cluster, {"tracker", node})).out.substr(0, node.size() + 1), node + " ");
  const std::string words = sinter::testing::read_whole_file(home / "words");
  EXPECT_NE(words.find("node 10.0.0.1:7077 --name lab-1"), std::string::npos) << words;
  EXPECT_NE(words.find("--slots 2 --scratch /sc ratch/it's --allow-native"), std::string::npos) << words;
  EXPECT_EQ(words.find("sinter-join"), std::string::npos);
  EXPECT_EQ(run(stop_script(cluster, node)).out, "ended\n");
  EXPECT_EQ(run(stop_script(cluster, node)).out, "did not run\n");
  EXPECT_EQ(run(status_script(cluster, {node})).out, "");
}

TEST(ClusterScripts, tell_why_a_process_ended_at_once) {
  const TemporaryDirectory home;
  const std::string program = home.write("program", "#!/bin/sh\necho 'the token is old' >&2\nexit 1\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  ClusterPlan cluster = plan();
  cluster.command = program;
  const auto said = run_program({"env", "HOME=" + home.path().string(), "sh", "-s"},
                                node_script(cluster, cluster.hosts.front(), "sinter-join-secret"), 60'000);
  EXPECT_EQ(said->exit_code, 1);
  EXPECT_NE(said->err.find("the token is old"), std::string::npos) << said->err;
  EXPECT_FALSE(std::filesystem::exists(home / ".sinter/cluster/10.0.0.1_7077/node-lab-1.token"));
}

}  // namespace
}  // namespace sinter::cli

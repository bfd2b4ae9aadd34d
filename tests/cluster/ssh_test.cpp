// `sinter cluster`: hosts are looked at, a cluster is started on them, used and stopped, over a real ssh.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/cluster/ssh_hosts.hpp"

namespace sinter::testing {
namespace {

class SshClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string obstacle = SshHosts::obstacle(); !obstacle.empty()) GTEST_SKIP() << obstacle;
  }
};

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

/// Whether the beginning of a token is among the words of any process of this machine.
bool token_in_process_list() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string words((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (says(words, "sinter-join-")) return true;
  }
  return false;
}

TEST_F(SshClusterTest, hosts_that_are_fit_pass_the_check) {
  SshHosts lab(3);
  const CommandResult check = lab.cluster("check", {"--shared", lab.directory().path().string()});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  for (const char* name : {"lab-1", "lab-2", "lab-3"}) EXPECT_TRUE(says(check.out, name)) << check.out;
  EXPECT_TRUE(says(check.out, "ok"));
  EXPECT_FALSE(says(check.out, "NOT OK"));
  EXPECT_TRUE(lab.processes().empty()) << "nothing is started by looking";
}

TEST_F(SshClusterTest, what_is_wrong_with_a_host_is_said_with_what_to_do) {
  SshHosts lab(3);
  lab.hosts[1] = "lab-2 scratch=/proc/sinter";
  lab.hosts.push_back("nobody@127.0.0.1 name=far");
  const CommandResult check = lab.cluster("check");
  EXPECT_EQ(check.exit_code, 1) << check.out;
  EXPECT_TRUE(says(check.err, "lab-2: no scratch space")) << check.err;
  EXPECT_TRUE(says(check.err, "far: ssh does not get to 'nobody@127.0.0.1'")) << check.err;
  EXPECT_TRUE(says(check.out, "NOT OK")) << check.out;
  lab.hosts.pop_back();
  const CommandResult up = lab.cluster("up");
  EXPECT_EQ(up.exit_code, 1);
  EXPECT_TRUE(lab.processes().empty()) << "nothing is started where something is wrong";
  const CommandResult missing = lab.cluster("check", {"--command", "/nowhere/sinter"});
  EXPECT_TRUE(says(missing.err, "there is no '/nowhere/sinter'")) << missing.err;
  lab.hosts = {"lab-1", "lab-1"};
  EXPECT_TRUE(says(lab.cluster("check").err, "named twice"));
}

TEST_F(SshClusterTest, a_port_that_is_taken_is_found_before_anything_starts) {
  SshHosts lab(2);
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(lab.tracker_port()));
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(taken, 16), 0);
  const CommandResult check = lab.cluster("check");
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_TRUE(says(check.err, "lab-1: as the tracker it cannot listen")) << check.err;
  ::close(taken);
}

TEST_F(SshClusterTest, a_cluster_comes_up_runs_a_job_and_goes_down) {
  SshHosts lab(3);
  const CommandResult up = lab.cluster("up");
  ASSERT_EQ(up.exit_code, 0) << up.out << up.err;
  EXPECT_EQ(lab.processes().size(), 4u) << "a tracker and three nodes";
  EXPECT_FALSE(token_in_process_list());
  EXPECT_FALSE(says(up.out + up.err, "sinter-join-"));
  for (int host = 0; host < 3; ++host)
    EXPECT_FALSE(std::filesystem::exists(lab.base(host) + "/node-lab-" + std::to_string(host + 1) + ".token"));
  const std::string nodes = lab.sinter({"job", "nodes", "--cluster", lab.address()}).out;
  for (const char* name : {"lab-1", "lab-2", "lab-3"}) EXPECT_TRUE(says(nodes, name)) << nodes;

  const std::string job = lab.directory().write(
      "job.yaml",
      "version: 1\nsources: { a: { from: a.csv } }\nentity: { key: k }\nfuse: { default: vote }\noutput: { fused: { to: o.csv } }\n");
  lab.directory().write("a.csv", "k,v\n1,x\n2,y\n");
  const CommandResult run = lab.sinter({"run", job, "--cluster", lab.address(), "-q"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(read_whole_file(lab.directory() / "o.csv"), "k,v\n1,x\n2,y\n");

  const std::vector<pid_t> processes = lab.processes();
  const CommandResult again = lab.cluster("up");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(lab.processes(), processes) << "what runs is left as it is";
  EXPECT_TRUE(says(again.err, "runs already")) << again.err;
  const CommandResult status = lab.cluster("status");
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_TRUE(says(status.err, "lab-1: tracker runs (process ")) << status.err;

  const CommandResult down = lab.cluster("down");
  EXPECT_EQ(down.exit_code, 0) << down.err;
  for (const pid_t process : processes) EXPECT_FALSE(is_alive(process)) << down.err;
  EXPECT_EQ(lab.cluster("status").exit_code, 1);
  EXPECT_EQ(lab.cluster("down").exit_code, 0) << "stopped is stopped";
}

TEST_F(SshClusterTest, a_node_that_died_is_started_again_with_the_key_that_it_has) {
  SshHosts lab(2);
  ASSERT_EQ(lab.cluster("up").exit_code, 0);
  const pid_t node = std::atoi(read_whole_file(lab.base(1) + "/node-lab-2.pid").c_str());
  ASSERT_EQ(::kill(node, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return !is_alive(node); }, 10));
  const CommandResult status = lab.cluster("status");
  EXPECT_EQ(status.exit_code, 1);
  EXPECT_TRUE(says(status.err, "lab-2: node does not run")) << status.err;
  const CommandResult up = lab.cluster("up");
  EXPECT_EQ(up.exit_code, 0) << up.err;
  EXPECT_TRUE(says(up.err, "lab-2: node started")) << up.err;
  EXPECT_EQ(lab.cluster("down").exit_code, 0);
}

TEST_F(SshClusterTest, a_drained_node_leaves_and_comes_back_when_asked) {
  SshHosts lab(2);
  ASSERT_EQ(lab.cluster("up").exit_code, 0);
  const pid_t node = std::atoi(read_whole_file(lab.base(1) + "/node-lab-2.pid").c_str());
  EXPECT_EQ(lab.cluster("drain", {"lab-9"}).exit_code, 1);
  EXPECT_EQ(lab.cluster("drain").exit_code, 1);
  const CommandResult drained = lab.cluster("drain", {"lab-2"});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_TRUE(wait_until([&] { return !is_alive(node); }, 30));
  const CommandResult up = lab.cluster("up");
  EXPECT_EQ(up.exit_code, 0) << up.err;
  EXPECT_TRUE(says(up.err, "lab-2: node started")) << up.err;
  EXPECT_EQ(lab.cluster("down").exit_code, 0);
}

TEST_F(SshClusterTest, the_program_is_brought_along_once) {
  SshHosts lab(2);
  const CommandResult check = lab.cluster("check", {"--copy"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_TRUE(says(check.err, "lab-2: has this program now")) << check.err;
  EXPECT_FALSE(says(lab.cluster("check", {"--copy"}).err, "has this program now"));
}

}  // namespace
}  // namespace sinter::testing

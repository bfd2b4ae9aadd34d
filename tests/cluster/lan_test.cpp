// Jobs on a tracker and nodes, started as a person starts them: the same bytes as on one machine, also when processes die.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <set>

#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"

namespace sinter::testing {
namespace {

using ::testing::Test;

class LanTest : public Test {
 protected:
  /// For a Lan that is up: a job in a directory of its own, whose paths are relative. Returns the job file.
  static std::string make_job(Lan& lan, std::uint64_t rows) {
    return make_readings_job(lan.directory(), rows);
  }

  /// Tracker and nodes do not have it: only the client does.
  void SetUp() override { ::unsetenv("LAN_TEST_UNIT"); }

  static std::string fused(Lan& lan, const std::string& name = "out/fused.csv") {
    return read_whole_file(lan.directory() / ("job/" + name));
  }
  /// What the job leaves on this machine alone.
  static std::string expected(Lan& lan, const std::string& job) {
    const CommandResult here = lan.sinter({"run", job, "-q", "-j", "2", "-o", lan.directory() / "job/out/expected.csv"});
    EXPECT_EQ(here.exit_code, 0) << here.err;
    return fused(lan, "out/expected.csv");
  }
  static std::string rejects(Lan& lan, const std::string& name) {
    return read_whole_file(lan.directory() / ("job/out/" + name + ".rejects.jsonl"));
  }
};

TEST_F(LanTest, gives_the_bytes_of_one_machine_and_leaves_nothing) {
  Lan lan(3, 1);
  const std::string job = make_job(lan, 20'000);
  const std::string expected_bytes = expected(lan, job);
  const CommandResult there = lan.run(job);
  ASSERT_EQ(there.exit_code, 0) << there.err;
  EXPECT_TRUE(fused(lan) == expected_bytes);
  EXPECT_GT(expected_bytes.size(), 10'000u);
  // Rejects name the same files at the same places.
  EXPECT_EQ(rejects(lan, "fused.csv"), rejects(lan, "expected.csv"));
  EXPECT_NE(rejects(lan, "fused.csv").find("one.csv"), std::string::npos);
  EXPECT_NE(lan.job("list").find("1  done"), std::string::npos) << lan.job("list");
  EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 5)) << lan.left_on_nodes().front();
  for (int node = 0; node < 3; ++node) EXPECT_TRUE(lan.workers(node).empty());
}

TEST_F(LanTest, a_worker_stands_by_for_the_next_job) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 60'000);
  const std::string expected_bytes = expected(lan, job);
  std::set<pid_t> seen;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(wait_until([&] { return lan.standby(0).size() == 1; }, 20));
    const pid_t ready = lan.standby(0).front();
    EXPECT_TRUE(seen.insert(ready).second) << "a worker belongs to one job";
    // The second time it dies before it is needed: the job does without, and another one comes.
    if (round == 1) ::kill(ready, SIGKILL);
    const auto client = lan.run_in_background(job, {"--force", "--set", "execution.split_size=4KiB"});
    std::vector<pid_t> workers;
    EXPECT_TRUE(wait_until([&] { return !(workers = lan.workers(0)).empty() || !client->running(); }, 20));
    if (round != 1) {
      EXPECT_EQ(workers, std::vector<pid_t>{ready});
    }
    EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log");
    EXPECT_TRUE(fused(lan) == expected_bytes);
  }
  EXPECT_EQ(lan.stop(), "");
  for (const pid_t process : seen) EXPECT_FALSE(is_alive(process));
}

TEST_F(LanTest, a_job_that_cannot_be_written_down_is_refused_and_the_next_one_is_taken) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 100);
  lan.directory().write("tracker-data/jobs", "in the way of a directory");
  const CommandResult refused = lan.run(job);
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.err.find("tracker-data/jobs"), std::string::npos) << refused.err;
  EXPECT_EQ(lan.job("list").find("readings"), std::string::npos) << lan.job("list");
  std::filesystem::remove(lan.directory() / "tracker-data/jobs");
  const CommandResult taken = lan.run(job);
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_EQ(lan.stop(), "");
}

TEST_F(LanTest, killed_workers_change_nothing) {
  Lan lan(2, 2);
  const std::string job = make_job(lan, 60'000);
  const std::string expected_bytes = expected(lan, job);
  for (int round = 0; round < 2; ++round) {
    const auto client = lan.run_in_background(job, {"--force", "--set", "execution.split_size=4KiB"});
    int killed = 0;
    // At once, also those that are not ready; then later.
    for (int times = 0; times < 2; ++times) {
      ASSERT_TRUE(wait_until([&] { return !lan.workers(times).empty() || !client->running(); }, 10));
      for (int node = 0; node < 2; ++node)
        for (const pid_t worker : lan.workers(node))
          if (::kill(worker, SIGKILL) == 0) ++killed;
      sleep_ms(100);
    }
    EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log");
    EXPECT_GT(killed, 0);
    EXPECT_TRUE(fused(lan) == expected_bytes) << "round " << round;
  }
}

TEST_F(LanTest, killed_nodes_change_nothing) {
  for (int round = 0; round < 2; ++round) {
    Lan lan(3, 1);
    const std::string job = make_job(lan, 60'000);
    const std::string expected_bytes = expected(lan, job);
    const auto client = lan.run_in_background(job, {"--set", "execution.split_size=16KiB"});
    ASSERT_TRUE(wait_until([&] { return !lan.workers(1).empty() || !client->running(); }, 10));
    sleep_ms(200 + 500 * round);
    lan.node(1).signal(SIGKILL);
    EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log");
    EXPECT_TRUE(fused(lan) == expected_bytes) << "round " << round;
    EXPECT_EQ(rejects(lan, "fused.csv"), rejects(lan, "expected.csv"));
  }
}

TEST_F(LanTest, a_tracker_that_is_killed_or_stopped_goes_on_where_it_was) {
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Lan lan(2, 1);
    const std::string job = make_job(lan, 60'000);
    const std::string expected_bytes = expected(lan, job);
    const auto client = lan.run_in_background(job, {"--set", "execution.split_size=16KiB"});
    ASSERT_TRUE(wait_until([&] { return !lan.workers(1).empty() || !client->running(); }, 10));
    sleep_ms(100 + 300 * round);
    ASSERT_TRUE(client->running());
    lan.restart_tracker(round % 2 == 0 ? SIGKILL : SIGTERM);
    EXPECT_TRUE(wait_until([&] { return lan.log_of_tracker().find("a job goes on from its journal") != std::string::npos; }, 10));
    EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
    EXPECT_TRUE(fused(lan) == expected_bytes);
    EXPECT_EQ(rejects(lan, "fused.csv"), rejects(lan, "expected.csv"));
    EXPECT_NE(lan.job("list").find("1  done"), std::string::npos) << lan.job("list");
    EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 5));
    // What has ended is known for good.
    lan.restart_tracker(SIGTERM);
    EXPECT_NE(lan.job("list").find("1  done"), std::string::npos) << lan.job("list");
  }
}

TEST_F(LanTest, a_job_ends_when_tracker_and_nodes_die_together) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 60'000);
  const std::string expected_bytes = expected(lan, job);
  const auto client = lan.run_in_background(job, {"--set", "execution.split_size=16KiB"});
  ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty() && !lan.workers(1).empty(); }, 10));
  sleep_ms(400);
  lan.node(0).signal(SIGKILL);
  lan.restart_tracker(SIGKILL);
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
  EXPECT_TRUE(fused(lan) == expected_bytes);
}

TEST_F(LanTest, a_job_waits_for_nodes_and_takes_those_that_join) {
  Lan lan(0, 1);
  const std::string job = make_job(lan, 5'000);
  const std::string expected_bytes = expected(lan, job);
  const auto client = lan.run_in_background(job);
  sleep_ms(500);
  EXPECT_TRUE(client->running());
  lan.add_node(2);
  EXPECT_EQ(client->wait(30), 0) << read_whole_file(lan.directory() / "client.log");
  EXPECT_TRUE(fused(lan) == expected_bytes);
}

TEST_F(LanTest, two_jobs_share_the_slots) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 40'000);
  const std::string expected_bytes = expected(lan, job);
  const auto first = lan.run_in_background(job, {"-o", lan.directory() / "job/out/first.csv"});
  const CommandResult second = lan.run(job, {"-o", lan.directory() / "job/out/second.csv"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(first->wait(60), 0);
  EXPECT_EQ(fused(lan, "out/first.csv"), expected_bytes);
  EXPECT_EQ(fused(lan, "out/second.csv"), expected_bytes);
}

TEST_F(LanTest, jobs_run_in_the_order_of_their_priority) {
  Lan lan(1, 1, "127.0.0.1:*", {"--max-running-jobs", "1"});
  const std::string job = make_job(lan, 300'000);
  const auto detach = [&](const std::string& name, const std::string& priority) {
    const CommandResult told = lan.run(job, {"--detach", "--priority", priority, "-o", lan.directory() / ("job/out/" + name)});
    EXPECT_EQ(told.exit_code, 0) << told.err;
  };
  const auto listed = [&](const std::string& words) {
    return wait_until([&] { return lan.job("list").find(words) != std::string::npos; }, 30);
  };
  detach("a.csv", "0");
  detach("b.csv", "-1");
  detach("c.csv", "7");
  EXPECT_TRUE(listed("waits for its turn: 1 jobs run at a time")) << lan.job("list");
  ASSERT_TRUE(listed("1  running")) << lan.job("list");
  lan.job("cancel", "1");
  ASSERT_TRUE(listed("3  running")) << lan.job("list");
  EXPECT_NE(lan.job("list").find("2  waiting"), std::string::npos) << lan.job("list");
  lan.job("cancel", "3");
  EXPECT_TRUE(listed("2  running")) << lan.job("list");
  lan.job("cancel", "2");
}

TEST_F(LanTest, a_job_says_what_it_waits_for) {
  Lan lan(0, 1);
  lan.add_node(2, {"--memory", "15MiB"});
  const std::string job = make_job(lan, 5'000);
  const auto client = lan.run_in_background(job);
  EXPECT_TRUE(wait_until([&] { return lan.job("list").find("waits for a node with 16MiB of memory") != std::string::npos; }, 20))
      << lan.job("list");
  lan.add_node(4, {"--memory", "40MiB"});
  EXPECT_EQ(client->wait(60), 0) << read_whole_file(lan.directory() / "client.log");
  EXPECT_EQ(lan.log_of_node(0).find("worker"), std::string::npos) << lan.log_of_node(0);
}

TEST_F(LanTest, a_node_that_is_asked_to_leave_ends_its_work_first) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 150'000);
  const std::string expected_bytes = expected(lan, job);
  const auto client = lan.run_in_background(job);
  ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty() && !lan.workers(1).empty(); }, 20));
  lan.node(0).signal(SIGTERM);
  EXPECT_TRUE(wait_until([&] { return lan.workers(0).empty(); }, 20));
  EXPECT_NE(lan.job("nodes").find("leaving"), std::string::npos) << "it keeps its results for the job: " << lan.job("nodes");
  EXPECT_EQ(client->wait(120), 0) << read_whole_file(lan.directory() / "client.log");
  EXPECT_EQ(lan.node(0).wait(20), 0) << lan.log_of_node(0);
  EXPECT_TRUE(wait_until([&] { return lan.log_of_tracker().find("a node has left") != std::string::npos; }, 10)) << lan.log_of_tracker();
  EXPECT_TRUE(fused(lan) == expected_bytes);
  EXPECT_EQ(read_whole_file(lan.directory() / "client.log").find("lost"), std::string::npos) << "nothing had to be made again";
}

TEST_F(LanTest, an_interrupted_client_cancels_its_job_and_so_does_one_that_dies) {
  for (const int signal : {SIGINT, SIGKILL}) {
    Lan lan(1, 2);
    const std::string job = make_job(lan, 300'000);
    const auto client = lan.run_in_background(job, {"--set", "execution.split_size=4KiB"});
    ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty(); }, 10));
    // The job does not end before a dead client's silence is long enough.
    for (const pid_t worker : lan.workers(0)) ::kill(worker, SIGSTOP);
    client->signal(signal);
    EXPECT_EQ(client->wait(10), signal == SIGINT ? 130 : 128 + SIGKILL);
    EXPECT_TRUE(wait_until([&] { return lan.job("list").find("1  cancelled") != std::string::npos; }, 30)) << lan.job("list");
    EXPECT_TRUE(wait_until([&] { return lan.workers(0).empty() && lan.left_on_nodes().empty(); }, 5));
    EXPECT_FALSE(std::filesystem::exists(lan.directory() / "job/out/fused.csv"));
  }
}

TEST_F(LanTest, a_detached_job_is_listed_and_can_be_cancelled) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 300'000);
  const CommandResult detached = lan.run(job, {"--detach"});
  ASSERT_EQ(detached.exit_code, 0) << detached.err;
  EXPECT_NE(detached.err.find("job 1 runs on"), std::string::npos) << detached.err;
  EXPECT_TRUE(wait_until([&] { return !lan.workers(0).empty(); }, 10));
  EXPECT_NE(lan.job("nodes").find("1 of 1 slot busy"), std::string::npos) << lan.job("nodes");
  lan.job("cancel", "1");
  EXPECT_TRUE(wait_until([&] { return lan.job("list").find("1  cancelled") != std::string::npos; }, 10)) << lan.job("list");
  EXPECT_EQ(lan.sinter({"job", "cancel", "7", "--cluster", lan.address()}).exit_code, 1);
}

TEST_F(LanTest, errors_of_a_job_reach_its_client) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 1'000);
  ASSERT_EQ(lan.run(job).exit_code, 0);
  const CommandResult again = lan.run(job);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("fused.csv"), std::string::npos) << again.err;
  EXPECT_NE(again.err.find("exists"), std::string::npos) << again.err;
}

TEST_F(LanTest, a_tracker_that_is_not_there_is_told_so) {
  Lan lan(0, 1);
  const std::string job = make_job(lan, 100);
  const std::string address = lan.address();
  lan.tracker().signal(SIGTERM);
  ASSERT_EQ(lan.tracker().wait(10), 0);
  const CommandResult run = lan.run(job);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("no tracker answered at tcp://" + address), std::string::npos) << run.err;
}

TEST_F(LanTest, tracker_and_nodes_end_when_asked_and_take_their_workers_with_them) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 300'000);
  const auto client = lan.run_in_background(job);
  ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty() && !lan.workers(1).empty(); }, 10));
  const std::vector<pid_t> workers{lan.workers(0).front(), lan.workers(1).front()};
  lan.node(0).signal(SIGINT);
  EXPECT_EQ(lan.node(0).wait(10), 0) << lan.log_of_node(0);
  lan.tracker().signal(SIGINT);
  EXPECT_EQ(lan.tracker().wait(10), 0) << lan.log_of_tracker();
  EXPECT_EQ(client->wait(20), 5);
  EXPECT_TRUE(wait_until([&] { return !is_alive(workers[0]) && !is_alive(workers[1]); }, 10));
  EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 10));
}

TEST_F(LanTest, strangers_get_nothing) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 1'000);
  const std::string own_home = lan.directory() / "home";
  // Who has no key is told how to get one.
  ::setenv("SINTER_HOME", (lan.directory() / "stranger").c_str(), 1);
  const CommandResult unknown = lan.run(job);
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("not known to a tracker at " + lan.address()), std::string::npos) << unknown.err;
  // Who makes himself a key and knows the tracker's is not let in.
  const std::string name = "127.0.0.1_" + lan.address().substr(lan.address().find(':') + 1);
  std::filesystem::create_directories(lan.directory() / ("forger/" + name));
  for (const std::string& directory : {std::string("forger"), "forger/" + name})
    std::filesystem::permissions(lan.directory() / directory, std::filesystem::perms::owner_all);
  std::filesystem::copy(own_home + "/" + name + "/tracker", lan.directory() / ("forger/" + name + "/tracker"));
  Lan other(0, 1);
  const std::string other_name = "127.0.0.1_" + other.address().substr(other.address().find(':') + 1);
  std::filesystem::copy(other.directory() / ("home/" + other_name + "/submit.key"), lan.directory() / ("forger/" + name + "/submit.key"));
  ::setenv("SINTER_HOME", (lan.directory() / "forger").c_str(), 1);
  const CommandResult forged = lan.run(job);
  EXPECT_EQ(forged.exit_code, 1);
  EXPECT_NE(forged.err.find("no tracker answered"), std::string::npos) << forged.err;
  // And nobody else notices.
  ::setenv("SINTER_HOME", own_home.c_str(), 1);
  EXPECT_EQ(lan.run(job).exit_code, 0);
}

TEST_F(LanTest, nodes_and_people_of_other_hosts_come_in_by_token) {
  Lan lan(0, 1, "0.0.0.0:*");
  const std::string port = lan.address().substr(lan.address().rfind(':'));
  const std::string token = lan.directory() / "tracker-data/join-token";
  ASSERT_TRUE(std::filesystem::exists(token));
  // The token is in no log.
  EXPECT_EQ(lan.log_of_tracker().find(read_whole_file(token).substr(0, 40)), std::string::npos);
  EXPECT_NE(lan.log_of_tracker().find("--token-file"), std::string::npos);
  const std::string own_home = lan.directory() / "home";
  ::setenv("SINTER_HOME", (lan.directory() / "elsewhere").c_str(), 1);
  const std::string log = lan.directory() / "far.log";
  const auto start_node = [&](std::vector<std::string> more) {
    std::vector<std::string> words{std::string(SINTER_BIN_DIR) + "/sinter",
                                   "node",
                                   "127.0.0.1" + port,
                                   "--name",
                                   "far",
                                   "--slots",
                                   "1",
                                   "--scratch",
                                   lan.directory() / "far"};
    words.insert(words.end(), more.begin(), more.end());
    return std::make_unique<BackgroundCommand>(words, log);
  };
  {
    const auto unknown = start_node({});
    EXPECT_EQ(unknown->wait(10), 1);
  }
  auto node = start_node({"--token-file", token});
  EXPECT_TRUE(wait_until([&] { return read_whole_file(log).find("joined the tracker") != std::string::npos; }, 10)) << read_whole_file(log);
  node->signal(SIGTERM);
  EXPECT_EQ(node->wait(10), 0);
  // The second time no token is needed.
  std::filesystem::remove(log);
  node = start_node({});
  EXPECT_TRUE(wait_until([&] { return read_whole_file(log).find("joined the tracker") != std::string::npos; }, 10)) << read_whole_file(log);
  ::setenv("SINTER_HOME", own_home.c_str(), 1);
  const std::string job = make_job(lan, 2'000);
  const CommandResult run = lan.sinter({"run", job, "--cluster", "127.0.0.1" + port, "-q"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace
}  // namespace sinter::testing

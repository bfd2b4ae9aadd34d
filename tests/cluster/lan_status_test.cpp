// What people see of a cluster: `sinter job VERB`, `sinter top`, HTTP; with a real tracker and real nodes.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/random.hpp"
#include "tests/cluster/lan.hpp"

namespace sinter::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kJob = R"(version: 1
name: readings
schema: { sensor: string, value: double }
sources:
  one: { from: one.csv }
entity: { key: sensor }
fuse: { attributes: { value: mean } }
output: { fused: { to: out/fused.csv } }
execution: { split_size: 8KiB, reduce_size: 64KiB, memory: 16MiB }
)";

std::string make_job(Lan& lan, std::uint64_t rows) {
  Random random(7);
  std::string text = "sensor,value\n";
  for (std::uint64_t row = 0; row < rows; ++row)
    text += "s" + std::to_string(random.below(rows / 4 + 1)) + "," + std::to_string(random.below(100000)) + "\n";
  lan.directory().write("job/one.csv", text);
  return lan.directory().write("job/job.yaml", kJob);
}

/// Body of what the tracker's HTTP side answers; the status line with it when that is not 200.
std::string http_get(const Lan& lan, const std::string& path) {
  std::string log;
  wait_until([&] { return (log = lan.log_of_tracker()).find("its status:") != std::string::npos; }, 10);
  const std::string before = "http://127.0.0.1:";
  const std::size_t at = log.find(before);
  if (at == std::string::npos) return "no address in: " + log;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(log.substr(at + before.size()))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  std::string answer;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (::send(connection, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
      char some[65536];
      for (ssize_t got = 0; (got = ::recv(connection, some, sizeof(some), 0)) > 0;) answer.append(some, static_cast<std::size_t>(got));
    }
  }
  ::close(connection);
  return answer.starts_with("HTTP/1.1 200 ") ? answer.substr(answer.find("\r\n\r\n") + 4) : answer;
}

class LanStatusTest : public ::testing::Test {
 protected:
  static CommandResult job(Lan& lan, std::vector<std::string> words) {
    words.insert(words.begin(), "job");
    words.insert(words.end(), {"--cluster", lan.address()});
    return lan.sinter(words);
  }
  static json job_json(Lan& lan, std::vector<std::string> words) {
    words.insert(words.end(), {"--format", "json"});
    const CommandResult result = job(lan, words);
    EXPECT_EQ(result.exit_code, 0) << result.err << result.out;
    return json::parse(result.out, nullptr, false);
  }
  static std::string expected(Lan& lan, const std::string& job_file) {
    const CommandResult here = lan.sinter({"run", job_file, "-q", "-j", "2", "-o", lan.directory() / "job/out/expected.csv"});
    EXPECT_EQ(here.exit_code, 0) << here.err;
    return read_whole_file(lan.directory() / "job/out/expected.csv");
  }
};

TEST_F(LanStatusTest, a_job_is_seen_while_it_runs_its_tasks_can_be_killed_and_its_history_stays) {
  Lan lan(2, 1, "127.0.0.1:*", {"--http", "0"});
  const std::string job_file = make_job(lan, 60'000);
  const std::string expected_bytes = expected(lan, job_file);
  ASSERT_EQ(lan.run(job_file, {"--detach"}).exit_code, 0);
  // Workers stand still meanwhile. What one has said may still be on its way: then another task is killed.
  std::string killed;
  std::vector<pid_t> workers;
  EXPECT_TRUE(wait_until([&] {
    for (const pid_t worker : std::exchange(workers, {})) ::kill(worker, SIGCONT);
    for (int node = 0; node < 2; ++node)
      for (const pid_t worker : lan.workers(node)) workers.push_back(worker);
    for (const pid_t worker : workers) ::kill(worker, SIGSTOP);
    const json tasks = json::parse(http_get(lan, "/v1/jobs/1/tasks?state=running"), nullptr, false);
    if (!tasks.is_object() || tasks["tasks"].empty()) return false;
    killed = tasks["tasks"][0]["task"];
    const CommandResult kill = job(lan, {"kill-task", "1", killed});
    if (kill.exit_code == 0) EXPECT_THAT(kill.out, HasSubstr("1 attempt of " + killed + " ended"));
    else EXPECT_THAT(kill.err, HasSubstr("no attempt of " + killed + " runs now"));
    return kill.exit_code == 0 && wait_until([&] { return job_json(lan, {"status", "1"})["attempts"]["lost"] > 0; }, 1);
  }, 60));
  for (const pid_t worker : workers) ::kill(worker, SIGCONT);
  const CommandResult running = job(lan, {"status", "1"});
  EXPECT_THAT(running.out, HasSubstr("readings"));
  EXPECT_THAT(running.out, HasSubstr("attempts started"));
  const CommandResult watched = job(lan, {"watch", "1"});
  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  EXPECT_THAT(watched.err, HasSubstr("1  done"));
  EXPECT_TRUE(read_whole_file(lan.directory() / "job/out/fused.csv") == expected_bytes);

  const json status = job_json(lan, {"status", "1"});
  EXPECT_EQ(status["state"], "done");
  EXPECT_EQ(status["attempts"]["failed"], 0);
  EXPECT_GE(status["attempts"]["lost"], 1);
  EXPECT_EQ(status["report"]["outputs"].size(), 1u);
  EXPECT_EQ(status, json::parse(http_get(lan, "/v1/jobs/1")));
  const std::string history = job(lan, {"history", "1"}).out;
  const std::vector<std::string> told{"  submitted\n",
                                      "  stage_opened  stage=map tasks=",
                                      "  task_killed  task=" + killed,
                                      "  attempt_lost  attempt=",  // or of the task that its worker had gone on to
                                      "node=node-",
                                      "  ended  state=done"};
  for (const std::string& text : told)
    EXPECT_THAT(history, HasSubstr(text));
  EXPECT_THAT(job(lan, {"counters", "1"}).out, HasSubstr("rows_read  60000\n"));
  EXPECT_THAT(job(lan, {"kill-task", "1", killed}).err, HasSubstr("job 1 has ended"));
  // Another life of the tracker says the same.
  lan.restart_tracker(SIGTERM);
  EXPECT_EQ(job(lan, {"history", "1"}).out, history);
  EXPECT_EQ(job_json(lan, {"status", "1"}), status);
}

TEST_F(LanStatusTest, the_cluster_is_seen_over_http_and_on_one_screen) {
  Lan lan(2, 2, "127.0.0.1:*", {"--http", "0"});
  const std::string job_file = make_job(lan, 2'000);
  ASSERT_EQ(lan.run(job_file).exit_code, 0);
  const json cluster = json::parse(http_get(lan, "/v1/cluster"), nullptr, false);
  EXPECT_EQ(cluster["slots"], 4);
  EXPECT_EQ(cluster["jobs"]["done"], 1);
  EXPECT_EQ(json::parse(http_get(lan, "/v1/nodes"))["nodes"][1]["name"], "node-1");
  const std::string metrics = http_get(lan, "/metrics");
  EXPECT_THAT(metrics, HasSubstr("sinter_jobs{state=\"done\"} 1\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("sinter_attempts_committed_total 0\n")));
  EXPECT_THAT(http_get(lan, "/v1/jobs/9"), ::testing::StartsWith("HTTP/1.1 404 "));
  const CommandResult top = lan.sinter({"top", "--once", "--cluster", lan.address()});
  EXPECT_EQ(top.exit_code, 0) << top.err;
  for (const std::string text : {"0/4", "2 nodes", "1 done", "readings", "node-0"}) EXPECT_THAT(top.out, HasSubstr(text));
  EXPECT_LE(std::count(top.out.begin(), top.out.end(), '\n'), 24);
  for (std::size_t at = 0, end = 0; (end = top.out.find('\n', at)) != std::string::npos; at = end + 1) EXPECT_LE(end - at, 80u);
  EXPECT_EQ(job_json(lan, {"list"})["jobs"].size(), 1u);
  EXPECT_EQ(job_json(lan, {"nodes", "--limit", "1"})["next"], 2);
}

TEST_F(LanStatusTest, the_history_of_a_job_tells_of_lost_nodes_and_of_another_life_of_the_tracker) {
  Lan lan(2, 1);
  // More than a thousand tasks take longer than the silence after which a node is lost.
  const std::string job_file = make_job(lan, 400'000);
  ASSERT_EQ(lan.run(job_file, {"--detach", "--set", "execution.split_size=4KiB"}).exit_code, 0);
  const auto history = [&] { return job(lan, {"history", "1"}).out; };
  ASSERT_TRUE(wait_until([&] { return history().find("attempt_committed") != std::string::npos; }, 20));
  lan.node(1).signal(SIGKILL);
  ASSERT_TRUE(wait_until([&] { return history().find("node_lost  node=node-1") != std::string::npos; }, 20)) << history();
  lan.restart_tracker(SIGKILL);
  const CommandResult watched = job(lan, {"watch", "1"});
  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  const std::string all = history();
  for (const std::string text : {"  submitted\n", "  resumed\n", "  ended  state=done"}) EXPECT_THAT(all, HasSubstr(text));
  const json events = job_json(lan, {"history", "1", "--limit", "1000"});
  std::uint64_t expected_number = 1;
  for (const json& event : events["events"]) EXPECT_EQ(event["n"], expected_number++);
}

TEST_F(LanStatusTest, what_a_worker_said_before_it_died_is_in_the_log_of_its_attempt) {
  Lan lan(1, 1);
  const std::string job_file = make_job(lan, 600'000);
  ASSERT_EQ(lan.run(job_file, {"--detach"}).exit_code, 0);
  // One may be between two attempts when it dies: then another one has to.
  std::string logs;
  EXPECT_TRUE(wait_until([&] {
    for (const pid_t worker : lan.workers(0)) {
      std::ofstream("/proc/" + std::to_string(worker) + "/fd/2", std::ios::app) << "the last words of a worker\n" << std::flush;
      ::kill(worker, SIGSEGV);
    }
    return wait_until([&] { return (logs = job(lan, {"logs", "1"}).out).find(" bytes") != std::string::npos; }, 1);
  }, 60)) << logs << job(lan, {"history", "1"}).out;
  const std::string attempt = logs.substr(0, logs.find(' '));
  const CommandResult log = job(lan, {"logs", "1", attempt});
  EXPECT_THAT(log.out, HasSubstr("the last words of a worker"));
  EXPECT_THAT(log.out, HasSubstr("standard error of the worker"));
  EXPECT_EQ(job(lan, {"cancel", "1"}).exit_code, 0);
  EXPECT_EQ(job(lan, {"watch", "1"}).exit_code, 5);
  EXPECT_THAT(job(lan, {"logs", "1", attempt}).out, HasSubstr("the last words of a worker"));
}

TEST_F(LanStatusTest, what_cannot_be_shown_is_said) {
  Lan lan(1, 1);
  const std::string job_file = make_job(lan, 300'000);
  EXPECT_EQ(job(lan, {"status"}).exit_code, 2);
  EXPECT_EQ(job(lan, {"list", "3"}).exit_code, 2);
  EXPECT_EQ(job(lan, {"kill-task", "3"}).exit_code, 2);
  EXPECT_EQ(job(lan, {"status", "3"}).exit_code, 1);
  EXPECT_THAT(job(lan, {"status", "3"}).err, HasSubstr("there is no job 3"));
  EXPECT_THAT(job(lan, {"kill-task", "3", "map-0"}).err, HasSubstr("there is no job 3"));
  EXPECT_THAT(job(lan, {"list"}).out, HasSubstr("no jobs"));
  ASSERT_EQ(lan.run(job_file, {"--detach"}).exit_code, 0);
  ASSERT_TRUE(wait_until([&] { return !lan.workers(0).empty(); }, 10));
  EXPECT_THAT(job(lan, {"kill-task", "1", "map-99999"}).err, HasSubstr("has no task 'map-99999'"));
  EXPECT_EQ(job(lan, {"cancel", "1"}).exit_code, 0);
  EXPECT_EQ(job(lan, {"watch", "1"}).exit_code, 5);
}

}  // namespace
}  // namespace sinter::testing

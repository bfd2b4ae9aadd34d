// Pages of a tracker's status on made-up state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "framework/cluster/kept_job.hpp"
#include "framework/cluster/run_store.hpp"
#include "framework/cluster/status_pages.hpp"
#include "framework/cluster/status_path.hpp"
#include "framework/io/json_document.hpp"
#include "tests/unit/cluster/told_job.hpp"

namespace sinter::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// Two nodes; job 7 runs, job 2 waits, the others have ended.
class MadeUp final : public StatusSource {
 public:
  MadeUp() {
    told.open_map(3);
    told.start(1, 5, 0);
    told.commit(6, {{0, 1}, 1}, {{"rows_read", 12}, {"rows_fused", 3}});
  }
  ClusterFacts cluster() const override { return {"0.1.0", "2026-11-21T19:00:00Z", 61'000, 23u << 20, 2}; }
  std::vector<NodeLine> nodes() const override {
    std::vector<NodeLine> lines(2);
    lines[0] = {1, "alpha", "host-a", 4, 3, 1u << 30, false};
    lines[1] = {2, "be\"ta\n", "host-b", 2, 0, 1u << 31, true};
    return lines;
  }
  std::vector<RunLine> jobs() const override {
    std::vector<RunLine> lines;
    for (RunId run = 7; run >= 1; --run) lines.push_back(line(run));
    return lines;
  }
  std::optional<JobFacts> job(RunId run) const override {
    if (run < 1 || run > 7) return std::nullopt;
    JobFacts facts{line(run), {}, {}, run == 7 ? told.view : nullptr, "/data/jobs/" + std::to_string(run)};
    facts.progress.phase = JobPhase::Running;
    facts.progress.stages = {{"map", 3, 1, 1, 10, 100, 0, 50, "reading"}, {}};
    return facts;
  }
  const ClusterTotals& totals() const override { return told.totals; }
  FileSystem& files() const override { return *told.files; }

  ToldJob told;

 private:
  static RunLine line(RunId run) {
    RunLine line;
    line.run = run;
    line.name = "books";
    line.state = run == 7 ? RunState::Running : run == 3 ? RunState::Failed : run == 2 ? RunState::Waiting : RunState::Done;
    if (run == 3) line.error = "no such file";
    if (run == 2) line.error = "a node";
    line.priority = run == 2 ? -5 : 0;
    return line;
  }
};

class StatusPagesTest : public ::testing::Test {
 protected:
  JsonDocument page(const std::string& path, unsigned status = 200) {
    const HttpAnswer answer = answer_status(source_, path);
    EXPECT_EQ(answer.status, status) << path << answer.body;
    EXPECT_EQ(answer.content_type, "application/json");
    auto parsed = JsonDocument::parse(answer.body);
    EXPECT_TRUE(parsed.ok()) << answer.body;
    return parsed.ok() ? *parsed : JsonDocument();
  }
  MadeUp source_;
};

TEST_F(StatusPagesTest, the_cluster_and_its_nodes) {
  const JsonDocument cluster = page("/v1/cluster");
  EXPECT_EQ(cluster["nodes"].number(), 2u);
  EXPECT_EQ(cluster["slots"].number(), 6u);
  EXPECT_EQ(cluster["busy"].number(), 3u);
  EXPECT_EQ(cluster["jobs"]["done"].number(), 4u);
  EXPECT_EQ(cluster["jobs"]["failed"].number(), 1u);
  const JsonDocument first = page("/v1/nodes?limit=1");
  EXPECT_THAT(first["nodes"].items(), SizeIs(1));
  const JsonDocument second = page("/v1/nodes?limit=1&from=" + first["next"].text());
  EXPECT_EQ(second["nodes"].items().at(0)["name"].text(), "be\"ta\n");
  EXPECT_TRUE(second["nodes"].items()[0]["leaving"].truth());
  EXPECT_TRUE(second["next"].is_null());
}

TEST_F(StatusPagesTest, jobs_come_newest_first_page_by_page_and_by_state) {
  std::vector<std::string> seen;
  std::string from;
  do {
    const JsonDocument jobs = page("/v1/jobs?limit=3" + from);
    for (const JsonDocument& job : jobs["jobs"].items()) seen.push_back(job["job"].text());
    from = jobs["next"].is_null() ? "" : "&from=" + jobs["next"].text();
  } while (!from.empty());
  EXPECT_THAT(seen, ElementsAre("7", "6", "5", "4", "3", "2", "1"));
  const JsonDocument waiting = page("/v1/jobs?state=waiting");
  ASSERT_THAT(waiting["jobs"].items(), SizeIs(1));
  EXPECT_EQ(waiting["jobs"].items()[0]["waits_for"].text(), "a node");
  EXPECT_EQ(waiting["jobs"].items()[0]["priority"].text(), "-5");
  const JsonDocument failed = page("/v1/jobs?state=failed");
  ASSERT_THAT(failed["jobs"].items(), SizeIs(1));
  EXPECT_EQ(failed["jobs"].items()[0]["error"].text(), "no such file");
}

TEST_F(StatusPagesTest, a_job_that_runs_shows_progress_tasks_counters_and_history) {
  const JsonDocument job = page("/v1/jobs/7");
  EXPECT_EQ(job["state"].text(), "running");
  EXPECT_EQ(job["submitted_at"].text(), "2026-11-21T20:00:00Z");
  EXPECT_EQ(job["progress"]["stages"].items().at(0)["status"].text(), "reading");
  EXPECT_EQ(job["attempts"]["started"].number(), 1u);
  EXPECT_TRUE(job["report"].is_null());
  const JsonDocument tasks = page("/v1/jobs/7/tasks?state=running");
  ASSERT_THAT(tasks["tasks"].items(), SizeIs(1));
  EXPECT_EQ(tasks["tasks"].items()[0]["task"].text(), "map-0");
  EXPECT_EQ(tasks["tasks"].items()[0]["running"].items().at(0)["node"].text(), "alpha");
  EXPECT_THAT(page("/v1/jobs/7/tasks?stage=map&limit=2")["tasks"].items(), SizeIs(2));
  EXPECT_EQ(page("/v1/jobs/7/counters")["counters"]["rows_read"].number(), 12u);
  const JsonDocument half = page("/v1/jobs/7/counters?limit=1");
  EXPECT_EQ(half["counters"].members().size(), 1u);
  EXPECT_EQ(page("/v1/jobs/7/counters?from=" + half["next"].text())["counters"]["rows_read"].number(), 12u);
  const JsonDocument history = page("/v1/jobs/7/history?from=2&limit=2");
  EXPECT_EQ(history["events"].items().at(0)["event"].text(), "stage_opened");
  EXPECT_EQ(history["events"].items().at(0)["tasks"].number(), 3u);
  EXPECT_EQ(history["next"].number(), 4u);
}

TEST_F(StatusPagesTest, a_job_that_has_ended_keeps_its_numbers_its_history_and_logs_within_a_bound) {
  FileSystem& files = *source_.told.files;
  RunStore store(files, "/data/jobs");
  ToldJob other("/data/jobs/6");
  other.files.swap(source_.told.files);  // the job's own directory is on the pages' disk
  other.make(false);
  other.open_map(2);
  other.commit(1, {{0, 0}, 1}, {{"rows_read", 9}});
  other.view->ended("done", "");
  const JobNumbers numbers = other.view->numbers();
  other.view.reset();
  other.files.swap(source_.told.files);
  const std::string logs = "/data/jobs/6/logs";
  ASSERT_TRUE(files.make_directories(logs).ok());
  ASSERT_TRUE(write_file(files, logs + "/attempt-stage-0-0-1.jsonl", "{\"message\":\"one\"}\nno json \x01\n").ok());
  ASSERT_TRUE(write_file(files, logs + "/attempt-stage-0-1-2.jsonl", std::string(3u << 20, 'x')).ok());
  ASSERT_TRUE(write_file(files, "/data/jobs/6/journal", "much").ok());
  ASSERT_TRUE(keep_job(files, "/data/jobs/6", {"2026-11-21T20:00:00Z", "2026-11-21T20:00:09Z", numbers, 0}).ok());
  EndedRun ended;
  ended.line.run = 6;
  ASSERT_TRUE(store.end(ended).ok());
  ASSERT_TRUE(store.clean(ended.line.run).ok());
  EXPECT_THAT(*files.list("/data/jobs/6"), ElementsAre("ended", "history", "logs", "numbers"));

  const JsonDocument job = page("/v1/jobs/6");
  EXPECT_EQ(job["ended_at"].text(), "2026-11-21T20:00:09Z");
  EXPECT_EQ(page("/v1/jobs/6/counters")["counters"]["rows_read"].number(), 9u);
  EXPECT_TRUE(page("/v1/jobs/6/counters")["final"].truth());
  EXPECT_EQ(page("/v1/jobs/6/history")["events"].items().back()["event"].text(), "ended");
  const JsonDocument list = page("/v1/jobs/6/logs");
  EXPECT_EQ(list["dropped"].number(), 1u);  // the giant
  ASSERT_THAT(list["logs"].items(), SizeIs(1));
  EXPECT_EQ(list["logs"].items()[0]["attempt"].text(), "map-0-1");
  const JsonDocument log = page("/v1/jobs/6/logs/map-0-1");
  ASSERT_THAT(log["lines"].items(), SizeIs(2));
  EXPECT_EQ(log["lines"].items()[0].text(), "{\"message\":\"one\"}");
  EXPECT_EQ(page("/v1/jobs/6/logs/map-0-1?limit=1")["next"].number(), 1u);
  page("/v1/jobs/6/logs/map-1-2", 404);
  page("/v1/jobs/6/tasks", 410);
  // Of a hundred jobs later only the end is left.
  ended.line.run = 6 + kMaxKeptHistories;
  ASSERT_TRUE(files.make_directories(store.directory_of(ended.line.run)).ok());
  ASSERT_TRUE(store.end(ended).ok());
  ASSERT_TRUE(store.clean(ended.line.run).ok());
  EXPECT_THAT(*files.list("/data/jobs/6"), ElementsAre("ended"));
  EXPECT_THAT(page("/v1/jobs/6/history")["events"].items(), SizeIs(0));
  EXPECT_EQ(page("/v1/jobs/6")["submitted_at"].text(), "");
}

TEST_F(StatusPagesTest, what_is_not_there_or_wrong_is_said) {
  for (const std::string path : {"/", "/v1", "/v2/jobs", "/v1/jobs/8", "/v1/jobs/x", "/v1/jobs/7/x", "/v1/jobs/7/tasks/1", "/v1/nodes/1",
                                 "/v1/jobs/7/logs/map-0-1/2", "/v1/jobs/7/logs/map-0-1"})
    EXPECT_FALSE(page(path, 404)["error"].text().empty()) << path;
  for (const std::string path :
       {"", "v1/jobs", "/v1/jobs?limit=0", "/v1/jobs?limit=1001", "/v1/jobs?limit=-1", "/v1/jobs?limit=", "/v1/jobs?state=dead",
        "/v1/jobs?form=3", "/v1/jobs?from=1&from=2", "/v1/jobs?", "/v1/../x", "/v1//jobs", "/v1/jobs/7%2Ftasks", "/v1/jobs/7/tasks?state=x",
        "/v1/cluster?limit=3", "/v1/jobs?from=99999999999999999999"})
    EXPECT_FALSE(page(path, 400)["error"].text().empty()) << path;
}

TEST_F(StatusPagesTest, metrics_are_prometheus_text) {
  const HttpAnswer answer = answer_status(source_, "/metrics");
  EXPECT_THAT(answer.content_type, HasSubstr("version=0.0.4"));
  for (const std::string line : {"sinter_nodes 2\n", "sinter_slots 6\n", "sinter_slots_busy 3\n", "sinter_jobs{state=\"running\"} 1\n",
                                 "sinter_tasks{state=\"waiting\"} 1\n", "sinter_tasks{state=\"running\"} 1\n",
                                 "sinter_attempts_committed_total 1\n", "# TYPE sinter_shuffle_bytes_total counter\n",
                                 "sinter_build_info{version=\"0.1.0\"} 1\n"})
    EXPECT_THAT(answer.body, HasSubstr(line));
}

TEST(StatusPathTest, whatever_comes_is_taken_apart_or_refused) {
  Random random(3);
  const std::string letters = "/v1jobs?&=.%-_0123456789 \x00\xff\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.below(4) == 0 ? "" : "/";
    for (std::uint64_t size = random.below(30); size > 0; --size) text += letters[random.below(letters.size())];
    const auto parsed = parse_status_path(text);
    if (!parsed.ok()) continue;
    for (const std::string& step : parsed->steps) EXPECT_TRUE(!step.empty() && step != ".." && step.find('/') == std::string::npos);
  }
  EXPECT_THAT(parse_status_path("/v1/jobs/7/tasks?state=running&limit=5")->steps, ElementsAre("v1", "jobs", "7", "tasks"));
  EXPECT_FALSE(parse_status_path("/" + std::string(kMaxStatusPathBytes, 'a')).ok());
}

}  // namespace
}  // namespace sinter::cluster

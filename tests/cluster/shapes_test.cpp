// Shapes of jobs: one fingerprint each over workers, memory, splits, modes and kills in every stage; runs are freed; faults at the commit.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/watched_file_system.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ShapesTest : public ClusterTest {
 protected:
  /// Names of committed results in the scratch directory, without rejects.
  std::vector<std::string> committed_results() const {
    std::vector<std::string> names;
    for (const std::string& scratch : leftovers()) {
      const auto committed = files_->list(directory_ + "/" + scratch + "/committed");
      if (!committed.ok()) continue;
      for (const std::string& name : *committed)
        if (!name.ends_with(".rejects")) names.push_back(name);
    }
    return names;
  }

  /// Runs the shape over the matrix, with a kill at each of the places; every run gives the same bytes.
  void expect_one_fingerprint(const std::string& shape, const std::vector<std::string>& places) {
    write_input(20'000, 5'000);
    options_.shape = shape;
    options_.overwrite = true;
    struct Variant {
      std::uint32_t workers;
      std::uint64_t memory_mib;
      std::uint64_t split_kib;
      bool lz4;
      bool in_process;
      bool combine;
      std::string place;
    };
    std::vector<Variant> variants = {{1, 64, 100'000, false, false, true, ""}, {2, 64, 32, true, false, false, ""},
                                     {5, 8, 16, false, false, true, ""},       {2, 8, 100, true, true, false, ""}};
    for (const std::string& place : places) variants.push_back({2, 8, 100, false, false, false, place});
    std::string expected;
    std::string expected_rejects;
    for (std::size_t number = 0; number < variants.size(); ++number) {
      const Variant& variant = variants[number];
      SCOPED_TRACE(shape + ", variant " + std::to_string(number) + " " + variant.place);
      options_.execution.workers = variant.workers;
      options_.execution.memory_bytes = variant.memory_mib << 20;
      options_.execution.split_bytes = variant.split_kib << 10;
      options_.execution.reduce_bytes = number == 1 || number == 3 ? 0 : 2048;
      options_.execution.lz4 = variant.lz4;
      options_.execution.in_process = variant.in_process;
      options_.combine = variant.combine;
      options_.fault = {variant.place, "kill", 1, directory_ + "/fault-" + std::to_string(number) + "-"};
      const auto report = run();
      ASSERT_TRUE(report.ok()) << report.error().to_string();
      EXPECT_EQ(report->failed_attempts, variant.place.empty() ? 0u : 1u);
      EXPECT_EQ(report->lost_workers, variant.place.empty() ? 0u : 1u);
      EXPECT_EQ(report->counters.at("rows_read"), 20'001u);
      EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 20'001u);
      if (number == 0) {
        expected = read(options_.output);
        expected_rejects = read(report->rejects.path);
        EXPECT_FALSE(expected.empty());
        EXPECT_FALSE(expected_rejects.empty());
        counters_ = report->counters;
      }
      EXPECT_EQ(read(options_.output), expected);
      EXPECT_EQ(read(report->rejects.path), expected_rejects);
      EXPECT_EQ(report->counters, counters_);
      if (number > 3 && report->stages.size() > 1) {
        EXPECT_GT(report->stages[1].tasks_total, std::max(1u, 2 * report->rounds)) << "one key range is too easy";
      }
      EXPECT_THAT(leftovers(), IsEmpty());
    }
  }

  Counters counters_;
};

TEST_F(ShapesTest, a_map_only_job_writes_in_the_order_of_its_input) {
  ASSERT_TRUE(write_file(*files_, options_.input, "key,value,note\nb,2,\na,x,\na,1,\n").ok());
  options_.shape = "map_only";
  options_.execution.split_bytes = 1;
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(read(options_.output), "b,2\na,1\n");
  EXPECT_EQ(report->stages.size(), 1u);
  EXPECT_EQ(report->shuffle_bytes, 0u);
  EXPECT_THAT(read(report->rejects.path), HasSubstr("\"line\":3"));
  EXPECT_THAT(read(report->manifest_path), HasSubstr("\"name\": \"map\""));
}

TEST_F(ShapesTest, a_map_only_job_has_one_fingerprint) { expect_one_fingerprint("map_only", {"map", "map_finish"}); }

TEST_F(ShapesTest, a_map_only_directory_has_a_part_for_each_split) {
  write_input(3'000);
  options_.shape = "map_only";
  ASSERT_TRUE(run().ok());
  const std::string whole = read(options_.output);
  options_.output = directory_ + "/parts/";
  options_.execution.split_bytes = 8u << 10;
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->outputs.size(), report->stages[0].tasks_total);
  EXPECT_GT(report->outputs.size(), 2u);
  std::string joined;
  for (const OutputFileReport& part : report->outputs) joined += read(part.path);
  EXPECT_EQ(joined, whole);
}

TEST_F(ShapesTest, a_record_that_crashes_a_map_only_job_is_set_aside_in_quarantine) {
  write_input(2'000);
  options_.shape = "map_only";
  options_.execution.on_bad_record = OnBadRecord::Quarantine;
  options_.fault = {"map", "segv", 0, directory_ + "/fault-"};
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->quarantined_records, 1u);
  EXPECT_THAT(read(options_.output), Not(HasSubstr("fault")));
  EXPECT_THAT(read(report->rejects.path), HasSubstr("\"rule\":\"crashed_worker\""));
}

TEST_F(ShapesTest, a_chain_of_steps_folds_from_stage_to_stage) {
  // a: 3 -> digit 3; b: 13 -> digit 3; c: 4 -> digit 4. Digit 3 sums to 16: even; digit 4 to 4: even.
  ASSERT_TRUE(write_file(*files_, options_.input, "key,value,note\na,1,\nb,13,\na,2,\nc,4,\n").ok());
  options_.shape = "chain";
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(read(options_.output), "0,20,4\n");
  EXPECT_EQ(report->counters.at("groups_of_digits"), 3u);
  EXPECT_EQ(report->counters.at("groups_of_parities"), 2u);
  ASSERT_EQ(report->stages.size(), 4u);
  EXPECT_EQ(report->stages[1].name, "digits");
  EXPECT_EQ(report->stages[2].name, "step 2");
}

TEST_F(ShapesTest, a_chain_has_one_fingerprint) {
  expect_one_fingerprint("chain", {"map", "map_finish", "digits_finish", "parities_finish", "reduce_finish"});
}

TEST_F(ShapesTest, the_runs_of_a_stage_are_freed_when_the_next_stage_is_done) {
  write_input(3'000);
  options_.shape = "chain";
  options_.execution.split_bytes = 8u << 10;
  std::set<std::string> seen;
  WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
    const std::size_t at = to.find("/committed/stage-");
    if (at == std::string::npos || to.ends_with(".rejects")) return {};
    const int stage = to[at + std::string("/committed/stage-").size()] - '0';
    seen.insert(to.substr(at));
    for (const std::string& name : committed_results())
      EXPECT_GE(name[6] - '0', stage - 1) << name << " is still there when " << to << " comes";
    return {};
  });
  const auto report = run_with(watched);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_GT(seen.size(), 8u);
}

TEST_F(ShapesTest, rounds_move_the_summary_until_it_rests) {
  std::string text = "key,value,note\n";
  for (const int value : {1, 2, 3, 101, 102, 103, 210, 211, 212}) text += "k" + std::to_string(value) + "," + std::to_string(value) + ",\n";
  ASSERT_TRUE(write_file(*files_, options_.input, text).ok());
  options_.shape = "rounds";
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  // Centres 0, 100, 200 move to the means in round 1; round 2 moves nothing and ends it.
  EXPECT_EQ(report->rounds, 2u);
  EXPECT_EQ(read(options_.output),
            "k1,1,1,2,2\nk101,101,1,102,2\nk102,102,1,102,2\nk103,103,1,102,2\nk2,2,1,2,2\nk210,210,1,211,2\nk211,211,1,211,2\n"
            "k212,212,1,211,2\nk3,3,1,2,2\n");
  EXPECT_EQ(report->counters.at("values_in_rounds"), 18u);
  EXPECT_EQ(report->summary.size(), 32u);
  ASSERT_EQ(report->stages.size(), 3u);
  EXPECT_EQ(report->stages[1].name, "rounds");
  EXPECT_EQ(report->stages[1].tasks_total, 4u);
}

TEST_F(ShapesTest, rounds_have_one_fingerprint) {
  expect_one_fingerprint("rounds", {"map", "round_finish", "merge_finish", "reduce_finish"});
  EXPECT_GT(counters_.at("values_in_rounds"), 40'000u);
}

TEST_F(ShapesTest, rounds_keep_their_input_and_nothing_else) {
  write_input(20'000, 5'000);
  options_.shape = "rounds";
  options_.combine = false;
  options_.execution.memory_bytes = 8u << 20;
  std::size_t most = 0;
  WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
    if (to.find("/committed/stage-0-") == std::string::npos) most = std::max(most, committed_results().size());
    return {};
  });
  options_.execution.reduce_bytes = 4096;
  const auto report = run_with(watched);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_GT(report->rounds, 2u);
  // The map's runs, one round's runs, two summaries; while publishing, only parts.
  const std::uint64_t tasks_of_a_round = report->stages[1].tasks_total / report->rounds;
  EXPECT_LE(most, report->stages[0].tasks_total + tasks_of_a_round + 2);
}

TEST_F(ShapesTest, a_hanging_or_failing_task_of_any_stage_costs_one_attempt) {
  write_input(500);
  options_.shape = "rounds";
  options_.overwrite = true;
  options_.execution.task_timeout_ms = 700;
  int number = 0;
  for (const char* place : {"round_finish", "merge_finish"}) {
    for (const char* action : {"hang", "error"}) {
      SCOPED_TRACE(std::string(place) + " " + action);
      options_.fault = {place, action, 1, directory_ + "/fault-" + std::to_string(number++) + "-"};
      const auto report = run();
      ASSERT_TRUE(report.ok()) << report.error().to_string();
      EXPECT_EQ(report->failed_attempts, 1u);
    }
  }
}

TEST_F(ShapesTest, a_group_that_crashes_a_step_is_named_with_its_stage) {
  write_input(500);
  options_.shape = "chain";
  options_.fault = {"digits_finish", "throw", 0, ""};
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("the test asked for it"), HasSubstr("in digits task 0 of 1")));
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(ShapesTest, side_inputs_reach_every_task_as_records_and_bytes) {
  ASSERT_TRUE(write_file(*files_, options_.input, "key,value,note\nb,2,\na,1,\n").ok());
  options_.side_input = directory_ + "/names.csv";
  ASSERT_TRUE(write_file(*files_, options_.side_input, "key,name\na,Ann\nb,\"B,\nob\"\n").ok());
  options_.shape = "side";
  options_.execution.split_bytes = 1;
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(read(options_.output), "b,2,B,\nob,25\na,1,Ann,25\n");
  EXPECT_THAT(read(report->manifest_path), AllOf(HasSubstr("\"side_inputs\""), HasSubstr("names.csv")));
}

TEST_F(ShapesTest, a_side_input_that_changes_while_the_job_runs_is_an_error) {
  write_input(2'000);
  options_.side_input = directory_ + "/names.csv";
  ASSERT_TRUE(write_file(*files_, options_.side_input, "key,name\na,Ann\n").ok());
  options_.shape = "side";
  on_progress_ = [&](const JobProgress& now) {
    if (now.phase == JobPhase::Planning) return;
    EXPECT_TRUE(write_file(*files_, options_.side_input, "key,name\na,Bob\n").ok());
  };
  const auto report = run();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().fault(), Fault::User);
  EXPECT_THAT(report.error().to_string(), AllOf(HasSubstr("names.csv"), HasSubstr("changed while the job was running")));
}

class CommitTest : public ShapesTest {
 protected:
  static bool is_commit_of(const std::string& to, const std::string& stage) {
    return to.find("/committed/" + stage) != std::string::npos && !to.ends_with(".rejects");
  }
};

TEST_F(CommitTest, workers_killed_while_a_commit_is_carried_out_change_nothing) {
  write_input(5'000);
  ASSERT_TRUE(run().ok());
  const std::string expected = read(options_.output);
  options_.overwrite = true;
  options_.execution.reduce_bytes = 2048;
  for (const char* stage : {"stage-0-", "stage-1-"}) {
    SCOPED_TRACE(stage);
    int kills = 0;
    WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
      if (kills > 0 || !is_commit_of(to, stage)) return {};
      for (const pid_t worker : testing::children_of(::getpid())) kills += ::kill(worker, SIGKILL) == 0 ? 1 : 0;
      return {};
    });
    const auto report = run_with(watched);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_GT(kills, 0);
    EXPECT_LE(report->lost_workers, static_cast<std::uint64_t>(kills));
    EXPECT_EQ(read(options_.output), expected);
    EXPECT_EQ(report->counters.at("rows_read"), 5'001u);
    EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 5'001u);
  }
}

TEST_F(CommitTest, a_commit_that_fails_costs_one_attempt) {
  write_input(5'000);
  for (const char* stage : {"stage-0-", "stage-1-"}) {
    options_.overwrite = true;
    bool failed = false;
    WatchedFileSystem watched(*files_, [&](const std::string& to) -> Status {
      if (failed || !is_commit_of(to, stage)) return {};
      failed = true;
      return environment_error("the disk of the test is moody");
    });
    const auto report = run_with(watched);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_TRUE(failed);
    EXPECT_EQ(report->failed_attempts, 1u);
    EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 5'001u);
  }
}

/// Jobs whose groups take 40 ms each in one stage, which has one range at first.
class CutsTest : public ShapesTest {
 protected:
  void prepare(const std::string& shape, const std::string& slow_place) {
    write_input(60'000, 480);
    options_.shape = shape;
    options_.combine = false;
    options_.overwrite = true;
    options_.execution.workers = 3;
    options_.execution.memory_bytes = 8u << 20;
    options_.execution.split_bytes = 1u << 20;
    options_.execution.reduce_bytes = 1u << 30;
    const auto report = run();
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    ASSERT_EQ(report->stages[1].tasks_total, 1u);
    expected_ = read(options_.output);
    options_.fault = {slow_place, "slow", 0, ""};
  }
  void expect_same(const Result<JobReport>& report) {
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_GT(report->stages[1].tasks_total, 1u) << "the range was not cut";
    EXPECT_EQ(report->stages[1].tasks_done, report->stages[1].tasks_total);
    EXPECT_EQ(read(options_.output), expected_);
    EXPECT_EQ(report->counters.at("rows_read"), 60'001u);
    EXPECT_EQ(report->counters.at("rows_fused") + report->counters.at("rows_rejected"), 60'001u);
    EXPECT_THAT(leftovers(), IsEmpty());
  }
  /// Once, when a range was cut.
  void when_cut(const std::function<void()>& act) {
    on_progress_ = [act, acted = false](const JobProgress& now) mutable {
      if (acted || now.stages.size() < 2 || now.stages[1].tasks_total < 2) return;
      acted = true;
      act();
    };
  }
  std::string expected_;
};

TEST_F(CutsTest, the_rest_of_a_slow_range_is_done_beside_it) {
  prepare("sums", "group");
  bool beside = false;
  on_progress_ = [&](const JobProgress& now) { beside = beside || (now.stages.size() > 1 && now.stages[1].tasks_running > 1); };
  const auto report = run();
  expect_same(report);
  EXPECT_TRUE(beside);
  EXPECT_EQ(report->failed_attempts, 0u);
}

TEST_F(CutsTest, a_step_is_cut_too_and_the_stages_behind_it_read_both_parts) {
  prepare("chain", "digits_group");
  expect_same(run());
}

TEST_F(CutsTest, workers_that_are_killed_when_they_have_agreed_change_nothing) {
  prepare("sums", "group");
  int kills = 0;
  when_cut([&] {
    for (const pid_t worker : testing::children_of(::getpid())) kills += ::kill(worker, SIGKILL) == 0 ? 1 : 0;
  });
  const auto report = run();
  EXPECT_GT(kills, 0);
  expect_same(report);
  EXPECT_GT(report->lost_workers, 0u);
}

TEST_F(CutsTest, another_life_of_the_tracker_knows_where_ranges_were_cut) {
  prepare("sums", "group");
  job_directory_ = directory_ + "/life";
  ASSERT_TRUE(files_->make_directories(job_directory_).ok());
  when_cut([&] { pause_ = true; });
  const auto paused = run();
  ASSERT_FALSE(paused.ok());
  EXPECT_THAT(paused.error().to_string(), HasSubstr("paused"));
  pause_ = false;
  on_progress_ = {};
  expect_same(run());
}

TEST_F(CutsTest, a_directory_of_parts_has_those_that_it_would_have_had) {
  prepare("sums", "group");
  options_.output = directory_ + "/parts/";
  const auto report = run();
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->stages[1].tasks_total, 1u);
  EXPECT_EQ(report->outputs.size(), 1u);
}

}  // namespace
}  // namespace sinter::test

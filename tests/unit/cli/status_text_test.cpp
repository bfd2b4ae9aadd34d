// Pages of a tracker's status as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/status_text.hpp"

namespace sinter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JsonDocument json(const std::string& text) {
  const auto parsed = JsonDocument::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : JsonDocument();
}

/// So many jobs, of which the first `running` run, and so many nodes.
struct Made {
  Made(int jobs_count, int running, int nodes_count, const std::string& name = "books") {
    std::string text = "{\"jobs\":[";
    for (int i = jobs_count; i >= 1; --i)
      text += (i == jobs_count ? "" : ",") + std::string("{\"job\":") + std::to_string(i) + ",\"state\":\"" +
              (i <= running ? "running" : "done") + "\",\"name\":\"" + name +
              "\",\"stage\":\"map\",\"tasks_done\":123456,\"tasks_total\":999999,\"elapsed_ms\":361000000}";
    jobs = json(text + "]}");
    text = "{\"nodes\":[";
    for (int i = 1; i <= nodes_count; ++i)
      text += (i == 1 ? "" : ",") + std::string("{\"node\":") + std::to_string(i) + ",\"name\":\"" + name +
              "\",\"slots\":64,\"busy\":32,\"memory_bytes\":68719476736}";
    nodes = json(text + "]}");
  }
  std::string screen(std::size_t columns, std::size_t rows) const {
    const JsonDocument cluster = json(
        R"({"up_ms":100,"nodes":500,"slots":32000,"busy":16000,"jobs":{"running":10,"done":900,"failed":5,"cancelled":85},)"
        R"("tracker":{"resident_bytes":99}})");
    return top_screen("tracker.example.org:7077", cluster, jobs, nodes, columns, rows);
  }
  JsonDocument jobs, nodes;
};

TEST(TopScreenTest, a_screen_is_as_large_as_the_terminal_whatever_there_is_to_show) {
  for (const std::size_t rows : {1, 5, 10, 24, 60})
    for (const std::size_t columns : {10, 80, 200})
      for (const auto& [jobs, nodes] : {std::pair{0, 0}, {3, 2}, {100, 1}, {1, 100}, {100, 100}}) {
        const std::string screen = Made(jobs, jobs / 2, nodes).screen(columns, rows);
        EXPECT_EQ(std::count(screen.begin(), screen.end(), '\n') + 1, static_cast<std::ptrdiff_t>(rows));
        for (std::size_t at = 0; at < screen.size();) {
          const std::size_t end = std::min(screen.find('\n', at), screen.size());
          EXPECT_LE(end - at, columns);
          at = end + 1;
        }
      }
}

TEST(TopScreenTest, eighty_columns_hold_the_largest_numbers_and_running_jobs_come_first) {
  const std::string screen = Made(40, 1, 3).screen(80, 24);
  EXPECT_THAT(screen, HasSubstr("123456/999999"));
  EXPECT_THAT(screen, HasSubstr("100:16:40"));
  EXPECT_THAT(screen, HasSubstr("cancelled"));
  EXPECT_LT(screen.find("\n    1  running"), screen.find("\n   40  done"));
  EXPECT_THAT(screen, HasSubstr("\n    3  books"));  // no node is pushed out
}

TEST(TopScreenTest, names_of_others_do_nothing_to_the_terminal) {
  EXPECT_THAT(Made(2, 1, 2, "\\u001b[2Jx").screen(80, 24), Not(HasSubstr("\x1b")));
  EXPECT_EQ(printable("a\x1b[2J\tb\r\nc\x7f"), "a?[2J\tb?\nc?");
  // A character of several bytes is one, and whole.
  EXPECT_THAT(Made(2, 1, 1, "ääääääääääääääääääää").screen(80, 24), HasSubstr(" ääääääääääääääää map"));
}

TEST(StatusTextTest, a_page_of_a_job_becomes_progress_again) {
  const JobProgress progress = job_progress(json(
      R"({"progress":{"phase":"running","input_bytes":9,"workers":3,"rounds":1,"stage":7,)"
      R"("stages":[{"name":"map","tasks_total":4,"tasks_done":2,"rows":10}]}})"));
  EXPECT_EQ(progress.phase, JobPhase::Running);
  EXPECT_EQ(progress.workers, 3u);
  ASSERT_EQ(progress.stages.size(), 1u);
  EXPECT_EQ(progress.stage, 0u);  // never out of its stages
  EXPECT_EQ(progress.stages[0].tasks_done, 2u);
  EXPECT_TRUE(job_progress(json("{}")).stages.empty());
}

TEST(StatusTextTest, events_are_a_line_each) {
  EXPECT_EQ(event_line(json(R"({"n":3,"at":"2026-11-21T20:00:00Z","event":"attempt_lost","attempt":"map-0-1","reason":"it is gone"})")),
            "2026-11-21T20:00:00Z  attempt_lost  attempt=map-0-1 reason=\"it is gone\"\n");
  EXPECT_EQ(event_line(json(R"({"n":1,"at":"2026-11-21T20:00:00Z","event":"submitted"})")), "2026-11-21T20:00:00Z  submitted\n");
}

}  // namespace
}  // namespace sinter::cli

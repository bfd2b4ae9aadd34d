// Levels, formats and sinks of the log.
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "base/faulty_file_system.hpp"

namespace sinter {
namespace {

struct Recorded {
  std::shared_ptr<LogMemory> memory = std::make_shared<LogMemory>();
  Log log{LogLevel::Info, [] { return Timestamp{1'709'296'200'123'456}; }};
  Recorded() { log.add_sink(make_memory_log_sink(memory)); }
};

TEST(Log, writes_records_at_or_above_its_level) {
  Recorded recorded;
  recorded.log.debug("hidden");
  recorded.log.info("shown", {{"worker", 3}, {"share", 0.5}, {"ok", true}, {"path", "a b"}, {"empty", ""}});
  EXPECT_EQ(recorded.memory->lines(), std::vector<std::string>{"info shown worker=3 share=0.5 ok=true path=\"a b\" empty=\"\""});
  EXPECT_FALSE(recorded.log.enabled(LogLevel::Debug));
}

TEST(Log, human_lines_start_with_the_time) {
  const LogRecord record{LogLevel::Warning, {1'709'296'200'123'456}, "lost a worker", nullptr, 0};
  EXPECT_EQ(format_human(record), "12:30:00.123 warning lost a worker");
  EXPECT_EQ(format_human({LogLevel::Warning, {1'709'296'200'000'000}, "x", nullptr, 0}), "12:30:00.000 warning x");
  EXPECT_EQ(format_human({LogLevel::Warning, {1'709'296'200'120'000}, "x", nullptr, 0}), "12:30:00.120 warning x");
}

TEST(Log, json_lines_escape_and_repair) {
  const LogField fields[] = {{"text", std::string_view("q\"b\\n\n\x01\xff\xc3\xa9", 10)}, {"nan", std::nan("")},
                             {"inf", HUGE_VAL}, {"n", -5}, {"big", std::numeric_limits<std::uint64_t>::max()}};
  const LogRecord record{LogLevel::Error, {0}, "m", fields, 5};
  EXPECT_EQ(format_json(record),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"error\",\"message\":\"m\","
            "\"text\":\"q\\\"b\\\\n\\n\\u0001\xef\xbf\xbd\xc3\xa9\","
            "\"nan\":\"nan\",\"inf\":\"inf\",\"n\":-5,\"big\":18446744073709551615}");
}

TEST(Log, a_file_sink_reports_the_lines_that_a_full_disk_lost) {
  auto memory = make_memory_file_system();
  FaultyFileSystem files(*memory);
  Log log(LogLevel::Info, [] { return Timestamp{0}; });
  log.add_sink(make_file_log_sink(files.create("/log").value()));
  files.fail(FileOperation::Append, 0, 28, 2);
  log.info("lost");
  log.info("lost");
  log.info("kept");
  EXPECT_EQ(read_file(*memory, "/log").value(),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"info\",\"message\":\"kept\",\"lost_lines_before\":2}\n");
}

TEST(Log, threads_do_not_mix_lines) {
  Recorded recorded;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) recorded.log.info("line", {{"thread", t}});
    });
  for (auto& thread : threads) thread.join();
  const auto lines = recorded.memory->lines();
  ASSERT_EQ(lines.size(), 2000u);
  for (const auto& line : lines) EXPECT_TRUE(line.starts_with("info line thread=") && line.size() == 18) << line;
}

}  // namespace
}  // namespace sinter

// Probes and what is made of them.
#include "cli/hosts/host_probe.hpp"

#include <gtest/gtest.h>

#include "cli/hosts/host_report.hpp"
#include "framework/cluster/message_kinds.hpp"
#include "tests/support/command.hpp"

namespace sinter::cli {
namespace {

ProbeAnswer good_answer() {
  ProbeAnswer answer;
  answer.version = "1.2.3";
  answer.protocol = cluster::kClusterProtocolVersion;
  answer.time_us = 1'000'000'000;
  answer.processors = 4;
  answer.memory_bytes = 8ull << 30;
  answer.scratch_free_bytes = 100ull << 30;
  return answer;
}

HostReport report_of(ProbeAnswer answer) { return {"lab-1", "", std::move(answer), 999'000'000, 1'001'000'000}; }

std::string only_problem(const ProbeAnswer& answer) {
  const std::vector<std::string> problems = problems_of(report_of(answer), "1.2.3");
  return problems.size() == 1 ? problems.front() : std::to_string(problems.size()) + " problems";
}

TEST(HostProbe, comes_back_as_it_was_said) {
  ProbeAnswer answer = good_answer();
  answer.unseen = {"/a b", "/c"};
  answer.reach_problem = "cannot reach\nit";
  const auto back = parse_probe("Welcome to lab-1!\n" + probe_text(answer));
  ASSERT_TRUE(back.ok()) << back.error().to_string();
  EXPECT_EQ(back->version, "1.2.3");
  EXPECT_EQ(back->time_us, 1'000'000'000);
  EXPECT_EQ(back->scratch_free_bytes, 100ull << 30);
  EXPECT_EQ(back->unseen, answer.unseen);
  EXPECT_EQ(back->reach_problem, "cannot reach it");
  EXPECT_FALSE(parse_probe("bash: sinter: command not found").ok());
  EXPECT_FALSE(parse_probe("sinter-probe 1\nprocessors many\n").ok());
}

TEST(HostProbe, looks_at_the_host_that_it_runs_on) {
  const sinter::testing::TemporaryDirectory directory;
  directory.write("mark", "");
  const std::string here = directory.path().string();
  const ProbeAnswer answer = probe_host({here + "/scratch", {here, here + "/scratch"}, "mark", "127.0.0.1:0", 0, ""}, "1.2.3");
  EXPECT_EQ(answer.scratch_problem, "");
  EXPECT_GT(answer.scratch_free_bytes, 0u);
  EXPECT_GT(answer.processors, 0u);
  EXPECT_EQ(answer.unseen, std::vector<std::string>{here + "/scratch"});
  EXPECT_EQ(answer.listen_problem, "");
  EXPECT_NE(probe_host({"", {}, "", "203.0.113.1:7077", 0, ""}, "").listen_problem, "") << "no address of this host";
  EXPECT_NE(probe_host({"/proc/x", {}, "", "", 0, ""}, "").scratch_problem, "");
}

TEST(HostReport, names_each_thing_that_is_wrong) {
  EXPECT_TRUE(problems_of(report_of(good_answer()), "1.2.3").empty());
  ProbeAnswer other = good_answer();
  other.version = "1.2.4";
  EXPECT_NE(only_problem(other).find("--copy"), std::string::npos) << only_problem(other);
  other = good_answer();
  other.scratch_free_bytes = kLeastScratchBytes - 1;
  EXPECT_NE(only_problem(other).find("kLeastScratchBytes"), std::string::npos);
  other = good_answer();
  other.unseen = {"/shared"};
  EXPECT_NE(only_problem(other).find("'/shared'"), std::string::npos);
  other = good_answer();
  other.listen_problem = "cannot listen";
  EXPECT_NE(only_problem(other).find("--listen"), std::string::npos);
}

TEST(HostReport, gives_a_clock_the_time_that_the_question_took) {
  ProbeAnswer answer = good_answer();
  answer.time_us = 1'001'000'000 + kMaxClockSkewUs;
  EXPECT_TRUE(problems_of(report_of(answer), "1.2.3").empty());
  answer.time_us += 1'000;
  EXPECT_NE(only_problem(answer).find("ahead"), std::string::npos) << only_problem(answer);
  answer.time_us = 999'000'000 - kMaxClockSkewUs - 1'000;
  EXPECT_NE(only_problem(answer).find("behind"), std::string::npos);
  EXPECT_EQ(clock_skew_us(report_of(good_answer())), 0);
}

TEST(HostReport, is_a_table_with_a_line_a_host) {
  HostReport away{"far", "ssh does not get to 'far'", {}, 0, 0};
  const std::string table = report_table({report_of(good_answer()), away}, "1.2.3");
  EXPECT_NE(table.find("lab-1  1.2.3   right  4           8GiB    100GiB        ok\n"), std::string::npos) << table;
  EXPECT_NE(table.find("far    -"), std::string::npos) << table;
  EXPECT_NE(table.find("NOT OK\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace sinter::cli

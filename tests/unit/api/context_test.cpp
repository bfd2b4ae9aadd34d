// Context in whole jobs: parameters, counters, histograms, side outputs, rejects, random numbers, logs, setup and finish.
#include "framework/api/context.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "base/log.hpp"
#include "framework/api/histogram_summary.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/api/job_fixture.hpp"
#include "tests/unit/api/memory_task_context.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

using ContextTest = testing::JobTest;

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + "\n";
  return text;
}

int number_of(std::string_view line) { return *parse_parameter<int>(line); }

/// Everything a map may ask for.
class Thresholds {
 public:
  void setup(Context& context) {
    threshold_ = context.parameter<int>("threshold");
    name_ = context.parameter<std::string>("name");
  }
  void operator()(std::string_view line, Emitter<std::string, int>& out, Context& context) {
    const int number = number_of(line);
    if (number % 100 == 13) return context.reject("number", line, "is unlucky");
    context.histogram("size").add(number);
    if (number >= threshold_) {
      context.count("large");
      context.rows("large").row(number, name_);
    }
    largest_ = std::max(largest_, number);
    out.emit(std::to_string(number % 3), number);
  }
  void finish(Emitter<std::string, int>& out) {
    if (largest_ >= 0) out.emit("largest", largest_);
  }

 private:
  int threshold_ = 0;
  std::string name_;
  int largest_ = -1;
};

struct SumAndLog {
  std::uint64_t groups = 0;
  void operator()(const std::string& key, Group<int>& values, RowWriter& out, Context& context) {
    std::int64_t sum = 0;
    int largest = 0;
    for (const int value : values) sum += value, largest = std::max(largest, value);
    if (key == "2") context.reject("the group is not wanted");
    else out.row(key, key == "largest" ? largest : sum);
    context.log().info("a group", {{"key", key}});
    context.status("at group " + key);
    ++groups;
  }
  void finish(RowWriter&, Context& context) { context.count("finished_groups", groups); }
};

CompleteJob thresholds(const std::string& input, const testing::MemoryDirectory& directory) {
  return Job("thresholds")
      .parameter<int>("threshold", 990, "from where on a number is large")
      .parameter<std::string>("name", "big", "a label")
      .side_output("large", csv(directory / "large.csv", {"number", "name"}))
      .read(lines(input))
      .map(Thresholds{})
      .reduce(SumAndLog{})
      .write(csv(directory / "out.csv", {"key", "sum"}));
}

TEST_F(ContextTest, a_job_has_parameters_side_outputs_counters_histograms_rejects_and_logs) {
  const std::string input = directory_.write("in.txt", numbers(1000));
  const auto report = run(thresholds(input, directory_), 500);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  std::int64_t sums[3] = {0, 0, 0};
  for (int i = 0; i < 1000; ++i)
    if (i % 100 != 13) sums[i % 3] += i;
  EXPECT_EQ(output(), "key,sum\n0," + std::to_string(sums[0]) + "\n1," + std::to_string(sums[1]) + "\nlargest,999\n");
  std::string large = "number,name\n";
  for (int i = 990; i < 1000; ++i) large += std::to_string(i) + ",big\n";
  EXPECT_EQ(report->outputs.at("large.csv"), large);
  EXPECT_EQ(report->counters.at("large"), 10u);
  EXPECT_EQ(report->counters.at("rows_rejected"), 10u);
  EXPECT_EQ(report->counters.at("groups_rejected"), 1u);
  EXPECT_EQ(report->counters.at("finished_groups"), 4u);
  ASSERT_EQ(report->histograms.size(), 1u);
  EXPECT_EQ(report->histograms[0].name, "size");
  EXPECT_EQ(report->histograms[0].count, 990u);
  EXPECT_NEAR(report->histograms[0].median, 500, 500 * 0.0625 + 1);
  EXPECT_NEAR(report->histograms[0].most, 999, 999 * 0.0625);
  const std::string rejects = report->rejects;
  EXPECT_THAT(rejects, HasSubstr("\"reason\":\"is unlucky\",\"file\":\"" + input + "\",\"line\":14"));
  EXPECT_THAT(rejects, HasSubstr("\"reason\":\"the group is not wanted\",\"entity\":\"\\\"2\\\"\""));
  const std::string manifest = report->manifest;
  EXPECT_THAT(manifest, HasSubstr("\"threshold\": \"990\""));
  EXPECT_THAT(manifest, HasSubstr("large.csv"));
  EXPECT_THAT(manifest, HasSubstr("\"percentile_90\""));
  std::string logs;
  for (const auto& [attempt, lines] : report->logs) logs += lines;
  EXPECT_THAT(logs, HasSubstr("\"message\":\"a group\",\"job\":\"thresholds\",\"task\":\"reduce-"));
  EXPECT_THAT(logs, HasSubstr(",\"attempt\":1,\"key\":\"largest\"}"));
}

TEST_F(ContextTest, parameters_are_set_by_name_and_checked) {
  const std::string input = directory_.write("in.txt", numbers(1000));
  const CompleteJob job = thresholds(input, directory_);
  const auto report = run(job, 500, {"threshold=998", "name=x=y"});
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->outputs.at("large.csv"), "number,name\n998,x=y\n999,x=y\n");
  const auto said = [&](const std::string& parameter) { return run(job, 500, {parameter}).error().to_string(); };
  EXPECT_THAT(said("treshold=3"), HasSubstr("no parameter 'treshold'"));
  EXPECT_THAT(said("treshold=3"), HasSubstr("It declares threshold, name"));
  EXPECT_THAT(said("threshold=many"), HasSubstr("is 'many', which is no whole number, 32 bits"));
  EXPECT_THAT(said("threshold=99999999999"), HasSubstr("no whole number, 32 bits"));
  EXPECT_THAT(said("threshold"), HasSubstr("NAME=VALUE"));
}

TEST_F(ContextTest, what_is_not_declared_fails_the_job_in_a_sentence) {
  const std::string input = directory_.write("in.txt", "1\n");
  const auto run_map = [&](auto use) {
    const auto map = [use](std::string_view, Emitter<int, int>&, Context& context) { use(context); };
    const auto report =
        run(Job("x").parameter<double>("known", 0.5, "help").read(lines(input)).map(map).sort().write(out({"a", "b"})));
    return report.ok() ? std::string("good") : report.error().to_string();
  };
  EXPECT_THAT(run_map([](Context& context) { (void)context.parameter<int>("unknown"); }), HasSubstr("declares no parameter 'unknown'"));
  EXPECT_THAT(run_map([](Context& context) { (void)context.parameter<int>("known"); }),
              HasSubstr("declared as number, and is asked for as"));
  EXPECT_THAT(run_map([](Context& context) { context.rows("nowhere").row(1); }), HasSubstr("declares no side output 'nowhere'"));
  EXPECT_EQ(run_map([](Context& context) { EXPECT_EQ(context.parameter<double>("known"), 0.5); }), "good");
}

TEST_F(ContextTest, names_declared_twice_and_outputs_that_meet_are_refused) {
  const auto map = [](std::string_view, Emitter<int, int>&) {};
  const auto twice = Job("x").parameter<int>("a", 1, "").parameter<int>("a", 2, "").read(lines("x")).map(map).sort().write(out({"a", "b"}));
  EXPECT_THAT(twice.definition().error().message(), HasSubstr("parameter 'a' is declared twice"));
  const std::string input = directory_.write("in.txt", "1\n");
  const auto meet = run(Job("x").side_output("s", out({"a"})).read(lines(input)).map(map).sort().write(out({"a", "b"})));
  EXPECT_THAT(meet.error().message(), HasSubstr("side output 's' is written to"));
}

TEST_F(ContextTest, random_numbers_belong_to_the_record_however_the_input_is_split) {
  const std::string input = directory_.write("in.txt", numbers(2000));
  const auto map = [](std::string_view line, Emitter<int, std::uint64_t>& out, Context& context) {
    out.emit(number_of(line), context.random().below(1000));
    out.emit(number_of(line), context.random(1).below(1000));
  };
  const CompleteJob job = Job("random").read(lines(input)).map(map).sort().write(out({"number", "random"}));
  ASSERT_TRUE(run(job, 100).ok());
  const std::string first = output();
  ASSERT_TRUE(run(job, 100'000).ok());
  EXPECT_EQ(output(), first);
  const auto sample = [](std::string_view, Emitter<int, std::uint64_t>& out, Context& context) {
    out.emit(context.random().chance(0.1), 1);
  };
  const auto sum = [](const int& key, Group<std::uint64_t>& ones, RowWriter& rows) {
    std::uint64_t total = 0;
    for (const std::uint64_t one : ones) total += one;
    if (key == 1) {
      EXPECT_NEAR(static_cast<double>(total), 200, 60);
    }
    rows.row(key, total);
  };
  ASSERT_TRUE(run(Job("random").read(lines(input)).map(sample).reduce(sum).write(out({"number", "random"}))).ok());
}

TEST_F(ContextTest, logs_of_a_failed_job_are_kept) {
  const testing::TemporaryDirectory directory;
  const std::string input = directory.write("in.txt", "1\n2\n");
  const auto map = [](std::string_view line, Emitter<int, int>&, Context& context) {
    context.log().warning("looking at a line", {{"line", line}});
    context.status("line " + std::string(line));
    if (line == "2") throw std::runtime_error("two is too many");
  };
  const CompleteJob job = Job("fails").read(lines(input)).map(map).sort().write(csv(directory / "out.csv", {"a", "b"}));
  const auto exit_status = [&job] {
    std::string words[] = {"fails", "--in-process"};
    char* argv[] = {words[0].data(), words[1].data()};
    return job.main(2, argv);
  };
  const auto logs = [&directory] {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(directory / "out.csv.logs")) all += testing::read_whole_file(file.path());
    return all;
  };
  EXPECT_EQ(exit_status(), 1);
  const std::string log = logs();
  EXPECT_THAT(log, HasSubstr("looking at a line"));
  EXPECT_THAT(log, HasSubstr("\"line\":\"2\""));
  directory.write("in.txt", "1\n");
  EXPECT_EQ(exit_status(), 0);
  EXPECT_EQ(logs().find("\"line\":\"2\""), std::string::npos) << "logs of an earlier run stay";
}

TEST(Histogram, buckets_hold_their_numbers_within_their_width) {
  Random random(21);
  for (int round = 0; round < 20'000; ++round) {
    const double value = std::ldexp(random.uniform(-1, 1), static_cast<int>(random.between(-300, 300)));
    const double floor = Histogram::bucket_floor(Histogram::bucket_of(value));
    ASSERT_LE(std::abs(floor - value), std::abs(value) * 0.0625) << value;
    ASSERT_LE(std::abs(floor), std::abs(value));
    const double other = std::ldexp(random.uniform(-1, 1), static_cast<int>(random.between(-300, 300)));
    ASSERT_LE(Histogram::bucket_of(std::min(value, other)), Histogram::bucket_of(std::max(value, other)));
  }
  for (int whole = -31; whole < 32; ++whole) EXPECT_EQ(Histogram::bucket_floor(Histogram::bucket_of(whole)), whole);
  EXPECT_EQ(Histogram::bucket_floor(Histogram::bucket_of(5e-324)), 5e-324);
  EXPECT_GT(Histogram::bucket_floor(Histogram::bucket_of(1.7976931348623157e308)), 1.7e308);
  EXPECT_TRUE(std::isinf(Histogram::bucket_floor(Histogram::bucket_of(INFINITY))));
  EXPECT_TRUE(std::isnan(Histogram::bucket_floor(Histogram::bucket_of(NAN))));
}

TEST(Histogram, counters_become_summaries_and_others_stay) {
  testing::MemoryTaskContext task;
  Histogram histogram(task, "time:ms");
  for (int i = 1; i <= 1000; ++i) histogram.add(i);
  task.counter("histogram:of my own").add(3);
  const auto summaries = take_histograms(task.counters);
  ASSERT_EQ(summaries.size(), 1u);
  EXPECT_EQ(summaries[0].name, "time:ms");
  EXPECT_EQ(summaries[0].count, 1000u);
  EXPECT_NEAR(summaries[0].median, 500, 32);
  EXPECT_NEAR(summaries[0].percentile_99, 990, 62);
  ASSERT_EQ(task.counters.size(), 1u);
  EXPECT_EQ(task.counters.begin()->first, "histogram:of my own");
}

}  // namespace
}  // namespace sinter

// Real sources with known truth: the figures that published papers report must come out of `sinter run`.
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

/// A test that needs ../shared/data, and says so when it is absent.
class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    data_ = data_directory();
    if (data_.empty()) GTEST_SKIP() << "shared data is not on this machine (set SINTER_DATA to its folder)";
  }

  /// A long-shaped job over fusion/<set>.
  std::string long_job(const std::string& set, const std::string& schema, const std::string& fuse, const std::string& claims = "claims.csv",
                       const std::string& truth = "truth.csv", const std::string& more = "") const {
    const std::string folder = data_ + "/fusion/" + set + "/";
    return directory_.write("job.yaml",
                            "version: 1\nname: " + set + "\nschema: " + schema + "\nsources:\n  claims:\n    from: " + folder + claims +
                                "\n    long: { entity: entity, attribute: attribute, value: value, source: source, time: timestamp }\n" +
                                "entity: { key: entity }\nfuse: " + fuse + "\nquality:\n  gold: { from: " + folder + truth +
                                ", long: { entity: entity, attribute: attribute, value: value } }\n" + more +
                                "output: { fused: { to: out/fused.csv }, rejects: { to: out/rejects.jsonl } }\n");
  }

  SinterRun run(const std::string& job) const {
    SinterRun run = sinter_run(job);
    EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
    EXPECT_TRUE(run.accounts_for_every_row()) << run.command.out;
    return run;
  }

  std::string data_;
  TemporaryDirectory directory_;
};

TEST_F(RealData, weather_mean_has_the_published_error) {
  const SinterRun done = run(long_job("weather-crh", "{ condition: string, high: double, low: double }",
                                      "{ default: vote, attributes: { high: mean, low: mean, condition: { rule: vote, ties: first } } }"));
  const double cells = done.quality("high", "numeric") + done.quality("low", "numeric");
  const double mae = (done.quality("high", "mae") * done.quality("high", "numeric") + done.quality("low", "mae") * done.quality("low", "numeric")) / cells;
  EXPECT_NEAR(mae, 4.7841, 0.00005);
  EXPECT_EQ(done.quality("condition", "wrong"), 281);
  EXPECT_EQ(done.quality("condition", "gold_cells"), 580);
}

TEST_F(RealData, weather_median_has_the_published_error) {
  const SinterRun done = run(long_job("weather-crh", "{ condition: string, high: double, low: double }",
                                      "{ default: vote, attributes: { high: median, low: median } }"));
  const double cells = done.quality("high", "numeric") + done.quality("low", "numeric");
  const double mae = (done.quality("high", "mae") * done.quality("high", "numeric") + done.quality("low", "mae") * done.quality("low", "numeric")) / cells;
  EXPECT_NEAR(mae, 4.9878, 0.00005);
}

TEST_F(RealData, emotion_mean_and_median_have_the_published_errors) {
  const SinterRun mean = run(long_job("crowd-emotion", "{ answer: double }", "{ default: mean }"));
  EXPECT_NEAR(mean.quality("answer", "mae"), 12.022, 0.0005);
  EXPECT_NEAR(mean.quality("answer", "rmse"), 17.835, 0.0005);
  const SinterRun median = sinter_run(long_job("crowd-emotion", "{ answer: double }", "{ default: median }"), {"--force"});
  EXPECT_NEAR(median.quality("answer", "mae"), 13.529, 0.0005);
  EXPECT_NEAR(median.quality("answer", "rmse"), 21.264, 0.0005);
}

TEST_F(RealData, books_vote_reaches_the_published_precision) {
  const SinterRun done = run(long_job("books", "{ authors: string }", "{ default: vote }", "claims_authorset.csv", "truth_authorset.csv"));
  EXPECT_EQ(done.quality("authors", "gold_cells"), 100);
  EXPECT_LE(done.quality("authors", "error_rate"), 1 - 0.77 + 1e-9);
}

}  // namespace
}  // namespace sinter::testing

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
  const double mae =
      (done.quality("high", "mae") * done.quality("high", "numeric") + done.quality("low", "mae") * done.quality("low", "numeric")) / cells;
  EXPECT_NEAR(mae, 4.7841, 0.00005);
  EXPECT_EQ(done.quality("condition", "wrong"), 281);
  EXPECT_EQ(done.quality("condition", "gold_cells"), 580);
}

TEST_F(RealData, weather_median_has_the_published_error) {
  const SinterRun done = run(long_job("weather-crh", "{ condition: string, high: double, low: double }",
                                      "{ default: vote, attributes: { high: median, low: median } }"));
  const double cells = done.quality("high", "numeric") + done.quality("low", "numeric");
  const double mae =
      (done.quality("high", "mae") * done.quality("high", "numeric") + done.quality("low", "mae") * done.quality("low", "numeric")) / cells;
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

TEST_F(RealData, population_vote_reaches_the_baseline) {
  const std::string folder = data_ + "/fusion/population/";
  const SinterRun done = run(directory_.write("job.yaml",
                                              "version: 1\nname: population\nschema: { entity: string, attribute: string, value: string }\n"
                                              "sources: { claims: { from: " +
                                                  folder +
                                                  "claims.csv, source_column: source } }\n"
                                                  "entity: { key: [entity, attribute] }\nfuse: { default: vote }\n"
                                                  "quality: { gold: { from: " +
                                                  folder + "truth.csv } }\noutput: { fused: { to: out.csv } }\n"));
  EXPECT_EQ(done.quality("value", "covered"), 301);
  EXPECT_LE(done.quality("value", "error_rate"), 1 - 0.7807 + 0.0001);
}

TEST_F(RealData, flights_vote_over_normalised_times_reaches_the_baseline) {
  const std::string clean = R"(clean:
  "*_time":
    - { remove: "\\(.*?\\)|[*]|Delayed|On Time|&nbsp" }
    - trim
    - { null_if: ["", "Not Available", "Contact Airline", "Dec 1 Not Available", "Dec 1 Contact Airline"] }
    - parse_time:
        formats: ["%I:%M %p", "%I:%M%p %b %d", "%m/%d/%y %I:%M %p", "%m/%d/%Y %I:%M %p", "%m/%d %I:%M %p", "%I:%M %p %a %d-%b-%Y",
                  "%a %H:%M", "%b %d %I:%M %p", "%a %b %d %I:%M %p", "%I:%M%p %m-%d-%y", "%H:%M"]
        to: "%H:%M"
)";
  const SinterRun done =
      run(long_job("flights", "{ sched_dep_time: string, act_dep_time: string, sched_arr_time: string, act_arr_time: string }",
                   "{ default: vote }", "claims.csv", "truth.csv", clean));
  EXPECT_EQ(done.quality("all", "gold_cells"), 400);
  EXPECT_LE(done.quality("all", "error_rate"), 1 - 0.8025 + 1e-9);
  EXPECT_LT(static_cast<double>(done.counter("rows_rejected")), 0.01 * static_cast<double>(done.counter("rows_read")));
}

TEST_F(RealData, flights_slice_times_and_gates_of_every_site_are_read) {
  const std::string clean = R"yaml(clean:
  "*Time":
    - trim
    - { remove: "\\*|\\((Estimated|Runway|runway|Estimated runway)\\)|&nbsp|On Time$|Delayed$" }
    - { null_if: { pattern: "(.* - )?(Not Available|Contact Airline)|.*Cancelled" } }
    - parse_time:
        formats: ["%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M%p %Z", "%I:%M %p, %b %d", "%I:%M %p%b %d", "%I:%M %p %a %d-%b-%Y",
                  "%m/%d/%y %I:%M %p (%z)", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M%p %Z", "%b %d - %I:%M%p", "%a, %b %d %I:%M %p",
                  "%a., %b.%d, %Y %I:%M %p", "%Y-%m-%d %H:%M", "%Y-%m-%d %a %H:%M", "%Y-%m-%d %m/%d %I:%M %p", "%I:%M%p %m-%d-%y"]
        date: timestamp
        to: "%H:%M"
  "*Gate":
    - trim
    - upper
    - { null_if: ["", "-", "--", TBA, CHK, HOLD, NOT PROVIDED BY AIRLINE] }
    - { null_if: { pattern: "TERMINAL [A-Z0-9]+" } }
    - { remove: "^.* - |/[A-Z]?[0-9]*$|[^A-Z0-9/]" }
    - { null_if: "" }
)yaml";
  const std::string schema = "{ ExpectedDepartureTime: string, ActualDepartureTime: string, ExpectedArrivalTime: string, "
                             "ActualArrivalTime: string, DepartureGate: string, ArrivalGate: string }";
  const SinterRun done = run(long_job("flights-slice", schema, "{ default: vote }", "claims_raw.csv", "truth_parsed.csv", clean));
  EXPECT_EQ(done.counter("rows_read"), 21557u);
  EXPECT_LE(static_cast<double>(done.counter("rows_rejected")), 0.01 * static_cast<double>(done.counter("rows_read")));
  std::cout << "flights-slice: " << done.counter("rows_rejected") << " of " << done.counter("rows_read") << " rows rejected, "
            << done.quality("all", "error_rate") << " of the fused cells wrong\n";
  // The baseline: a plain vote over normalised values has 99 of 117 right.
  EXPECT_LE(done.quality("all", "error_rate"), 1 - 0.8462 + 0.0001);
}

TEST_F(RealData, beers_cleaning_repairs_most_wrong_cells) {
  const std::string folder = data_ + "/cleaning/beers/";
  const std::string head = "version: 1\nname: beers\nschema: { beer_name: string, style: string, ounces: double, abv: double, ibu: double, "
                           "brewery_id: string, brewery_name: string, state: string, city: string }\nsources: { dirty: { from: " + folder +
                           "dirty.csv } }\nentity: { key: id }\nfuse: { default: vote }\nquality: { gold: { from: " + folder +
                           "clean.csv } }\noutput: { fused: { to: out.csv } }\n";
  const std::string steps = R"yaml(clean:
  ounces: [{ extract: "^([0-9.]+)" }]
  ibu: [{ null_if: [N/A] }]
  abv: [{ strip_suffix: "%" }]
  state: [{ fill_from: city }, { extract: "([A-Z]{2})$" }]
  city: [{ remove: " [A-Z]{2}$" }]
)yaml";
  // Without a step, what is no number is set to null: the dirty copy as far as its types allow.
  const std::string tolerant = "clean: { on_bad_value: null }\n";
  const SinterRun before = run(directory_.write("before.yaml", head + tolerant));
  const SinterRun after = sinter_run(directory_.write("after.yaml", head + steps), {"--force"});
  ASSERT_EQ(after.command.exit_code, 0) << after.command.err;
  const auto right = [](const SinterRun& done) { return done.quality("all", "covered") - done.quality("all", "wrong"); };
  const double cells = after.quality("all", "gold_cells");
  std::cout << "beers: " << right(before) / cells << " of the cells right before cleaning, " << right(after) / cells << " after\n";
  EXPECT_LT(right(before) / cells, 0.90);
  EXPECT_GT(right(after) / cells, 0.97);
}

TEST_F(RealData, hospital_rows_repair_each_other_by_vote) {
  const std::string folder = data_ + "/cleaning/hospital/";
  const auto job = [&](const std::string& rule) {
    return directory_.write("job.yaml",
                            "version: 1\nname: hospital\nschema: { HospitalName: string, Address1: string, City: string, State: string, "
                            "ZipCode: string, CountyName: string, PhoneNumber: string, HospitalType: string, HospitalOwner: string, "
                            "EmergencyService: string }\nsources: { dirty: { from: " +
                                folder +
                                "dirty.csv, source_column: MeasureCode } }\n"
                                "entity: { key: ProviderNumber }\nfuse: { default: " +
                                rule + " }\nquality: { gold: { from: " + folder + "clean.csv } }\noutput: { fused: { to: out.csv } }\n");
  };
  const SinterRun single = run(job("max"));  // one dirty row speaks for each hospital
  const SinterRun voted = sinter_run(job("vote"), {"--force"});
  std::cout << "hospital: " << 1 - single.quality("all", "error_rate") << " of the cells right by one row, "
            << 1 - voted.quality("all", "error_rate") << " by vote\n";
  EXPECT_GT(single.quality("all", "wrong"), 0);
  EXPECT_EQ(voted.quality("all", "wrong"), 0);
}

}  // namespace
}  // namespace sinter::testing

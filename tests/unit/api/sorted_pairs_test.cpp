// Sorted pairs: left by one job, read by another without mapping or sorting; joins of them; what is refused.
#include <gmock/gmock.h>

#include "base/random.hpp"
#include "framework/plan/plan.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Visit {
  std::string page;
  std::int64_t clicks = 0;
  auto fields() { return std::tie(page, clicks); }
};
void by_page(const Visit& visit, Emitter<std::string, std::int64_t>& out) { out.emit(visit.page, visit.clicks); }
void by_page_text(const Visit& visit, Emitter<std::string, std::string>& out) { out.emit(visit.page, "c" + std::to_string(visit.clicks)); }

using ByClicks = Grouped<std::string, Descending<std::int64_t>>;
void by_clicks(const Visit& visit, Emitter<ByClicks, std::int64_t>& out) { out.emit(visit.page, Descending{visit.clicks}, visit.clicks); }

/// Every value of a group in its order, and their number.
void list(const std::string& page, Group<std::int64_t>& clicks, RowWriter& rows) {
  std::string all;
  for (const std::int64_t one : clicks) all += " " + std::to_string(one);
  rows.row(page, all);
}

std::string visits(std::uint64_t seed, std::uint64_t pages, int rows) {
  Random random(seed);
  std::string text = "page,clicks\n";
  for (int i = 0; i < rows; ++i)
    text += "page" + std::to_string(random.below(pages)) + "," + std::to_string(random.between(-50, 50)) + "\n";
  return text;
}

DataFile visits_file(const std::string& path) { return csv(path, {"page", "clicks"}); }
/// How a build that checks every record names values.
const std::string kTagged = kCheckRecords ? "tagged " : "";
DataFile listed() { return csv("out.csv", {"page", "clicks"}); }

class SortedPairsTest : public ::testing::Test {
 protected:
  /// Runs a job on what there is, and keeps the sorted pairs that it leaves.
  Result<testing::JobOutcome> run(const CompleteJob& job, const testing::JobRunOptions& options = {}) {
    auto outcome = testing::run_job(job, files_, options);
    if (outcome.ok())
      for (const auto& [path, text] : outcome->outputs)
        if (path.find('/') != std::string::npos) files_[path] = text;
    return outcome;
  }
  void run_well(const CompleteJob& job, const testing::JobRunOptions& options = {}) {
    const auto outcome = run(job, options);
    ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  }
  /// out.csv of a job that is run.
  std::string answer(const CompleteJob& job, const testing::JobRunOptions& options = {}) {
    const auto outcome = run(job, options);
    EXPECT_TRUE(outcome.ok()) << outcome.error().to_string();
    return outcome.ok() ? outcome->outputs.at("out.csv") : "";
  }
  std::string error_of(const CompleteJob& job) {
    const auto outcome = testing::run_job(job, files_);
    return outcome.ok() ? "it ran" : outcome.error().to_string();
  }
  /// Many runs, many parts.
  static testing::JobRunOptions cut_small(std::uint32_t workers = 2) {
    return {.workers = workers, .memory_bytes = 8u << 20, .split_bytes = 200'000, .reduce_bytes = 50'000};
  }

  testing::Files files_;
};

TEST_F(SortedPairsTest, are_read_as_if_they_were_sorted_again) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    files_["visits.csv"] = visits(seed, seed == 2 ? 3 : 2000, 40'000);
    const auto mapped = [] { return Job("visits").read(visits_file("visits.csv")).map(by_page); };
    const std::string expected = answer(mapped().reduce(list).write(listed()));
    for (const auto& writing : {testing::JobRunOptions{}, cut_small(1), cut_small(3)}) {
      std::erase_if(files_, [](const auto& file) { return file.first.starts_with("sorted/"); });
      run_well(mapped().write(sorted_pairs("sorted/")), writing);
      for (const auto& reading : {testing::JobRunOptions{}, cut_small(1), cut_small(3)}) {
        const auto read = [] { return Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")); };
        EXPECT_EQ(answer(read().reduce(list).write(listed()), reading), expected);
      }
    }
  }
}

TEST_F(SortedPairsTest, every_shape_reads_them) {
  files_["visits.csv"] = visits(5, 600, 30'000);
  const auto mapped = [] { return Job("visits").read(visits_file("visits.csv")).map(by_page); };
  run_well(mapped().write(sorted_pairs("sorted/")), cut_small());
  const auto read = [] { return Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")); };
  const auto by_count = [](const std::string& page, Group<std::int64_t>& clicks, Emitter<std::int64_t, std::string>& out) {
    std::int64_t count = 0;
    for ([[maybe_unused]] const std::int64_t one : clicks) ++count;
    out.emit(count, page);
  };
  EXPECT_EQ(answer(read().combine(std::plus<>{}).sort().write(listed()), cut_small()),
            answer(mapped().combine(std::plus<>{}).sort().write(listed())));
  EXPECT_EQ(answer(read().top_k(7).write(listed()), cut_small()), answer(mapped().top_k(7).write(listed())));
  EXPECT_EQ(answer(read().distinct().write(csv("out.csv", {"page"})), cut_small()),
            answer(mapped().distinct().write(csv("out.csv", {"page"}))));
  EXPECT_EQ(answer(read().step(by_count).sort().write(listed()), cut_small()), answer(mapped().step(by_count).sort().write(listed())));
}

TEST_F(SortedPairsTest, what_is_combined_is_combined_whole) {
  files_["visits.csv"] = visits(8, 2000, 40'000);
  const auto summed = [] { return Job("visits").read(visits_file("visits.csv")).map(by_page).combine(std::plus<>{}); };
  run_well(summed().write(sorted_pairs("sorted/")), cut_small());
  // One value a key: a reader that lists them sees the sum alone.
  EXPECT_EQ(answer(Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")).reduce(list).write(listed())),
            answer(summed().reduce(list).write(listed())));
}

TEST_F(SortedPairsTest, steps_leave_them_and_orders_within_groups_stay) {
  files_["visits.csv"] = visits(9, 150, 30'000);
  const auto mapped = [] { return Job("visits").read(visits_file("visits.csv")).map(by_clicks); };
  const auto expected = answer(mapped().reduce(list).write(listed()));
  run_well(mapped().write(sorted_pairs("ordered/")), cut_small());
  EXPECT_EQ(answer(Job("again").read_sorted<ByClicks, std::int64_t>(sorted_pairs("ordered/")).reduce(list).write(listed()), cut_small()),
            expected);
  const auto largest = [](const std::string& page, Group<std::int64_t, Descending<std::int64_t>>& clicks,
                          Emitter<std::int64_t, std::string>& out) { out.emit(*clicks.begin(), page); };
  run_well(mapped().step(largest).write(sorted_pairs("largest/")), cut_small());
  EXPECT_EQ(answer(Job("again").read_sorted<std::int64_t, std::string>(sorted_pairs("largest/")).sort().write(listed())),
            answer(mapped().step(largest).sort().write(listed())));
}

TEST_F(SortedPairsTest, joins_of_them_give_what_reduce_side_joins_give) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    files_["a.csv"] = visits(seed, 8000, seed == 4 ? 0 : 30'000);
    files_["b.csv"] = visits(seed + 100, 12'000, seed == 3 ? 2 : 25'000);
    const auto a = [] { return Job("a").read(visits_file("a.csv")).map(by_page); };
    const auto b = [] { return Job("b").read(visits_file("b.csv")).map(by_page_text); };
    std::erase_if(files_, [](const auto& file) { return file.first.starts_with("sorted_"); });
    run_well(a().write(sorted_pairs("sorted_a/")), cut_small());
    run_well(b().write(sorted_pairs("sorted_b/")), cut_small());
    const auto full = [](const std::string& page, const std::int64_t* clicks, const std::string* text, RowWriter& rows) {
      rows.row(page, clicks == nullptr ? std::nullopt : std::optional(*clicks), text == nullptr ? "-" : *text);
    };
    const auto count = [](const std::string& page, Group<std::int64_t>& clicks, Group<std::string>& texts, RowWriter& rows) {
      std::int64_t sum = 0, number = 0;
      for (const std::int64_t one : clicks) sum += one;
      for ([[maybe_unused]] const std::string& text : texts) ++number;
      rows.row(page, sum, number);
    };
    const DataFile target = csv("out.csv", {"page", "clicks", "text"});
    const auto reduced = [&] { return Job("j").read(visits_file("a.csv")).map(by_page).read(visits_file("b.csv")).map(by_page_text); };
    const auto merged = [] {
      return Job("j").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted_a/"))
          .read_sorted<std::string, std::string>(sorted_pairs("sorted_b/"));
    };
    // One side sorted, the other mapped, in either order.
    const auto sorted_first = [] {
      return Job("j").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted_a/")).read(visits_file("b.csv")).map(by_page_text);
    };
    const auto sorted_last = [] {
      return Job("j").read(visits_file("a.csv")).map(by_page).read_sorted<std::string, std::string>(sorted_pairs("sorted_b/"));
    };
    const std::string joined = answer(reduced().full_join(full).write(target));
    const std::string counted = answer(reduced().co_group(count).write(target));
    for (const auto& options : {testing::JobRunOptions{}, cut_small(1), cut_small(3)}) {
      EXPECT_EQ(answer(merged().full_join(full).write(target), options), joined);
      EXPECT_EQ(answer(sorted_first().full_join(full).write(target), options), joined);
      EXPECT_EQ(answer(sorted_last().full_join(full).write(target), options), joined);
      EXPECT_EQ(answer(merged().co_group(count).write(target), options), counted);
    }
  }
}

TEST_F(SortedPairsTest, nothing_is_mapped_and_failed_attempts_leave_no_trace) {
  files_["visits.csv"] = visits(3, 3000, 40'000);
  run_well(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted/")), cut_small().fail_attempt("reduce-1"));
  const auto outcome = run(Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")).reduce(list).write(listed()),
                           cut_small().fail_attempt("reduce-0"));
  ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
  ASSERT_EQ(outcome->stages.size(), 2u);
  EXPECT_EQ(outcome->stages[0].tasks, 0u);
  EXPECT_GT(outcome->stages[1].tasks, 2u);
  EXPECT_EQ(outcome->failed_attempts, 1u);
  EXPECT_EQ(outcome->outputs.at("out.csv"),
            answer(Job("visits").read(visits_file("visits.csv")).map(by_page).reduce(list).write(listed())));
}

TEST_F(SortedPairsTest, an_empty_job_leaves_pairs_that_are_none) {
  files_["visits.csv"] = "page,clicks\n";
  run_well(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted/")));
  EXPECT_EQ(answer(Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")).reduce(list).write(listed())),
            "page,clicks\n");
}

TEST_F(SortedPairsTest, other_types_are_refused_in_a_sentence) {
  files_["visits.csv"] = visits(3, 100, 100);
  run_well(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted/")));
  const auto pairs = sorted_pairs("sorted/");
  EXPECT_THAT(
      error_of(Job("again").read_sorted<std::string, std::uint64_t>(pairs).sort().write(listed())),
      HasSubstr("the sorted pairs 'sorted/' are of text and " + kTagged + "int64, and the job reads text and " + kTagged + "uint64"));
  EXPECT_THAT(error_of(Job("again").read_sorted<ByClicks, std::int64_t>(pairs).sort().write(listed())),
              HasSubstr("are of text and " + kTagged + "int64, and the job reads (text | descending int64) and " + kTagged + "int64"));
}

TEST_F(SortedPairsTest, what_is_no_sorted_pairs_is_refused_in_a_sentence) {
  const auto read = [](const std::string& path) {
    return Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs(path)).reduce(list).write(listed());
  };
  EXPECT_THAT(error_of(read("nowhere/")), HasSubstr("'nowhere/' holds no sorted pairs: there is no such directory"));
  files_["visits.csv"] = visits(3, 3000, 40'000);
  run_well(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted/")), cut_small());
  const testing::Files whole = files_;
  files_.erase("sorted/part-00001.run");
  EXPECT_THAT(error_of(read("sorted/")), HasSubstr("and 'sorted/part-00001.run' is not there"));
  files_ = whole;
  files_["sorted/part-00001.run"].back() ^= 1;
  EXPECT_THAT(error_of(read("sorted/")), HasSubstr("sorted/part-00001.run"));
  files_ = whole;
  files_["sorted/_SUCCESS.json"] = "{\"job\": \"rows\"}";
  EXPECT_THAT(error_of(read("sorted/")), HasSubstr("the job that wrote it has left rows"));
  files_["sorted/_SUCCESS.json"] = "{\"job\"";
  EXPECT_THAT(error_of(read("sorted/")), HasSubstr("its _SUCCESS.json is damaged"));
  files_.erase("sorted/_SUCCESS.json");
  EXPECT_THAT(error_of(read("sorted/")), HasSubstr("it has no _SUCCESS.json"));
}

TEST_F(SortedPairsTest, are_a_directory_and_inputs_have_maps) {
  files_["visits.csv"] = visits(3, 10, 10);
  EXPECT_THAT(
      error_of(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted"))),
      AllOf(HasSubstr("the output 'sorted' is of sorted pairs, which are a directory of runs"), HasSubstr("End the path with '/'")));
  EXPECT_THAT(error_of(Job("again").read(lines("notes.txt")).read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")).sort()
                           .write(listed())),
              HasSubstr("the input 'notes.txt' has no map"));
}

TEST_F(SortedPairsTest, the_plan_says_what_is_not_mapped) {
  files_["visits.csv"] = visits(3, 100, 400);
  run_well(Job("visits").read(visits_file("visits.csv")).map(by_page).write(sorted_pairs("sorted/")));
  const auto files = make_memory_file_system();
  ASSERT_TRUE(files->make_directories("sorted").ok());
  for (const auto& [path, text] : files_) ASSERT_TRUE(write_file(*files, path, text).ok());
  const auto job = Job("again").read_sorted<std::string, std::int64_t>(sorted_pairs("sorted/")).reduce(list).write(listed()).definition();
  const auto plan = make_plan(*files, *job, 2);
  ASSERT_TRUE(plan.ok()) << plan.error().to_string();
  std::string text;
  for (const std::string& line : explain(*plan, *job)) text += line + "\n";
  EXPECT_THAT(text,
              HasSubstr("sorted inputs: read in key order, not mapped and not sorted\n  sorted/: text and " + kTagged + "int64 (1 file, "));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("map:")));
}

struct Pixel {
  std::int8_t x = 0;
};
enum class Colour : std::uint8_t { Red };

TEST(TypeName, says_what_types_are_made_of) {
  EXPECT_EQ(type_name<std::uint16_t>(), "uint16");
  EXPECT_EQ(type_name<Visit>(), "(text, int64)");
  EXPECT_EQ((type_name<std::pair<std::string, std::int64_t>>()), "(text, int64)");
  EXPECT_EQ((type_name<std::map<std::string, std::vector<double>>>()), "list of (text, list of double)");
  EXPECT_EQ((type_name<std::variant<bool, std::optional<Timestamp>>>()), "(bool or optional timestamp)");
  EXPECT_EQ((type_name<Partitioned<std::int32_t, Grouped<std::string, Descending<float>>>>()), "(int32 / (text | descending float))");
  EXPECT_EQ((type_name<std::array<Nothing, 3>>()), "3 of nothing");
  EXPECT_THAT(type_name<Pixel>(), HasSubstr("Pixel of 1 bytes"));
  EXPECT_NE(type_name<Colour>(), type_name<std::uint8_t>());
}

}  // namespace
}  // namespace sinter

// What a newcomer meets first: mistakes shown at their places before anything runs, readable previews, lists of what differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Newcomer : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.write("a.csv", "isbn,price,title\n1,10,Dune\n2,7,Emma\n");
    directory_.write("b.jsonl", "{\"id\":\"1\",\"eur\":12,\"title\":\"Dune\"}\n{\"id\":\"3\",\"eur\":5,\"title\":\"Kim\"}\n");
  }
  std::string job(const std::string& sources, const std::string& more = {}) {
    return directory_.write("job.yaml", "version: 1\nname: shops\nschema: { price: double, title: string }\nsources:\n" + sources +
                                            "entity: isbn\nfuse: { default: vote, attributes: { price: median } }\n" + more +
                                            "output: out/books.csv\n");
  }
  TemporaryDirectory directory_;
};

constexpr const char* kBoth = "  a: a.csv\n  b: { from: b.jsonl, columns: { isbn: id, price: eur } }\n";

TEST_F(Newcomer, missing_files_and_columns_are_all_shown_at_their_places_before_anything_runs) {
  const std::string path =
      job("  a: { from: [a.csv, none.csv] }\n  b: { from: nowhere/*.csv }\n  c: { from: a.csv, columns: { price: eur } }\n");
  for (const char* verb : {"check", "run", "explain", "preview"}) {
    const CommandResult result = sinter({verb, path});
    EXPECT_EQ(result.exit_code, 78) << verb << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("job.yaml:5:22: error: "), HasSubstr("none.csv"), HasSubstr("job.yaml:6:14: error: "),
                                  HasSubstr("nowhere/*.csv"), HasSubstr("job.yaml:7:39: error: "), HasSubstr("has no column 'eur'")))
        << verb;
  }
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out"));
  const auto problems = nlohmann::json::parse(sinter({"run", path, "--format", "json"}).out, nullptr, false);
  ASSERT_EQ(problems["status"], "invalid");
  EXPECT_EQ(problems["diagnostics"].size(), 3u);
  EXPECT_EQ(problems["diagnostics"][0]["line"], 5);
}

TEST_F(Newcomer, a_truth_that_cannot_be_used_is_known_before_the_run) {
  directory_.write("truth.csv", "isbn,price,title\n1,12,Dune\n2,seven,Emma\n");
  const std::string path = job(kBoth, "quality: { gold: truth.csv }\n");
  for (const char* policy : {"reject", "null"}) {
    for (const char* verb : {"check", "run"}) {
      const CommandResult result = sinter({verb, path, "--set", std::string("clean={ price: { on_bad_value: ") + policy + " } }"});
      EXPECT_EQ(result.exit_code, 78) << verb << policy << result.err;
      EXPECT_THAT(result.err,
                  AllOf(HasSubstr("job.yaml:9:"), HasSubstr("truth.csv:3: price: not a number"), HasSubstr("Correct the truth")));
    }
  }
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out"));
}

TEST_F(Newcomer, a_truth_that_contradicts_itself_or_says_nothing_is_a_warning) {
  const std::string path = job(kBoth, "quality: { gold: truth.csv }\n");
  directory_.write("truth.csv", "isbn,price,title\n1,12,Dune\n1,13,Dune\n1,13,\n2,7,Emma\n");
  const CommandResult twice = sinter({"run", path});
  EXPECT_EQ(twice.exit_code, 0) << twice.err;
  EXPECT_THAT(twice.err, HasSubstr("warning: quality.gold states 1 cell more than once with different values, first at"));
  EXPECT_THAT(twice.err, HasSubstr("truth.csv:3 (price); the last one counts"));
  directory_.write("truth.csv", "isbn,price,title\n");
  EXPECT_THAT(sinter({"run", path, "--force"}).err, HasSubstr("quality.gold states no value to compare with"));
}

TEST_F(Newcomer, text_that_json_cannot_hold_is_a_bad_value) {
  directory_.write("a.csv", "isbn,price,title\nA\xE9,10,Dune\nA\xE8,7,Emma\n3,5,Kim\n4,5,K\xC3\n");
  const std::string path = job("  a: a.csv\n");
  const SinterRun bytes = sinter_run(path);
  ASSERT_EQ(bytes.command.exit_code, 0) << bytes.command.err;
  EXPECT_EQ(bytes.counter("rows_rejected"), 0u) << "CSV passes bytes on";
  const SinterRun run = sinter_run(path, {"-o", directory_ / "books.jsonl"});
  ASSERT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(run.counter("rows_rejected"), 3u);
  EXPECT_TRUE(run.accounts_for_every_row());
  EXPECT_EQ(read_whole_file(directory_ / "books.jsonl"), "{\"isbn\":\"3\",\"price\":5,\"title\":\"Kim\"}\n");
  EXPECT_THAT(read_whole_file(directory_ / "books.jsonl.rejects.jsonl"), HasSubstr("not valid UTF-8, which JSON output needs"));
}

TEST_F(Newcomer, a_result_that_cannot_be_written_is_a_failure) {
  const std::string path = job(kBoth);
  for (const std::string& verb : {std::string("version"), std::string("list rules"), "run " + path + " --format json", "explain " + path}) {
    const CommandResult result = run_command({"/bin/sh", "-c", sinter_program() + " " + verb + " > /dev/full"});
    EXPECT_EQ(result.exit_code, 1) << verb;
    EXPECT_THAT(result.err, HasSubstr("cannot write to standard output: No space left on device")) << verb;
  }
}

TEST_F(Newcomer, an_attribute_that_only_the_job_names_is_shown_at_its_place) {
  const std::string path = directory_.write("plain.yaml", "version: 1\nname: plain\nsources: { a: a.csv }\nentity: isbn\n"
                                                          "fuse:\n  attributes: { pric: median }\noutput: out/books.csv\n");
  const CommandResult result = sinter({"check", path});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, AllOf(HasSubstr("plain.yaml:6:17: error: no source has a column 'pric'"), HasSubstr("did you mean 'price'?")));
}

TEST_F(Newcomer, a_header_that_names_a_column_twice_is_a_mistake) {
  directory_.write("a.csv", "isbn,price,price\n1,10,11\n");
  for (const char* verb : {"check", "run"}) {
    const CommandResult result = sinter({verb, job("  a: a.csv\n", "")});
    EXPECT_EQ(result.exit_code, 78) << result.err;
    EXPECT_THAT(result.err, AllOf(HasSubstr("job.yaml:5:"), HasSubstr("a.csv' has more than one column 'price'")));
  }
}

TEST_F(Newcomer, previews_say_when_they_are_a_sample_and_send_nothing_to_the_terminal) {
  directory_.write("a.csv", "isbn,price,title\n1,10,\x1b[31mRED\n2,7,Emma\n1,12,Dune\n");
  const std::string path = job("  a: a.csv\n");
  const CommandResult part = sinter({"preview", path, "--rows", "2"});
  EXPECT_THAT(part.err, HasSubstr("a sample: files have more rows than the first 2"));
  EXPECT_THAT(part.out + part.err, AllOf(HasSubstr("[31mRED"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(sinter({"preview", path, "--rows", "3"}).err, Not(HasSubstr("a sample")));
}

TEST_F(Newcomer, an_entity_that_is_not_there_is_looked_for_in_more_rows_only_where_there_are_more) {
  const std::string path = job("  a: a.csv\n");
  const CommandResult all = sinter({"preview", path, "--entity", "9"});
  EXPECT_THAT(all.err, AllOf(HasSubstr("'9' is the key of no row; keys are compared as cleaning leaves them"), Not(HasSubstr("--rows"))));
  const CommandResult part = sinter({"preview", path, "--entity", "2", "--rows", "1"});
  EXPECT_THAT(part.err, HasSubstr("'2' is not among the first 1 rows of each file; try --rows"));
}

TEST_F(Newcomer, a_header_that_another_delimiter_would_cut_is_told_so) {
  directory_.write("a.csv", "isbn;price;title\n1;10;Dune\n");
  const CommandResult wrong = sinter({"check", job("  a: a.csv\n")});
  EXPECT_EQ(wrong.exit_code, 78);
  EXPECT_THAT(wrong.err, HasSubstr("the columns are isbn;price;title; say format: { delimiter: \";\" } if that is between them"));
  EXPECT_EQ(sinter({"check", job("  a: { from: a.csv, format: { delimiter: \";\" } }\n")}).exit_code, 0);
  directory_.write("a.csv", "isbn\tprice\n1\t10\n");
  EXPECT_THAT(sinter({"check", job("  a: a.csv\n")}).err, HasSubstr("say format: { delimiter: tab } if"));
  directory_.write("a.csv", "price,note;more\n1,2\n");
  EXPECT_THAT(sinter({"check", job("  a: a.csv\n")}).err, AllOf(HasSubstr("no column 'isbn'"), Not(HasSubstr("delimiter"))));
}

TEST_F(Newcomer, a_source_of_empty_files_only_is_a_warning) {
  directory_.write("empty.csv", "");
  const CommandResult one = sinter({"check", job("  a: a.csv\n  b: empty.csv\n")});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.err, AllOf(HasSubstr("job.yaml:6:"), HasSubstr("warning: source 'b' has no data: '"), HasSubstr("empty.csv' is empty")));
  const CommandResult among = sinter({"run", job("  a: [a.csv, empty.csv]\n")});
  EXPECT_EQ(among.exit_code, 0) << among.err;
  EXPECT_THAT(among.err, Not(HasSubstr("has no data")));
}

TEST_F(Newcomer, a_column_that_many_files_lack_is_one_problem) {
  for (int i = 0; i < 5; ++i) directory_.write("many/" + std::to_string(i) + ".csv", "isbn,title\n1,Dune\n");
  const CommandResult result = sinter({"check", job("  m: { from: many/*.csv, columns: { price: cost } }\n")});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_THAT(result.err, AllOf(HasSubstr("many/0.csv' has no column 'cost', nor have 4 other files"), Not(HasSubstr("many/1.csv"))));
}

TEST_F(Newcomer, a_json_path_that_no_record_has_is_told_in_the_summary) {
  const CommandResult run = sinter({"run", job("  a: a.csv\n  b: { from: b.jsonl, columns: { isbn: id, price: euro } }\n")});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("none of the 2 rows of source 'b' has 'euro' (sources.b.columns.price)"));
  const SinterRun good = sinter_run(job(kBoth), {"--force"});
  EXPECT_EQ(good.command.exit_code, 0);
  EXPECT_TRUE(good.result["warnings"].empty()) << good.result["warnings"];
  const std::string only_b = job("  b: { from: b.jsonl, columns: { isbn: id, price: eur } }\n");
  const SinterRun typo = sinter_run(only_b, {"--force", "--set", "schema={ price: double, titel: string }"});
  ASSERT_EQ(typo.command.exit_code, 0) << typo.command.err;
  EXPECT_EQ(typo.result["warnings"], nlohmann::json::array({"no row of any source has 'titel'"}));
}

TEST_F(Newcomer, differences_from_the_truth_are_listed_cell_by_cell) {
  directory_.write("truth.csv", "isbn,price,title\n1,12,Dune\n2,7,Emma!\n3,5,Kim\n4,1,\"Gone, \"\"really\"\"\"\n");
  const std::string path = job(kBoth, "quality: { gold: truth.csv }\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--force", "--set", "output.differences=out/differences.csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return sinter_run(path, arguments);
  };
  const SinterRun strict = run({});
  ASSERT_EQ(strict.command.exit_code, 0) << strict.command.err;
  EXPECT_EQ(
      read_whole_file(directory_ / "out/differences.csv"),
      "entity,attribute,expected,got,error\n1,price,12,11,-1\n2,title,Emma!,Emma,\n4,price,1,,\n4,title,\"Gone, \"\"really\"\"\",,\n");
  EXPECT_EQ(strict.quality("price", "wrong"), 1);
  const SinterRun near = run({"--set", "quality.gold.same_within={ price: 10% }"});
  ASSERT_EQ(near.command.exit_code, 0) << near.command.err;
  EXPECT_EQ(near.quality("price", "wrong"), 0);
  EXPECT_EQ(near.quality("price", "mae"), strict.quality("price", "mae")) << "an error is what it is";
  EXPECT_THAT(read_whole_file(directory_ / "out/differences.csv"), Not(HasSubstr("1,price")));
  ASSERT_EQ(run({"--set", "output.differences=out/differences.jsonl"}).command.exit_code, 0);
  EXPECT_THAT(read_whole_file(directory_ / "out/differences.jsonl"),
              HasSubstr("{\"entity\":\"1\",\"attribute\":\"price\",\"expected\":12,\"got\":11,\"error\":-1}\n"));
}

TEST_F(Newcomer, times_near_the_truth_are_right) {
  directory_.write("t.csv", "isbn,seen\n1,2024-03-01T12:00:00Z\n");
  directory_.write("truth.csv", "isbn,seen\n1,2024-03-01T12:05:00Z\n");
  const std::string path = directory_.write("t.yaml",
                                            "version: 1\nschema: { seen: timestamp }\nsources: { t: t.csv }\nentity: isbn\n"
                                            "quality: { gold: truth.csv }\noutput: out/t.csv\n");
  EXPECT_EQ(sinter_run(path).quality("seen", "wrong"), 1);
  EXPECT_EQ(sinter_run(path, {"--force", "--set", "quality.gold.same_within.seen=5m"}).quality("seen", "wrong"), 0);
  EXPECT_EQ(sinter_run(path, {"--force", "--set", "fuse.default={ rule: vote, same_within: 10m }"}).quality("seen", "wrong"), 0);
}

TEST_F(Newcomer, preview_fits_the_line_and_shows_what_cleaning_took_away) {
  std::string sources;
  for (int i = 0; i < 30; ++i) {
    const std::string name = "shop" + std::to_string(i);
    directory_.write(name + ".csv", "isbn,price,title\n1," + std::string(i == 7 ? "cheap" : "10") + ",A rather long title of a book\n");
    sources += "  " + name + ": " + name + ".csv\n";
  }
  const std::string path = job(sources, "clean: { on_bad_value: null }\n");
  const CommandResult wide = sinter({"preview", path});
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  std::istringstream lines(wide.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 125u) << line;
  EXPECT_THAT(wide.out,
              AllOf(HasSubstr("price => 10  (median"), HasSubstr("10  <- 29: shop0, shop1"), HasSubstr("null (cheap)  <- shop7")));
  const auto json = nlohmann::json::parse(sinter({"preview", path, "--format", "json"}).out, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["entities"][0]["fused"]["price"], 10);
  EXPECT_EQ(json["entities"][0]["rows"][7]["cells"]["price"]["before"], "cheap");
  EXPECT_TRUE(json["entities"][0]["rows"][7]["cells"]["price"]["after"].is_null());
}

TEST_F(Newcomer, explain_tells_steps_by_source_tolerances_row_steps_and_truth) {
  directory_.write("truth.csv", "isbn,price,title\n1,12,Dune\n");
  const std::string path = job(
      "  a: { from: a.csv, time: title }\n  b: { from: b.jsonl, time: title, columns: { isbn: id, price: eur } }\n",
      "clean: { title: [trim], b.price: [{ number: { decimal: \",\" } }], rows: [keep_newest] }\nquality: { gold: truth.csv }\n");
  const CommandResult told = sinter({"explain", path, "--set", "fuse.attributes.title={ rule: vote, same_within: 0 }"});
  EXPECT_EQ(told.exit_code, 78) << "a tolerance of text has no meaning";
  const CommandResult good = sinter({"explain", path, "--set", "fuse.attributes.price={ rule: vote, same_within: 0.5 }"});
  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, AllOf(HasSubstr("clean: trim"), HasSubstr("clean of b: number { decimal: \",\" }"), HasSubstr("same_within: 0.5"),
                              HasSubstr("rows: keep_newest"), HasSubstr("truth.csv")));
}

TEST_F(Newcomer, common_options_are_in_the_help_of_each_verb_and_in_completion) {
  for (const char* verb : {"run", "check", "preview"}) {
    EXPECT_THAT(sinter({verb, "--help"}).out, AllOf(HasSubstr("--format"), HasSubstr("--color"), HasSubstr("--quiet"))) << verb;
  }
  EXPECT_THAT(sinter({"generate", "--help"}).out, AllOf(Not(HasSubstr("--format")), HasSubstr("--color")));
  EXPECT_THAT(sinter({"completion", "bash"}).out, AllOf(HasSubstr("--format"), HasSubstr("--quiet")));
  EXPECT_EQ(sinter({"--color", "never", "check", job(kBoth), "-q"}).exit_code, 0);
}

TEST_F(Newcomer, an_output_on_the_command_line_is_relative_to_where_the_person_is) {
  const std::string path = job(kBoth);
  const CommandResult run =
      run_command({"sh", "-c", "mkdir -p elsewhere && cd elsewhere && exec \"$0\" run \"$1\" -o 'my \"own\".csv'", sinter_program(), path});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(std::filesystem::exists("elsewhere/my \"own\".csv"));
  std::filesystem::remove_all("elsewhere");
}

TEST_F(Newcomer, files_that_are_not_there_are_shown_at_their_places_without_a_schema_too) {
  const std::string path =
      directory_.write("s.yaml", "version: 1\nsources:\n  a: no.csv\n  b: { from: nor.csv }\nentity: isbn\noutput: x.csv\n");
  const CommandResult checked = sinter({"check", path});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_THAT(checked.err, AllOf(HasSubstr("s.yaml:3:6: error: sources.a: "), HasSubstr("s.yaml:4:14: error: sources.b: ")));
}

TEST_F(Newcomer, one_of_a_thing_is_not_several) {
  const std::string path = job("  a: a.csv\n");
  EXPECT_THAT(sinter({"check", path}).out, HasSubstr("1 source, 1 file, 3 attributes"));
  directory_.write("a.csv", "isbn,price,title\n1,10,Dune\n");
  EXPECT_THAT(sinter({"run", path}).err, HasSubstr("1 file, 1 row -> 1 entity in"));
}

}  // namespace
}  // namespace sinter::testing

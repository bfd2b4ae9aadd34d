// The command as a person meets it: verbs, help, exit codes, and nothing but data on stdout.
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

class Command : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.write("a.csv", "isbn,price,title\n1,10,Dune\n2,7,Emma\n");
    directory_.write("b.jsonl",
                     "{\"book\":{\"id\":\"1\"},\"eur\":12,\"title\":\"Dune\"}\n{\"book\":{\"id\":\"3\"},\"eur\":5,\"title\":\"Kim\"}\n");
    job_ =
        directory_.write("job.yaml",
                         "version: 1\nname: shops\nschema: { price: double, title: string }\nsources:\n  a: { from: a.csv, trust: 0.9 }\n"
                         "  b: { from: b.jsonl, columns: { isbn: book.id, price: eur } }\nclean: { isbn: [trim] }\nentity: { key: isbn }\n"
                         "fuse: { default: weighted_vote, attributes: { price: median } }\noutput: { fused: { to: out/books.csv } }\n");
  }
  TemporaryDirectory directory_;
  std::string job_;
};

TEST_F(Command, run_fuses_and_publishes_a_manifest) {
  const SinterRun run = sinter_run(job_);
  ASSERT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(read_whole_file(directory_ / "out/books.csv"), "isbn,price,title\n1,11,Dune\n2,7,Emma\n3,5,Kim\n");
  const auto manifest = nlohmann::json::parse(read_whole_file(directory_ / "out/books.csv.success.json"), nullptr, false);
  ASSERT_TRUE(manifest.is_object());
  EXPECT_EQ(manifest["job"], "shops");
  EXPECT_EQ(manifest["counters"]["rows_read"], 4);
  EXPECT_TRUE(run.accounts_for_every_row());
  EXPECT_NE(sinter({"inspect", directory_ / "out/books.csv"}).out.find("\"shops\""), std::string::npos);
  EXPECT_EQ(sinter({"inspect", directory_ / "a.csv"}).exit_code, 1) << "a source has no manifest beside it";
}

TEST_F(Command, outputs_in_one_directory_keep_their_own_manifests) {
  ASSERT_EQ(sinter_run(job_, {"--set", "output.fused.to=out/one.csv"}).command.exit_code, 0);
  ASSERT_EQ(sinter_run(job_, {"--set", "output.fused.to=out/two.csv", "--set", "name=second"}).command.exit_code, 0);
  for (const auto& [path, job] :
       {std::pair("out/one.csv", "shops"), std::pair("out/two.csv", "second"), std::pair("out/two.csv.success.json", "second")}) {
    const CommandResult shown = sinter({"inspect", directory_ / path});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_NE(shown.out.find("\"job\": \"" + std::string(job) + "\""), std::string::npos) << path << shown.out;
  }
  ASSERT_EQ(sinter_run(job_, {"--set", "output.fused.to=out/parts/"}).command.exit_code, 0);
  EXPECT_EQ(sinter({"inspect", directory_ / "out/parts"}).exit_code, 0);
}

TEST_F(Command, run_writes_jsonl_when_the_extension_says_so) {
  const SinterRun run = sinter_run(job_, {"--set", "output.fused.to=out/books.jsonl"});
  ASSERT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(read_whole_file(directory_ / "out/books.jsonl"),
            "{\"isbn\":\"1\",\"price\":11,\"title\":\"Dune\"}\n{\"isbn\":\"2\",\"price\":7,\"title\":\"Emma\"}\n{\"isbn\":\"3\",\"price\":"
            "5,\"title\":\"Kim\"}\n");
}

TEST_F(Command, run_writes_a_directory_of_parts_when_the_path_ends_in_a_slash) {
  const SinterRun run = sinter_run(job_, {"--set", "output.fused.to=out/parts/"});
  ASSERT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_TRUE(std::filesystem::exists(directory_ / "out/parts/_SUCCESS.json"));
  EXPECT_EQ(read_whole_file(directory_ / "out/parts/part-00000.csv"), "isbn,price,title\n1,11,Dune\n2,7,Emma\n3,5,Kim\n");
}

TEST_F(Command, stdout_carries_nothing_but_the_result_object) {
  const CommandResult text = sinter({"run", job_});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_EQ(text.out, "");
  EXPECT_NE(text.err.find("3"), std::string::npos);
}

TEST_F(Command, check_explain_preview_read_the_job) {
  EXPECT_EQ(sinter({"check", job_}).exit_code, 0);
  const CommandResult explained = sinter({"explain", job_});
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_NE(explained.out.find("median"), std::string::npos) << explained.out;
  const CommandResult preview = sinter({"preview", job_, "-n", "1"});
  EXPECT_EQ(preview.exit_code, 0) << preview.err;
  for (const char* text : {"Dune", "10", "12", "11"}) EXPECT_NE(preview.out.find(text), std::string::npos) << preview.out;
  EXPECT_EQ(preview.out.find("Kim"), std::string::npos) << "only the first entity was asked for";
}

TEST_F(Command, lists_schema_completion_version_are_printed) {
  EXPECT_NE(sinter({"list", "rules"}).out.find("weighted_median"), std::string::npos);
  EXPECT_NE(sinter({"list", "cleaners"}).out.find("parse_time"), std::string::npos);
  EXPECT_NE(sinter({"list", "formats"}).out.find("jsonl"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(sinter({"schema"}).out, nullptr, false).is_object());
  for (const char* shell : {"bash", "zsh", "fish"}) EXPECT_NE(sinter({"completion", shell}).out.find("explain"), std::string::npos);
  EXPECT_EQ(sinter({"version"}).out.rfind("sinter ", 0), 0u);
}

TEST_F(Command, wrong_usage_exits_with_2_and_suggests) {
  const CommandResult wrong = sinter({"rnu", job_});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("'run'"), std::string::npos) << wrong.err;
  EXPECT_EQ(sinter({"run"}).exit_code, 2);
  EXPECT_EQ(sinter({"run", job_, "--no-such-flag"}).exit_code, 2);
}

TEST_F(Command, a_failed_quality_check_exits_with_3) {
  directory_.write("gold.csv", "isbn,price,title\n1,99,Dune\n");
  const std::string gold = "quality: { gold: { from: gold.csv, mae: { max: 1 } } }\n";
  const std::string path = directory_.write("gold.yaml", read_whole_file(job_) + gold);
  const SinterRun run = sinter_run(path);
  EXPECT_EQ(run.command.exit_code, 3) << run.command.err;
  EXPECT_EQ(run.quality("price", "mae"), 88);
  EXPECT_EQ(run.quality("title", "wrong"), 0);
}

TEST_F(Command, a_check_that_compared_nothing_fails) {
  directory_.write("gold.csv", "isbn,price,title\n99,5,Nobody\n");
  const std::string path =
      directory_.write("gold.yaml", read_whole_file(job_) + "quality: { gold: { from: gold.csv, error_rate: { max: 0.5 } } }\n");
  EXPECT_EQ(sinter_run(path).command.exit_code, 3);
}

TEST_F(Command, truth_that_is_not_there_is_found_before_the_run) {
  const std::string path = directory_.write("gold.yaml", read_whole_file(job_) + "quality: { gold: { from: nope.csv } }\n");
  EXPECT_EQ(sinter({"check", path}).exit_code, 78);
  EXPECT_EQ(sinter_run(path).command.exit_code, 78);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/books.csv"));
}

TEST_F(Command, an_attribute_that_no_source_has_is_an_error_with_a_suggestion) {
  const std::string path = directory_.write("typo.yaml",
                                            "version: 1\nschema: { price: double, titel: string }\nsources: { a: { from: a.csv } }\n"
                                            "entity: { key: isbn }\noutput: { fused: out/typo.csv }\n");
  const CommandResult checked = sinter({"check", path});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_NE(checked.err.find("did you mean 'title'"), std::string::npos) << checked.err;
  EXPECT_EQ(sinter({"run", path}).exit_code, 78);
}

TEST_F(Command, settings_reach_into_short_forms) {
  const std::string path =
      directory_.write("short.yaml", "version: 1\nsources: { a: a.csv }\nentity: isbn\noutput: { fused: out/short.csv }\n");
  const CommandResult done = sinter({"run", path, "-o", directory_ / "out/other.csv"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(std::filesystem::exists(directory_ / "out/other.csv"));
}

TEST_F(Command, help_shows_all_verbs_or_one) {
  EXPECT_NE(sinter({"help"}).out.find("preview"), std::string::npos);
  EXPECT_NE(sinter({"help", "run"}).out.find("sinter run"), std::string::npos);
}

TEST_F(Command, force_removes_nothing_that_no_job_has_written) {
  directory_.write("mine/notes.txt", "keep me");
  const SinterRun run = sinter_run(job_, {"--force", "--set", "output.fused.to=mine/"});
  EXPECT_EQ(run.command.exit_code, 1);
  EXPECT_NE(run.command.err.find("notes.txt"), std::string::npos) << run.command.err;
  EXPECT_EQ(read_whole_file(directory_ / "mine/notes.txt"), "keep me");
  ASSERT_EQ(sinter_run(job_, {"--set", "output.fused.to=parts/"}).command.exit_code, 0);
  EXPECT_EQ(sinter_run(job_, {"--force", "--set", "output.fused.to=parts/"}).command.exit_code, 0) << "its own parts may go";
}

TEST_F(Command, an_output_that_the_job_reads_is_refused) {
  std::filesystem::create_directory_symlink(directory_.path(), directory_.path() / "self");
  for (const char* output : {"a.csv", "self/a.csv", "./"}) {
    const SinterRun run = sinter_run(job_, {"--force", "--set", std::string("output.fused.to=") + output});
    EXPECT_EQ(run.command.exit_code, 78) << output << run.command.err;
  }
  EXPECT_EQ(read_whole_file(directory_ / "a.csv"), "isbn,price,title\n1,10,Dune\n2,7,Emma\n");
  directory_.write("gold.csv", "isbn,price,title\n1,11,Dune\n");
  const std::string gold = directory_.write("gold.yaml", read_whole_file(job_) + "quality: { gold: { from: gold.csv } }\n");
  EXPECT_EQ(sinter_run(gold, {"--force", "--set", "output.fused.to=gold.csv"}).command.exit_code, 78);
}

TEST_F(Command, quiet_still_says_why_nothing_runs) {
  const CommandResult quiet = sinter({"run", job_, "-q", "--set", "fuse.default=nosuch"});
  EXPECT_EQ(quiet.exit_code, 78);
  EXPECT_NE(quiet.err.find("nosuch"), std::string::npos);
}

TEST_F(Command, a_key_too_long_rejects_its_row_only) {
  directory_.write("a.csv", "isbn,price,title\n1,10,Dune\n" + std::string(100'000, 'k') + ",7,Emma\n");
  const SinterRun run = sinter_run(job_);
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(run.counter("rows_rejected"), 1u);
  EXPECT_TRUE(run.accounts_for_every_row());
}

}  // namespace
}  // namespace sinter::testing

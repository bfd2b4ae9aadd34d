// Input as nobody wants it: every case ends in a clear error or in rejects, with the documented exit code, and every row is accounted for.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

class BadInput : public ::testing::Test {
 protected:
  /// A job over a.csv (and more sources) keyed by id with a price.
  std::string job(const std::string& sources = "{ a: { from: a.csv } }", const std::string& more = "") const {
    return directory_.write("job.yaml", "version: 1\nname: bad\nschema: { price: double, title: string }\nsources: " + sources +
                                            "\nentity: { key: id }\nfuse: { default: vote, attributes: { price: median } }\n" +
                                            "output: { fused: { to: out/fused.csv }, rejects: { to: out/rejects.jsonl } }\n" + more);
  }
  std::string fused() const { return read_whole_file(directory_ / "out/fused.csv"); }
  std::string rejects() const { return read_whole_file(directory_ / "out/rejects.jsonl"); }

  /// Runs the job over this a.csv; expects success and the books to balance.
  SinterRun fuse(const std::string& text) const {
    directory_.write("a.csv", text);
    const SinterRun run = sinter_run(job());
    EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
    EXPECT_TRUE(run.accounts_for_every_row()) << run.command.out;
    return run;
  }

  TemporaryDirectory directory_;
};

TEST_F(BadInput, empty_file_gives_an_empty_output) {
  const SinterRun run = fuse("");
  EXPECT_EQ(run.counter("rows_read"), 0u);
  EXPECT_EQ(fused(), "id,price,title\n");
}

TEST_F(BadInput, header_only_gives_an_empty_output) {
  const SinterRun run = fuse("id,price,title\n");
  EXPECT_EQ(run.counter("rows_read"), 0u);
  EXPECT_EQ(fused(), "id,price,title\n");
}

TEST_F(BadInput, missing_file_is_named) {
  const SinterRun run = sinter_run(job());
  EXPECT_NE(run.command.exit_code, 0);
  EXPECT_NE(run.command.err.find("a.csv"), std::string::npos) << run.command.err;
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/fused.csv"));
}

TEST_F(BadInput, directory_instead_of_a_file_is_named) {
  std::filesystem::create_directory(directory_ / "a.csv");
  const SinterRun run = sinter_run(job());
  EXPECT_NE(run.command.exit_code, 0);
  EXPECT_NE(run.command.err.find("a.csv"), std::string::npos) << run.command.err;
}

TEST_F(BadInput, truncated_gzip_fails_and_leaves_no_output) {
  // The first bytes of a gzip member, cut inside its data.
  directory_.write("a.csv.gz", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x4c\xd1\x29\x28\xca\x4c", 17));
  const SinterRun run = sinter_run(job("{ a: { from: a.csv.gz } }"));
  EXPECT_EQ(run.command.exit_code, 1) << run.command.err;
  EXPECT_NE(run.command.err.find("a.csv.gz"), std::string::npos) << run.command.err;
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out/fused.csv"));
  EXPECT_EQ(sinter({"check", directory_ / "job.yaml"}).exit_code, 78);
}

TEST_F(BadInput, ragged_rows_are_rejected_with_file_and_line) {
  const SinterRun run = fuse("id,price,title\n1,2.5,x\n2,3\n3,4,y,z\n4,5,w\n");
  EXPECT_EQ(run.counter("rows_rejected"), 2u);
  EXPECT_EQ(fused(), "id,price,title\n1,2.5,x\n4,5,w\n");
  EXPECT_NE(rejects().find("\"line\":3"), std::string::npos) << rejects();
  EXPECT_NE(rejects().find("a.csv"), std::string::npos) << rejects();
}

TEST_F(BadInput, numbers_that_are_none_reject_their_row_and_say_why) {
  const SinterRun run = fuse("id,price,title\n1,1e400,a\n2,nan,b\n3,inf,c\n4,12,d\n5,twelve,e\n");
  EXPECT_EQ(run.counter("rows_rejected"), 4u);
  EXPECT_EQ(fused(), "id,price,title\n4,12,d\n");
  for (const char* text : {"1e400", "nan", "inf", "twelve", "\"field\":\"price\"", "\"line\":6"}) {
    EXPECT_NE(rejects().find(text), std::string::npos) << text << " in " << rejects();
  }
}

TEST_F(BadInput, int64_overflow_is_rejected) {
  directory_.write("a.csv", "id,n\n1,9223372036854775807\n2,9223372036854775808\n");
  const std::string path =
      directory_.write("job.yaml",
                       "version: 1\nname: n\nschema: { n: int64 }\nsources: { a: { from: a.csv } }\nentity: { key: id }\n"
                       "fuse: { default: max }\noutput: { fused: { to: out/fused.csv }, rejects: { to: out/rejects.jsonl } }\n");
  const SinterRun run = sinter_run(path);
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(fused(), "id,n\n1,9223372036854775807\n");
  EXPECT_NE(rejects().find("9223372036854775808"), std::string::npos);
}

TEST_F(BadInput, missing_keys_belong_to_nobody) {
  const SinterRun run = fuse("id,price,title\n,1,a\n2,2,b\n");
  EXPECT_EQ(run.counter("rows_rejected"), 1u);
  EXPECT_EQ(fused(), "id,price,title\n2,2,b\n");
}

TEST_F(BadInput, binary_garbage_is_rejected_row_by_row) {
  std::string garbage = "id,price,title\n";
  for (int i = 0; i < 20'000; ++i) garbage += static_cast<char>((i * 7919 + i / 13) & 0xff);
  const SinterRun run = fuse(garbage);
  EXPECT_GT(run.counter("rows_read"), 0u);
}

TEST_F(BadInput, invalid_utf8_and_zero_bytes_survive) {
  using std::string_literals::operator""s;
  const std::string text = "id,price,title\n1,2,\xff\xfe\n2,3,a\0b\n"s;
  const SinterRun run = fuse(text);
  EXPECT_EQ(run.counter("rows_fused"), 2u);
  EXPECT_EQ(fused(), text);
}

TEST_F(BadInput, ten_thousand_columns_are_read) {
  std::string header = "id,price,title";
  std::string row = "1,2,x";
  for (int i = 3; i < 10'000; ++i) {
    header += ",c" + std::to_string(i);
    row += ",0";
  }
  const SinterRun run = fuse(header + "\n" + row + "\n");
  EXPECT_EQ(fused(), "id,price,title\n1,2,x\n");
  EXPECT_EQ(run.counter("rows_fused"), 1u);
}

TEST_F(BadInput, quoted_newlines_and_stray_quotes_are_read) {
  fuse("id,price,title\r\n1,2,\"two\nlines, \"\"quoted\"\"\"\r\n2,3,5\" disk\r\n");
  EXPECT_EQ(fused(), "id,price,title\n1,2,\"two\nlines, \"\"quoted\"\"\"\n2,3,\"5\"\" disk\"\n");
}

TEST_F(BadInput, many_tiny_files_are_packed_together) {
  for (int i = 0; i < 3000; ++i) {
    directory_.write("tiny/" + std::to_string(i) + ".csv", "id,price,title\n" + std::to_string(i % 100) + "," + std::to_string(i) + ",t\n");
  }
  const SinterRun run = sinter_run(job("{ a: { from: \"tiny/*.csv\" } }"));
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(run.counter("rows_read"), 3000u);
  EXPECT_EQ(run.counter("entities"), 100u);
  EXPECT_TRUE(run.accounts_for_every_row());
}

TEST_F(BadInput, a_job_file_of_garbage_exits_with_78) {
  std::string garbage;
  for (int i = 0; i < 4096; ++i) garbage += static_cast<char>((i * 31 + 7) & 0xff);
  const std::string path = directory_.write("job.yaml", garbage);
  EXPECT_EQ(sinter({"run", path}).exit_code, 78);
  EXPECT_EQ(sinter({"check", path}).exit_code, 78);
}

TEST_F(BadInput, a_typo_in_a_job_file_is_shown_with_line_and_suggestion) {
  directory_.write("a.csv", "id,price,title\n1,2,x\n");
  const std::string path =
      directory_.write("job.yaml",
                       "version: 1\nname: typo\nschema: { price: double }\nsources: { a: { from: a.csv } }\nentity: { key: id }\n"
                       "fuse: { attributes: { price: { rule: median, same_witin: 1 } } }\noutput: { fused: { to: out.csv } }\n");
  const CommandResult checked = sinter({"check", path});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_NE(checked.err.find("job.yaml:6:"), std::string::npos) << checked.err;
  EXPECT_NE(checked.err.find("same_within"), std::string::npos) << checked.err;
}

TEST_F(BadInput, an_output_that_exists_is_kept_unless_forced) {
  fuse("id,price,title\n1,2,x\n");
  const SinterRun again = sinter_run(job());
  EXPECT_EQ(again.command.exit_code, 1);
  EXPECT_NE(again.command.err.find("--force"), std::string::npos) << again.command.err;
  directory_.write("a.csv", "id,price,title\n1,3,x\n");
  EXPECT_EQ(sinter_run(job(), {"--force"}).command.exit_code, 0);
  EXPECT_EQ(fused(), "id,price,title\n1,3,x\n");
}

}  // namespace
}  // namespace sinter::testing

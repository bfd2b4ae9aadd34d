// Answers of many values: lists read back as they were written, long ones in every format, too long ones set aside with a reason.
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

class LongAnswer : public ::testing::Test {
 protected:
  std::string job(const std::string& type, const std::string& rule, const std::string& input, const std::string& output) const {
    return directory_.write("job.yaml", "version: 1\nschema: { value: " + type + " }\nsources: { in: { from: " + input +
                                            ", format: csv } }\nentity: { key: key }\nfuse: { default: " + rule +
                                            " }\noutput: { fused: { to: " + output + " } }\nexecution: { memory: 16MiB }\n");
  }
  SinterRun fuse(const std::string& type, const std::string& rule, const std::string& input, const std::string& output) const {
    const SinterRun run = sinter_run(job(type, rule, input, output), {"--force"});
    EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
    EXPECT_TRUE(run.accounts_for_every_row()) << run.command.out;
    return run;
  }
  TemporaryDirectory directory_;
};

TEST_F(LongAnswer, lists_in_csv_are_json_arrays_that_read_back) {
  directory_.write("in.csv", "key,value\nx,\"a, \"\"b\"\"\"\nx,c\ny,\n");
  fuse("string", "union", "in.csv", "out.csv");
  const std::string lists = "key,value\nx,\"[\"\"a, \\\"\"b\\\"\"\"\",\"\"c\"\"]\"\ny,\n";
  EXPECT_EQ(read_whole_file(directory_ / "out.csv"), lists);
  fuse("list", "union", "out.csv", "again.csv");
  EXPECT_EQ(read_whole_file(directory_ / "again.csv"), lists);
}

TEST_F(LongAnswer, are_the_same_in_pieces_as_whole) {
  // 40,000 texts with quotes and characters of two bytes: far above what memory holds as one value.
  std::string input = "key,value\n", array, quoted, joined;
  for (int i = 100'000; i < 140'000; ++i) {
    const std::string number = std::to_string(i);
    input += "x,\"" + number + "\"\"\xc3\xa4\"\nz,1\n";
    array += (array.empty() ? "\"" : ",\"") + number + "\\\"\xc3\xa4\"";
    quoted += (quoted.empty() ? "\"\"" : ",\"\"") + number + "\\\"\"\xc3\xa4\"\"";
    joined += (joined.empty() ? "" : "|") + number + "\\\"\xc3\xa4";
  }
  directory_.write("in.csv", input);
  fuse("string", "union", "in.csv", "out.csv");
  EXPECT_TRUE(read_whole_file(directory_ / "out.csv") == "key,value\nx,\"[" + quoted + "]\"\nz,\"[\"\"1\"\"]\"\n");
  fuse("string", "union", "in.csv", "out.jsonl");
  EXPECT_TRUE(read_whole_file(directory_ / "out.jsonl") ==
              "{\"key\":\"x\",\"value\":[" + array + "]}\n{\"key\":\"z\",\"value\":[\"1\"]}\n");
  fuse("string", "{ rule: concat, separator: \"|\" }", "in.csv", "out.jsonl");
  EXPECT_TRUE(read_whole_file(directory_ / "out.jsonl") ==
              "{\"key\":\"x\",\"value\":\"" + joined + "\"}\n{\"key\":\"z\",\"value\":\"1\"}\n");
  const auto preview = run_command({sinter_program(), "preview", job("string", "union", "in.csv", "out.csv"), "--rows", "16000"});
  EXPECT_EQ(preview.exit_code, 0) << preview.err;
}

TEST_F(LongAnswer, too_long_ones_leave_the_cell_empty_and_say_so) {
  std::string input = "key,value\ny,short\n";
  for (int i = 0; i < 40; ++i) input += "x," + std::string(500'000, static_cast<char>('a' + i % 26)) + std::to_string(i) + "\n";
  directory_.write("in.csv", input);
  const SinterRun run = fuse("string", "keep_all", "in.csv", "out.csv");
  EXPECT_EQ(read_whole_file(directory_ / "out.csv"), "key,value\nx,\ny,\"[\"\"short\"\"]\"\n");
  EXPECT_EQ(run.counter("cells_too_long"), 1u);
  const std::string rejects = read_whole_file(directory_ / "out.csv.rejects.jsonl");
  EXPECT_NE(rejects.find("kMaxCellTextBytes"), std::string::npos) << rejects;
  EXPECT_NE(rejects.find("\"entity\":\"x\",\"field\":\"value\""), std::string::npos) << rejects;
}

}  // namespace
}  // namespace sinter::testing

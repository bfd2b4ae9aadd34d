// weight: COLUMN of a rule: what weighs a claim is a column of its row, in wide and long shape, with and without a schema.
#include <gtest/gtest.h>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

class RuleWeight : public ::testing::Test {
 protected:
  SinterRun fuse(const std::string& job) const {
    const SinterRun run =
        sinter_run(directory_.write("job.yaml", "version: 1\n" + job + "output: { fused: { to: out.csv } }\n"), {"--force"});
    EXPECT_TRUE(run.command.exit_code != 0 || run.accounts_for_every_row()) << run.command.out;
    return run;
  }
  std::string fused() const { return read_whole_file(directory_ / "out.csv"); }
  TemporaryDirectory directory_;
};

TEST_F(RuleWeight, is_a_column_of_wide_rows) {
  directory_.write("in.csv", "key,price,title,sold\nx,1,a,3\nx,5,b,1\ny,,c,\n");
  // Not in the schema: a column and nothing else.
  const SinterRun run = fuse("schema: { price: double, title: string }\nsources: { in: { from: in.csv, trust: 7 } }\nentity: { key: key }\n"
                             "fuse: { default: longest, attributes: { price: { rule: weighted_mean, weight: sold } } }\n");
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(fused(), "key,price,title\nx,2,a\ny,,c\n") << "a row without the weight is good when it claims nothing";
  // Without a schema it is no attribute either.
  fuse("sources: { in: { from: in.csv } }\nentity: { key: key }\n"
       "fuse: { default: longest, attributes: { price: { rule: weighted_mean, weight: sold } } }\n");
  EXPECT_EQ(fused(), "key,price,title\nx,2,a\ny,,c\n");
}

TEST_F(RuleWeight, is_an_attribute_after_cleaning) {
  directory_.write("in.csv", "key,price,sold\nx,1,3 pieces\nx,5,1 pieces\nx,9,0 pieces\nx,7,\n");
  const SinterRun run = fuse(
      "schema: { price: double, sold: int64 }\nsources: { in: { from: in.csv } }\nclean: { sold: [{ remove: \"[^0-9]\" }] }\n"
      "entity: { key: key }\nfuse: { default: sum, attributes: { price: { rule: weighted_median, weight: sold } } }\n");
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(fused(), "key,price,sold\nx,1,4\n");
  EXPECT_EQ(run.counter("rows_rejected"), 2u);
  const std::string rejects = read_whole_file(directory_ / "out.csv.rejects.jsonl");
  EXPECT_NE(rejects.find("{\"rule\":\"weight\",\"reason\":\"not a positive number, so 'price' has no weight\""), std::string::npos)
      << rejects;
}

TEST_F(RuleWeight, is_a_column_of_long_rows) {
  directory_.write("in.csv", "key,what,value,site,copies\nx,title,a,s,1\nx,title,b,t,5\nx,title,a,u,3\n");
  const SinterRun run = fuse(
      "schema: { title: string }\nsources:\n  in: { from: in.csv, long: { entity: key, attribute: what, value: value, source: site } }\n"
      "entity: { key: key }\nfuse: { default: { rule: weighted_vote, weight: copies } }\n");
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(fused(), "key,title\nx,b\n");
}

TEST_F(RuleWeight, that_cannot_be_is_an_error_that_says_why) {
  directory_.write("in.csv", "key,price,title,sold\nx,1,a,3\n");
  const std::string sources = "sources: { in: { from: in.csv } }\nentity: { key: key }\n";
  SinterRun run = fuse("schema: { price: double, title: string }\n" + sources +
                       "fuse: { attributes: { price: { rule: weighted_mean, weight: title } }, default: vote }\n");
  EXPECT_EQ(run.command.exit_code, 78);
  EXPECT_NE(run.command.err.find("must be a number, 'title' is a string"), std::string::npos) << run.command.err;
  run = fuse("schema: { price: double, title: string }\n" + sources +
             "fuse: { attributes: { price: { rule: weighted_mean, weight: solt } }, default: vote }\n");
  EXPECT_EQ(run.command.exit_code, 78);
  const CommandResult checked = sinter({"check", directory_ / "job.yaml"});
  EXPECT_EQ(checked.exit_code, 78);
  for (const std::string& told : {run.command.err, checked.err}) {
    EXPECT_NE(told.find("has no column 'solt'"), std::string::npos) << told;
    EXPECT_NE(told.find("did you mean 'sold'?"), std::string::npos) << told;
  }
}

TEST_F(RuleWeight, and_other_modifiers_are_explained) {
  directory_.write("in.csv", "key,price,sold\nx,1,3\n");
  const std::string job = directory_.write(
      "job.yaml",
      "version: 1\nschema: { price: double }\nsources: { in: { from: in.csv } }\nentity: { key: key }\n"
      "fuse: { default: { rule: weighted_vote, weight: sold, ties: largest, same_within: 1% } }\noutput: { fused: { to: out.csv } }\n");
  const CommandResult explained = sinter({"explain", job});
  EXPECT_NE(explained.out.find("rule: weighted_vote { weight: sold, ties: largest, same_within: 1% }"), std::string::npos) << explained.out;
}

}  // namespace
}  // namespace sinter::testing

// expand_inputs: globs, captures, inference, and every complaint at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reading.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

InputDeclaration input(const std::string& name, std::vector<std::string> paths) {
  InputDeclaration declaration;
  declaration.name = name;
  declaration.paths = std::move(paths);
  return declaration;
}

std::vector<std::string> paths_of(const std::vector<InputFile>& files) {
  std::vector<std::string> paths;
  for (const InputFile& file : files) paths.push_back(file.path);
  return paths;
}

class ExpandInputs : public ::testing::Test {
 protected:
  void add(const std::string& path, const std::string& bytes = "a\n1\n") {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      ASSERT_TRUE(files_->make_directories(path.substr(0, slash)).ok());
    }
    ASSERT_TRUE(write_file(*files_, path, bytes).ok());
  }
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
};

TEST_F(ExpandInputs, files_come_in_declaration_order_then_path_order_each_once) {
  for (const char* path : {"d/b.csv", "d/a.csv", "d/c.jsonl", "x.csv"}) add(path);
  const auto got = expand_inputs(*files_, {input("one", {"x.csv"}), input("two", {"d/*.csv", "d/c.jsonl", "d/a*"})});
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_THAT(paths_of(*got), ElementsAre("x.csv", "d/a.csv", "d/b.csv", "d/c.jsonl"));
  EXPECT_EQ((*got)[0].input, 0u);
  EXPECT_EQ((*got)[3].input, 1u);
  EXPECT_EQ((*got)[3].format.kind, FormatKind::JsonLines);
  EXPECT_EQ((*got)[1].size_bytes, 4u);
}

TEST_F(ExpandInputs, a_placeholder_captures_the_source) {
  for (const char* path : {"web/airline-aa.csv", "web/airline-ua.csv", "web/other.csv"}) add(path);
  const auto got = expand_inputs(*files_, {input("w", {"web/airline-{id}.csv"})});
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  ASSERT_EQ(got->size(), 2u);
  EXPECT_EQ((*got)[0].capture, "aa");
  EXPECT_EQ((*got)[1].capture, "ua");
}

TEST_F(ExpandInputs, format_delimiter_and_codec_follow_name_and_first_bytes) {
  add("a.tsv");
  add("b.TXT");
  add("c.ndjson.gz", "\x1F\x8B....");
  add("d.csv", "\x1F\x8B....");
  add("e.json.zst", "\x28\xB5\x2F\xFD....");
  const auto got = expand_inputs(*files_, {input("i", {"?.*"})});
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ((*got)[0].format.delimiter, '\t');
  EXPECT_EQ((*got)[1].format.delimiter, ',');
  EXPECT_EQ((*got)[1].format.kind, FormatKind::Csv);
  EXPECT_EQ((*got)[2].format.kind, FormatKind::JsonLines);
  EXPECT_EQ((*got)[2].format.codec, Codec::Gzip);
  EXPECT_EQ((*got)[3].format.codec, Codec::Gzip) << "first bytes tell what the name hides";
  EXPECT_EQ((*got)[4].format.codec, Codec::Zstd);
  for (const InputFile& file : *got) EXPECT_NE(file.format.codec, Codec::Infer);
}

TEST_F(ExpandInputs, all_complaints_come_at_once) {
  add("dir/file.csv");
  add("data.bin");
  add("plain.csv.gz");
  add("empty.csv.gz", "");
  const auto got = expand_inputs(*files_, {input("one", {"missing.csv", "dir", "none-*.csv"}), input("two", {"data.bin", "plain.csv.gz",
      "empty.csv.gz"}),
                                           input("three", {})});
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().fault(), Fault::User);
  EXPECT_THAT(got.error().message(),
              AllOf(HasSubstr("7 problems"), HasSubstr("input 'one': 'missing.csv' does not exist"), HasSubstr("'dir' is a directory"),
                    HasSubstr("no file matches 'none-*.csv'"), HasSubstr("cannot tell the format of 'data.bin'"),
                    HasSubstr("'plain.csv.gz' should be gzip data"), HasSubstr("'empty.csv.gz' is empty"),
                        HasSubstr("'three' names no files")));
}

TEST_F(ExpandInputs, of_a_format_that_nothing_reads_the_hint_says_what_is_read) {
  add("data.parquet", "PAR1");
  const auto got = expand_inputs(*files_, {input("one", {"data.parquet"})});
  ASSERT_FALSE(got.ok());
  EXPECT_THAT(got.error().to_string(), AllOf(HasSubstr("`format: csv` or `format: jsonl`"), HasSubstr("export anything else as CSV")));
}

TEST_F(ExpandInputs, a_file_whose_name_looks_like_a_pattern_is_that_file) {
  add("a[1].csv");
  add("a1.csv");
  const auto got = expand_inputs(*files_, {input("i", {"a[1].csv"})});
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_THAT(paths_of(*got), ElementsAre("a[1].csv"));
}

TEST_F(ExpandInputs, formats_that_contradict_themselves_are_refused) {
  add("a.csv");
  InputDeclaration declaration = input("i", {"a.csv"});
  declaration.format.delimiter = '"';
  EXPECT_FALSE(expand_inputs(*files_, {declaration}).ok());
  declaration.format = {};
  declaration.format.columns = {"x"};
  EXPECT_FALSE(expand_inputs(*files_, {declaration}).ok());
  declaration.format.header = false;
  EXPECT_TRUE(expand_inputs(*files_, {declaration}).ok());
}

TEST(ExpandInputsPosix, files_that_may_not_be_read_and_fifos_are_named) {
  char pattern[] = "/tmp/sinter-expand-XXXXXX";
  const std::string directory = mkdtemp(pattern);
  const auto files = make_posix_file_system();
  ASSERT_EQ(mkfifo((directory + "/pipe.csv").c_str(), 0600), 0);
  const auto fifo = expand_inputs(*files, {input("i", {directory + "/pipe.csv"})});
  ASSERT_FALSE(fifo.ok());
  EXPECT_THAT(fifo.error().message(), HasSubstr("is not a regular file"));
  ASSERT_TRUE(write_file(*files, directory + "/locked.csv", "a\n").ok());
  ASSERT_EQ(chmod((directory + "/locked.csv").c_str(), 0), 0);
  const auto locked = expand_inputs(*files, {input("i", {directory + "/locked.csv"})});
  if (geteuid() != 0) {
    ASSERT_FALSE(locked.ok());
    EXPECT_THAT(locked.error().message(), HasSubstr("locked.csv"));
  }
  EXPECT_TRUE(files->remove_all(directory).ok());
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything; the fifo half ran";
}

}  // namespace
}  // namespace sinter

// `sinter init`: what it writes works at once, and it replaces nothing. Its C++ project is built in tests/consumer/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/end_to_end/sinter_run.hpp"

namespace sinter::testing {
namespace {

using ::testing::HasSubstr;

TEST(Init, a_yaml_job_checks_and_runs_as_it_is) {
  const TemporaryDirectory directory;
  const std::string project = directory / "books";
  const CommandResult made = sinter({"init", project});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("job.yaml"));
  const CommandResult checked = sinter({"check", project + "/job.yaml"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  const SinterRun run = sinter_run(project + "/job.yaml");
  EXPECT_EQ(run.command.exit_code, 0) << run.command.err;
  EXPECT_EQ(read_whole_file(project + "/out/books.csv"),
            "isbn,price,title\n9780141439587,6.5,Emma\n9780441013593,10.99,Dune\n9780451524935,8.25,Nineteen Eighty-Four\n");
}

TEST(Init, a_directory_with_one_of_its_files_is_left_as_it_was) {
  const TemporaryDirectory directory;
  directory.write("README.md", "mine");
  const CommandResult made = sinter({"init", "--template", "cpp", directory.path().string()});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_THAT(made.err, HasSubstr("README.md' exists, and init replaces nothing"));
  EXPECT_EQ(read_whole_file(directory / "README.md"), "mine");
  EXPECT_FALSE(std::filesystem::exists(directory / "word_count.hpp"));
}

TEST(Init, an_unknown_template_is_wrong_use) {
  const TemporaryDirectory directory;
  const CommandResult made = sinter({"init", "--template", "python", directory / "x"});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_THAT(made.err, HasSubstr("cpp"));
}

}  // namespace
}  // namespace sinter::testing

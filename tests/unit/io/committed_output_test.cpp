// publish_output: whole or not at all, whatever fails and whenever.
#include "framework/io/committed_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/checksum.hpp"
#include "base/faulty_file_system.hpp"
#include "framework/io/output_assembly.hpp"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CommittedOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(memory_->make_directories("scratch").ok());
    ASSERT_TRUE(memory_->make_directories("out").ok());
    ASSERT_TRUE(write_file(*memory_, "scratch/1", "1,x\n").ok());
    ASSERT_TRUE(write_file(*memory_, "scratch/2", std::string(3 << 20, 'y')).ok());
  }
  OutputPublication publication(const std::string& path) const {
    OutputPublication output;
    output.path = path;
    output.header = "id,v\n";
    output.parts = {"scratch/1", "scratch/2"};
    output.job = "job7";
    return output;
  }
  std::string content(const std::string& path) {
    auto bytes = read_file(*memory_, path);
    return bytes.ok() ? *bytes : "! " + bytes.error().to_string();
  }
  std::vector<std::string> listing(const std::string& directory) {
    auto names = memory_->list(directory);
    return names.ok() ? *names : std::vector<std::string>{"! " + names.error().to_string()};
  }
  std::unique_ptr<FileSystem> memory_ = make_memory_file_system();
};

TEST_F(CommittedOutput, joins_parts_into_one_file_and_tells_size_and_checksum) {
  const auto published = publish_output(*memory_, publication("out/new/a.csv"));
  ASSERT_TRUE(published.ok()) << published.error().to_string();
  const std::string expected = "id,v\n1,x\n" + std::string(3 << 20, 'y');
  EXPECT_EQ(content("out/new/a.csv"), expected);
  ASSERT_EQ(published->size(), 1u);
  EXPECT_EQ((*published)[0].path, "out/new/a.csv");
  EXPECT_EQ((*published)[0].size_bytes, expected.size());
  EXPECT_EQ((*published)[0].checksum, checksum64(expected));
  EXPECT_THAT(listing("out/new"), ElementsAre("a.csv"));
}

TEST_F(CommittedOutput, writes_a_directory_of_parts_with_a_header_each) {
  const auto published = publish_output(*memory_, publication("out/parts/"));
  ASSERT_TRUE(published.ok()) << published.error().to_string();
  EXPECT_THAT(listing("out/parts"), ElementsAre("part-00000.csv", "part-00001.csv"));
  EXPECT_EQ(content("out/parts/part-00000.csv"), "id,v\n1,x\n");
  EXPECT_EQ((*published)[1].path, "out/parts/part-00001.csv");
  EXPECT_THAT(listing("out"), ElementsAre("parts"));
}

TEST_F(CommittedOutput, without_results_the_header_is_still_there) {
  OutputPublication empty = publication("out/a.csv");
  empty.parts.clear();
  ASSERT_TRUE(publish_output(*memory_, empty).ok());
  EXPECT_EQ(content("out/a.csv"), "id,v\n");
  empty.path = "out/d/";
  ASSERT_TRUE(publish_output(*memory_, empty).ok());
  EXPECT_EQ(content("out/d/part-00000.csv"), "id,v\n");
}

TEST_F(CommittedOutput, replaces_only_when_told_to) {
  for (const std::string path : {"out/a.csv", "out/d/"}) {
    ASSERT_TRUE(publish_output(*memory_, publication(path)).ok());
    OutputPublication second = publication(path);
    second.parts = {"scratch/1"};
    const auto refused = publish_output(*memory_, second);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().fault(), Fault::User);
    EXPECT_THAT(refused.error().to_string(), HasSubstr("--force"));
    second.overwrite = true;
    ASSERT_TRUE(publish_output(*memory_, second).ok());
  }
  EXPECT_EQ(content("out/a.csv"), "id,v\n1,x\n");
  EXPECT_THAT(listing("out/d"), ElementsAre("part-00000.csv"));
  EXPECT_THAT(listing("out"), ElementsAre("a.csv", "d"));
}

TEST_F(CommittedOutput, what_a_life_before_left_of_a_directory_is_no_hindrance_and_does_not_stay) {
  ASSERT_TRUE(publish_output(*memory_, publication("out/parts/")).ok());
  ASSERT_TRUE(write_file(*memory_, "out/parts/_SUCCESS.json.tmp", "{").ok());
  OutputPublication again = publication("out/parts/");
  again.overwrite = true;
  ASSERT_TRUE(publish_output(*memory_, again).ok());
  EXPECT_THAT(listing("out/parts"), ElementsAre("part-00000.csv", "part-00001.csv"));
  // It died between the two renames.
  const std::string old = temporary_output_path("out/parts/", "job7") + ".old";
  ASSERT_TRUE(memory_->rename("out/parts", old).ok());
  const auto refused = publish_output(*memory_, publication("out/parts/"));
  ASSERT_FALSE(refused.ok()) << "the old output is there again, and is not replaced unasked";
  EXPECT_THAT(listing("out/parts"), ElementsAre("part-00000.csv", "part-00001.csv"));
  ASSERT_TRUE(memory_->rename("out/parts", old).ok());
  ASSERT_TRUE(publish_output(*memory_, again).ok());
  EXPECT_THAT(listing("out"), ElementsAre("parts"));
}

TEST_F(CommittedOutput, a_file_never_replaces_a_directory_nor_the_other_way_round) {
  ASSERT_TRUE(memory_->make_directories("out/d").ok());
  ASSERT_TRUE(write_file(*memory_, "out/f", "x").ok());
  EXPECT_FALSE(check_output_path(*memory_, "out/d", true).ok());
  EXPECT_FALSE(check_output_path(*memory_, "out/f/", true).ok());
  EXPECT_TRUE(check_output_path(*memory_, "out/f", true).ok());
  EXPECT_TRUE(check_output_path(*memory_, "out/none/", false).ok());
}

TEST_F(CommittedOutput, a_full_disk_leaves_nothing_and_is_named) {
  for (const std::string path : {"out/a.csv", "out/d/"}) {
    FaultyFileSystem faulty(*memory_);
    faulty.set_free_bytes(1 << 20);
    const auto published = publish_output(faulty, publication(path));
    ASSERT_FALSE(published.ok());
    EXPECT_EQ(published.error().fault(), Fault::Environment);
    EXPECT_THAT(published.error().to_string(), HasSubstr("out"));
    EXPECT_THAT(listing("out"), ElementsAre()) << path;
  }
}

TEST_F(CommittedOutput, parts_that_come_in_any_order_are_joined_in_theirs_and_consumed) {
  for (const std::string path : {"out/a.csv", "out/d/"}) {
    OutputPublication output = publication(path);
    output.consume_parts = true;
    OutputAssembly assembly(*memory_, output);
    for (const std::size_t ordinal : {3u, 1u, 0u, 2u}) {
      const std::string part = "scratch/late-" + std::to_string(ordinal);
      ASSERT_TRUE(write_file(*memory_, part, std::to_string(ordinal) + "\n").ok());
      assembly.part_ready(ordinal, part);
    }
    const auto published = assembly.finish(4);
    ASSERT_TRUE(published.ok()) << published.error().to_string();
    EXPECT_THAT(listing("scratch"), ElementsAre("1", "2"));
  }
  EXPECT_EQ(content("out/a.csv"), "id,v\n0\n1\n2\n3\n");
  EXPECT_EQ(content("out/d/part-00003.csv"), "id,v\n3\n");
}

TEST_F(CommittedOutput, a_companion_is_written_before_the_output_is_in_its_place_and_can_stop_it) {
  for (const bool good : {false, true}) {
    OutputAssembly assembly(*memory_, publication("out/a.csv"));
    assembly.part_ready(0, "scratch/1");
    const auto published = assembly.finish(1, [&](const std::vector<PublishedFile>& files) -> Status {
      EXPECT_FALSE(memory_->exists("out/a.csv"));
      EXPECT_EQ(files.at(0).path, "out/a.csv");
      EXPECT_GT(files.at(0).size_bytes, 5u);
      return good ? Status() : Status(environment_error("no room for a manifest"));
    });
    EXPECT_EQ(published.ok(), good);
    EXPECT_EQ(memory_->exists("out/a.csv"), good);
    EXPECT_THAT(listing("out"), ::testing::SizeIs(good ? 1 : 0));
  }
}

TEST_F(CommittedOutput, a_part_may_come_right_behind_another) {
  OutputAssembly assembly(*memory_, publication("out/a.csv"));
  const auto ready = [&](std::size_t ordinal) {
    const std::string part = "scratch/cut-" + std::to_string(ordinal);
    ASSERT_TRUE(write_file(*memory_, part, std::to_string(ordinal) + "\n").ok());
    assembly.part_ready(ordinal, part);
  };
  assembly.part_behind(0, 3);
  assembly.part_behind(2, 4);
  assembly.part_behind(0, 5);
  assembly.part_behind(3, 6);
  for (const std::size_t ordinal : {0u, 1u, 6u, 4u, 2u, 5u, 3u}) ready(ordinal);
  ASSERT_TRUE(assembly.finish(7).ok());
  EXPECT_EQ(content("out/a.csv"), "id,v\n0\n5\n3\n6\n1\n2\n4\n");
}

TEST_F(CommittedOutput, an_output_that_is_never_finished_leaves_nothing) {
  for (const std::string path : {"out/a.csv", "out/d/"}) {
    OutputAssembly assembly(*memory_, publication(path));
    assembly.part_ready(0, "scratch/1");
    assembly.part_ready(2, "scratch/2");
  }
  EXPECT_THAT(listing("out"), ElementsAre());
}

TEST_F(CommittedOutput, what_was_published_is_there_after_a_power_cut_also_in_a_new_directory) {
  for (const std::string path : {"out/a.csv", "out/new/deep/a.csv", "out/new/parts/"}) {
    FaultyFileSystem faulty(*memory_);
    const auto published = publish_output(faulty, publication(path));
    ASSERT_TRUE(published.ok()) << published.error().to_string();
    ASSERT_TRUE(faulty.crash().ok());
    for (const PublishedFile& file : *published) EXPECT_EQ(checksum64(content(file.path)), file.checksum) << file.path;
  }
}

TEST_F(CommittedOutput, any_single_failure_leaves_the_old_output_or_the_new_one) {
  for (const std::string path : {"out/a.csv", "out/d/"}) {
    const std::string file = path == "out/a.csv" ? path : path + "part-00000.csv";
    for (const FileOperation operation : {FileOperation::Create, FileOperation::Append, FileOperation::Sync, FileOperation::Close,
        FileOperation::Rename,
                                          FileOperation::Open, FileOperation::Read, FileOperation::SyncDirectory}) {
      for (std::uint64_t nth = 0; nth < 12; ++nth) {
        ASSERT_TRUE(memory_->remove_all("out").ok());
        ASSERT_TRUE(memory_->make_directories("out").ok());
        OutputPublication old = publication(path);
        old.parts = {"scratch/1"};
        ASSERT_TRUE(publish_output(*memory_, old).ok());
        FaultyFileSystem faulty(*memory_);
        faulty.fail(operation, nth, ENOSPC);
        OutputPublication fresh = publication(path);
        fresh.overwrite = true;
        fresh.header = "new\n";
        const auto published = publish_output(faulty, fresh);
        const std::string now = content(file);
        ASSERT_TRUE(now.starts_with("id,v\n") || now.starts_with("new\n")) << now;
        ASSERT_TRUE(!published.ok() || now.starts_with("new\n"));
        ASSERT_EQ(listing("out").size(), 1u) << "operation " << static_cast<int>(operation) << " nth " << nth;
      }
    }
  }
}

}  // namespace
}  // namespace sinter

// The run format: its bytes are as documented, and no damage goes unnoticed or crashes.
#include "shuffle/run/run_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.hpp"
#include "shuffle/run/run_layout.hpp"
#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter {
namespace {

using testing::Record;

RunBuilderOptions small_blocks(Compression compression) {
  RunBuilderOptions options;
  options.memory_bytes = 1 << 20;
  options.block_bytes = 1024;
  options.compression = compression;
  options.spill_directory = "/scratch/spills";
  options.run_path = "/run";
  return options;
}

std::vector<Record> example() { return {{"apple1", 5, "red"}, {"apple2", 5, "green"}, {"beet", 4, ""}}; }

// The worked example of docs/formats/run.md.
TEST(RunFormat, bytes_of_the_worked_example) {
  const auto files = make_memory_file_system();
  testing::build_run(*files, small_blocks(Compression::None), example());
  const std::string run = read_file(*files, "/run").value();
  const std::string records("\x00\x0d\x05\x03" "apple1" "red" "\x05\x03\x05\x05" "2" "green" "\x00\x08\x00" "beet", 30);
  const std::string fields("\x1e\0\0\0" "\x1e\0\0\0" "\x03\0\0\0" "\0\0\0\0", 16);
  const std::string index("\x1e\x1e\x03\x06" "apple1" "\x05" "\x04" "beet", 16);
  std::string footer;
  for (const std::uint64_t number : {8u + 24 + 30, 8u + 16, 3u, 30u, 1u}) append_fixed(footer, number);
  footer += std::string("\x01\0\0\0" "\0\0\0\0", 8);
  std::string expected = "SNTRRUN1";
  append_fixed(expected, hash64(records, checksum64(fields)));
  expected += fields + records;
  append_fixed(expected, checksum64(index));
  expected += index + footer;
  append_fixed(expected, checksum64(footer));
  expected += "1NURRTNS";
  EXPECT_EQ(run, expected);
  EXPECT_EQ(run.size(), 150u);
}

TEST(RunFormat, summary_reads_back_as_it_was_returned) {
  Random random(2);
  const auto files = make_memory_file_system();
  const auto records = testing::random_records(random, testing::Shape::Suffixed, 3000, 400);
  const RunSummary written = testing::build_run(*files, small_blocks(Compression::Lz4), records);
  const RunSummary read = read_run_summary(*files, "/run").value();
  EXPECT_GT(written.blocks.size(), 10u);
  EXPECT_EQ(read.records, written.records);
  EXPECT_EQ(read.raw_bytes, written.raw_bytes);
  EXPECT_EQ(read.file_bytes, written.file_bytes);
  EXPECT_EQ(read.last_key, written.last_key);
  ASSERT_EQ(read.blocks.size(), written.blocks.size());
  for (std::size_t i = 0; i < read.blocks.size(); ++i) {
    EXPECT_EQ(read.blocks[i].first_key, written.blocks[i].first_key);
    EXPECT_EQ(read.blocks[i].first_group_size, written.blocks[i].first_group_size);
    EXPECT_EQ(read.blocks[i].offset_bytes, written.blocks[i].offset_bytes);
    EXPECT_EQ(read.blocks[i].stored_bytes, written.blocks[i].stored_bytes);
    EXPECT_EQ(read.blocks[i].raw_bytes, written.blocks[i].raw_bytes);
    EXPECT_EQ(read.blocks[i].records, written.blocks[i].records);
  }
}

Result<std::vector<Record>> read_bytes(const std::string& bytes) {
  const auto files = make_memory_file_system();
  EXPECT_TRUE(write_file(*files, "/run", bytes).ok());
  MemoryBudget budget("test.memory", 64 << 20);
  return testing::read_groups(*files, budget, {.run_paths = {"/run"}, .range = {}, .max_fan_in = 32, .spill_directory = "/scratch"});
}

TEST(RunFormat, each_changed_byte_is_an_error_that_names_the_file) {
  for (const Compression compression : {Compression::None, Compression::Lz4}) {
    Random random(11);
    const auto files = make_memory_file_system();
    testing::build_run(*files, small_blocks(compression), testing::random_records(random, testing::Shape::Suffixed, 150, 20));
    const std::string bytes = read_file(*files, "/run").value();
    ASSERT_TRUE(read_bytes(bytes).ok());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const unsigned flip : {0x01u, 0x80u, 0xffu}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ flip);
        const auto read = read_bytes(damaged);
        ASSERT_FALSE(read.ok()) << "byte " << at << " flip " << flip;
        ASSERT_THAT(read.error().to_string(), ::testing::HasSubstr("run '/run' is damaged"));
        ASSERT_NE(read.error().fault(), Fault::User);
      }
    }
  }
}

TEST(RunFormat, a_damaged_block_is_named_by_number_and_offset) {
  const auto files = make_memory_file_system();
  testing::build_run(*files, small_blocks(Compression::None), example());
  std::string bytes = read_file(*files, "/run").value();
  bytes[40] ^= 1;
  EXPECT_THAT(read_bytes(bytes).error().to_string(), ::testing::HasSubstr("block 0 at byte 8: its checksum differs"));
}

TEST(RunFormat, a_run_cut_short_anywhere_is_an_error) {
  const auto files = make_memory_file_system();
  testing::build_run(*files, small_blocks(Compression::None), example());
  const std::string bytes = read_file(*files, "/run").value();
  for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(read_bytes(bytes.substr(0, size)).ok()) << size;
}

/// Repairs every checksum of a one-block run, so that what lies behind them is reached.
std::string resealed(std::string bytes) {
  const auto put = [&](std::size_t at, std::uint64_t value) { bytes.replace(at, 8, reinterpret_cast<const char*>(&value), 8); };
  const std::string_view view(bytes);
  const auto index_offset = load_fixed<std::uint64_t>(bytes.data() + bytes.size() - kRunFooterBytes);
  if (index_offset >= 32 && index_offset + 8 <= bytes.size() - kRunFooterBytes) {
    put(8, hash64(view.substr(32, index_offset - 32), checksum64(view.substr(16, 16))));
    put(index_offset, checksum64(view.substr(index_offset + 8, bytes.size() - kRunFooterBytes - index_offset - 8)));
  }
  put(bytes.size() - 16, checksum64(view.substr(bytes.size() - kRunFooterBytes, 48)));
  return bytes;
}

TEST(RunFormat, hostile_bytes_behind_good_checksums_never_crash_or_hang) {
  const auto files = make_memory_file_system();
  testing::build_run(*files, small_blocks(Compression::None), example());
  const std::string bytes = read_file(*files, "/run").value();
  ASSERT_TRUE(read_bytes(resealed(bytes)).ok());
  std::size_t errors = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      errors += read_bytes(resealed(damaged)).ok() ? 0 : 1;
    }
  }
  EXPECT_GT(errors, 10000u);
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    Random random(seed);
    std::string damaged = bytes;
    for (std::uint64_t i = 1 + random.below(4); i > 0; --i) damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    (void)read_bytes(resealed(damaged)).ok();
  }
}

}  // namespace
}  // namespace sinter

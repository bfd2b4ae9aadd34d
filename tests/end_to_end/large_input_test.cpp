// Large inputs under small budgets: 4 GB with 50 million distinct keys, 4 GB of one key, and a line of 1 GB. Minutes and 20 GB of disk:
// ./dev test --slow runs them.
#include <fstream>

#include "tests/end_to_end/memory_watch.hpp"

namespace sinter::testing {
namespace {

constexpr std::uint64_t kBudgetBytes = 64 * kMiB;

using LargeInput = MemoryWatch;

std::uint64_t lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1u << 20);
  std::uint64_t lines = 0;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    lines += static_cast<std::uint64_t>(std::count(buffer.begin(), buffer.begin() + file.gcount(), '\n'));
  return lines;
}

TEST_F(LargeInput, fifty_million_distinct_keys_stay_within_64_MiB) {
  const std::string directory = directory_.path().string();
  ASSERT_EQ(sinter({"generate", directory, "--kind", "groupby", "--rows", "75000000", "--keys", "100000000"}, 600).exit_code, 0);
  EXPECT_LE(run(job("groupby.csv", "mean", "64MiB")), kBudgetBytes + kAllowanceBytes);
  const std::uint64_t entities = lines_of(directory + "/out.csv") - 1;
  std::cout << entities << " distinct keys\n";
  EXPECT_GT(entities, 50'000'000u);
}

TEST_F(LargeInput, four_gigabytes_of_one_key_stay_within_64_MiB) {
  constexpr std::uint64_t kRows = 180'000'000;
  {
    std::ofstream file(directory_ / "one.csv", std::ios::binary);
    std::string block = "key,source,value\n";
    for (std::uint64_t i = 0; i < kRows; ++i) {
      block += "everything,s" + std::to_string(i % 40) + "," + std::to_string(i * 7919 % 1'000'003) + ".25\n";
      if (block.size() < (1u << 20) && i + 1 < kRows) continue;
      file << block;
      block.clear();
    }
  }
  EXPECT_LE(run(job("one.csv", "median", "64MiB")), kBudgetBytes + kAllowanceBytes);
  // 0 to 1,000,002 in equal shares but for the last round: the median of i * 7919 mod 1,000,003 lies next to the middle.
  const std::string line = read_whole_file(directory_ / "out.csv").substr(std::string("key,value\n").size());
  EXPECT_NEAR(std::stod(line.substr(line.find(',') + 1)), 500'001.25, 2'000);
  EXPECT_LE(run(job("one.csv", "mean", "64MiB")), kBudgetBytes + kAllowanceBytes);
}

TEST_F(LargeInput, a_line_of_one_gigabyte_is_one_reject) {
  {
    std::ofstream file(directory_ / "line.csv", std::ios::binary);
    file << "key,source,value\na,s,1\n";
    const std::string block(1u << 20, 'x');
    for (int i = 0; i < 1024; ++i) file << block;
    file << "\nb,s,2\n";
  }
  EXPECT_LE(run(job("line.csv", "mean", "64MiB")), kBudgetBytes + kAllowanceBytes);
  EXPECT_EQ(read_whole_file(directory_ / "out.csv"), "key,value\na,1\nb,2\n");
  EXPECT_EQ(lines_of(directory_ / "out.csv.rejects.jsonl"), 1u);
}

}  // namespace
}  // namespace sinter::testing

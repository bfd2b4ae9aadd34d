// A merge over runs of other hosts: the same records as from local files, in order, by range, under little memory, through losses.
#include <gmock/gmock.h>

#include "shuffle/exchange/fetch_failure.hpp"
#include "tests/unit/shuffle/exchange/exchange_hosts.hpp"
#include "tests/unit/shuffle/shuffle_records.hpp"

namespace sinter::testing {
namespace {

/// A host that has nothing but its scratch: "/served/x" is x on another one.
class FetchingFiles final : public FileSystem {
 public:
  FetchingFiles(ExchangeClient& client, std::string endpoint) : client_(client), endpoint_(std::move(endpoint)) {}
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    return path.starts_with(kServed) ? client_.open(endpoint_, path.substr(kServed.size())) : own_->open(path);
  }
  void prefetch(const std::vector<std::string>& paths) {
    std::vector<std::string> names;
    for (const std::string& path : paths) names.push_back(path.substr(kServed.size()));
    client_.prefetch(endpoint_, names);
  }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override { return own_->create(path); }
  Result<FileInfo> info(const std::string& path) override { return own_->info(path); }
  bool exists(const std::string& path) override { return own_->exists(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return own_->list(directory); }
  Status make_directories(const std::string& path) override { return own_->make_directories(path); }
  Status rename(const std::string& from, const std::string& to) override { return own_->rename(from, to); }
  Status remove(const std::string& path) override { return own_->remove(path); }
  Status remove_all(const std::string& path) override { return own_->remove_all(path); }
  Status sync_directory(const std::string& directory) override { return own_->sync_directory(directory); }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return own_->free_bytes(path); }

 private:
  static constexpr std::string_view kServed = "/served/";
  ExchangeClient& client_;
  std::string endpoint_;
  std::unique_ptr<FileSystem> own_ = make_memory_file_system();
};

class RemoteMergeTest : public ExchangeHosts {
 protected:
  void build_runs(Random& random, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      RunBuilderOptions options;
      options.memory_bytes = 4 << 20;
      options.block_bytes = 4'096;
      options.spill_directory = "/scratch/spills";
      options.run_path = "/served/run-" + std::to_string(i);
      build_run(*files_, options, random_records(random, Shape::Mixed, random.below(3'000), 500));
      merge_.run_paths.push_back(options.run_path);
    }
    merge_.max_fan_in = 64;
    merge_.spill_directory = "/scratch/merge";
  }
  void expect_same_records(ExchangeClient& client, const MergeOptions& options, std::uint64_t memory_bytes) {
    FetchingFiles fetching(client, endpoint_);
    fetching.prefetch(options.run_paths);
    MemoryBudget budget("test.memory", memory_bytes);
    const auto local = read_groups(*files_, budget, options);
    const auto remote = read_groups(fetching, budget, options);
    ASSERT_TRUE(local.ok()) << local.error().to_string();
    ASSERT_TRUE(remote.ok()) << remote.error().to_string();
    EXPECT_EQ(*remote, *local);
  }

  MergeOptions merge_;
};

TEST_F(RemoteMergeTest, fifty_runs_merge_as_local_ones) {
  const std::uint64_t seed = 51;
  SCOPED_TRACE(seed);
  Random random(seed);
  build_runs(random, 50);
  serve();
  ExchangeClientOptions options;
  options.frame_bytes = 64 * kKiB;
  for (const std::uint64_t budget : {128 * kKiB, kMiB, 16 * kMiB}) {
    options.budget_bytes = budget;
    options.tail_bytes = budget < kMiB ? 2'048 : 64 * kKiB;
    const auto client = this->client(options);
    expect_same_records(*client, merge_, 64 << 20);
    EXPECT_LE(client->counters().peak_bytes, budget);
  }
}

TEST_F(RemoteMergeTest, passes_under_little_memory_and_ranges) {
  const std::uint64_t seed = 52;
  SCOPED_TRACE(seed);
  Random random(seed);
  build_runs(random, 20);
  serve();
  const auto client = this->client();
  expect_same_records(*client, merge_, 96 << 10);
  for (int i = 0; i < 5; ++i) {
    MergeOptions options = merge_;
    append_key_string(options.range.begin, std::to_string(random.below(250)));
    append_key_string(options.range.end, std::to_string(250 + random.below(250)));
    expect_same_records(*client, options, 16 << 20);
  }
}

TEST_F(RemoteMergeTest, losses_change_nothing) {
  const std::uint64_t seed = 53;
  SCOPED_TRACE(seed);
  Random random(seed);
  build_runs(random, 20);
  serve();
  ExchangeClientOptions options = impatient();
  options.frame_bytes = 64 * kKiB;
  options.budget_bytes = kMiB;
  const auto client = spoiled_client(options, {0.05, 0.05, 0.05}, seed);
  expect_same_records(*client, merge_, 64 << 20);
  EXPECT_GT(client->counters().repeated_pieces, 0u);
}

TEST_F(RemoteMergeTest, a_lost_run_is_named) {
  Random random(54);
  build_runs(random, 3);
  serve();
  const auto client = this->client();
  ASSERT_TRUE(files_->remove("/served/run-1").ok());
  FetchingFiles fetching(*client, endpoint_);
  MemoryBudget budget("test.memory", 16 << 20);
  const auto read = read_groups(fetching, budget, merge_);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(fetch_failure(read.error()), (FetchFailure{endpoint_, "run-1"}));
}

}  // namespace
}  // namespace sinter::testing

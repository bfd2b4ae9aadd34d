// ScratchQuota: files are counted wherever they lie, limits are named, and looks are rare.
#include "framework/cluster/scratch_quota.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace sinter::cluster {
namespace {

class HandClock final : public Clock {
 public:
  SteadyMs now_ms() const override { return now; }
  SteadyMs now = 1'000;
};

class ScratchQuotaTest : public ::testing::Test {
 protected:
  ScratchQuotaTest() { EXPECT_TRUE(files_->make_directories("/scratch/run-1/attempts").ok()); }
  void put(const std::string& name, std::size_t bytes) {
    EXPECT_TRUE(write_file(*files_, "/scratch/run-1/" + name, std::string(bytes, 'x')).ok());
  }
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  HandClock clock_;
};

TEST_F(ScratchQuotaTest, refuses_at_its_limit_and_allows_again_below_it) {
  ScratchQuota quota(*files_, clock_, "lab-1", "/scratch", 3 * kKiB);
  put("plan", kKiB);
  EXPECT_TRUE(quota.room().ok());
  put("attempts/result", 2 * kKiB);
  EXPECT_TRUE(quota.room().ok()) << "what was seen a moment ago still holds";
  clock_.now += kScratchLookMs;
  const Status full = quota.room();
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().fault(), Fault::Environment);
  EXPECT_TRUE(full.error().retriable());
  EXPECT_EQ(full.error().message(),
            "the node 'lab-1' has no room for another task: its jobs' files take 3KiB, and --scratch-limit is 3KiB");
  EXPECT_TRUE(files_->remove("/scratch/run-1/plan").ok());
  clock_.now += kScratchLookMs;
  EXPECT_TRUE(quota.room().ok());
}

/// A file system with a disk that is nearly full.
TEST_F(ScratchQuotaTest, keeps_some_of_the_disk_free) {
  const std::unique_ptr<FileSystem> disk = make_posix_file_system();
  EXPECT_TRUE(ScratchQuota(*disk, clock_, "lab-1", "/proc/nowhere", 0).room().ok()) << "who cannot be asked may have room";
  // A mount with no free byte at all, on every Linux.
  const Status full = ScratchQuota(*disk, clock_, "lab-1", "/proc", 0).room();
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().message().find("0B left, and 256MiB stay free (kScratchHeadroomBytes)"), std::string::npos)
      << full.error().message();
}

TEST_F(ScratchQuotaTest, counts_nothing_where_nothing_is) { EXPECT_EQ(bytes_below(*files_, "/nowhere"), 0u); }

}  // namespace
}  // namespace sinter::cluster

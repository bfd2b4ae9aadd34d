// Accounting of frames: bytes are given back when a frame dies, on whatever thread, and who waits is woken once.
#include "shuffle/exchange/frame_pool.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/limits.hpp"

namespace sinter {
namespace {

TEST(FramePool, counts_for_its_client_and_in_all) {
  const auto pool = std::make_shared<FramePool>([] {});
  const auto a = std::make_shared<std::atomic<std::uint64_t>>(0);
  const auto b = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto first = pool->take(a, 100);
  auto second = pool->take(b, kMiB);
  EXPECT_EQ(a->load(), 100u);
  EXPECT_EQ(b->load(), kMiB);
  EXPECT_EQ(pool->bytes(), kMiB + 100);
  std::thread([&] { second.reset(); }).join();
  EXPECT_EQ(b->load(), 0u);
  EXPECT_EQ(pool->bytes(), 100u);
  EXPECT_EQ(pool->peak_bytes(), kMiB + 100);
}

TEST(FramePool, uses_memory_of_large_frames_again) {
  const auto pool = std::make_shared<FramePool>([] {});
  const auto flight = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto frame = pool->take(flight, kMiB);
  const char* memory = frame->data();
  frame.reset();
  EXPECT_EQ(pool->take(flight, 2 * kMiB)->data(), memory);
}

TEST(FramePool, wakes_who_starves_once) {
  int woken = 0;
  const auto pool = std::make_shared<FramePool>([&] { ++woken; });
  const auto flight = std::make_shared<std::atomic<std::uint64_t>>(0);
  pool->take(flight, 10).reset();
  EXPECT_EQ(woken, 0);
  EXPECT_TRUE(pool->starve());
  EXPECT_FALSE(pool->starve());
  pool->take(flight, 10).reset();
  pool->take(flight, 10).reset();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace sinter

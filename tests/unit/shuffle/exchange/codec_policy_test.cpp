// CodecPolicy on links and processors that are numbers: what it asks for, how soon, and what it leaves alone.
#include "shuffle/exchange/codec_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.hpp"

namespace sinter {
namespace {

/// A reader's link to one host. Speeds are bytes of files in a millisecond; sizes are shares of them.
struct Link {
  double speed = 0;
  double lz4_speed = 600'000, zstd_speed = 300'000;
  double lz4_size = 0.5, zstd_size = 0.3;
  bool reader_waits = true;

  double size(ExchangeCodec codec) const { return codec == ExchangeCodec::Lz4 ? lz4_size : codec == ExchangeCodec::Zstd ? zstd_size : 1; }
  double slowest(ExchangeCodec codec) const {
    const double carried = speed / size(codec);
    if (codec == ExchangeCodec::None) return carried;
    return std::min(carried, codec == ExchangeCodec::Lz4 ? lz4_speed : zstd_speed);
  }
};

class Reader {
 public:
  explicit Reader(bool may_compress = true) : policy_(may_compress) {}

  /// Fetches so many answers of a megabyte; the share of them that was asked for compressed.
  double fetch(const Link& link, int answers) {
    int compressed = 0;
    policy_.begins(static_cast<SteadyMs>(now_ms_));
    for (int i = 0; i < answers; ++i) {
      const ExchangeCodec codec = policy_.codec();
      now_ms_ += static_cast<double>(kMiB) / link.slowest(codec);
      const auto carried = static_cast<std::uint64_t>(static_cast<double>(kMiB) * link.size(codec));
      policy_.answered({codec, kMiB, carried, link.reader_waits}, static_cast<SteadyMs>(now_ms_), i + 1 < answers);
      compressed += codec != ExchangeCodec::None ? 1 : 0;
    }
    return static_cast<double>(compressed) / answers;
  }
  void pass_ms(double ms) { now_ms_ += ms; }
  CodecPolicy& policy() { return policy_; }
  SteadyMs now() const { return static_cast<SteadyMs>(now_ms_); }

 private:
  CodecPolicy policy_;
  double now_ms_ = 1'000;
};

TEST(CodecPolicy, a_fast_link_carries_data_as_they_are) {
  Reader reader;
  EXPECT_EQ(reader.fetch({.speed = 400'000}, 2'000), 0);
}

TEST(CodecPolicy, a_peer_on_this_host_is_never_asked) {
  Reader reader(/*may_compress=*/false);
  EXPECT_EQ(reader.fetch({.speed = 1'000}, 100), 0);
}

TEST(CodecPolicy, a_slow_link_is_asked_for_zstd_and_a_middling_one_for_lz4) {
  Reader slow;
  EXPECT_GT(slow.fetch({.speed = 50'000}, 1'000), 0.9);
  EXPECT_EQ(slow.policy().codec(), ExchangeCodec::Zstd);
  Reader middling;
  EXPECT_GT(middling.fetch({.speed = 119'000}, 1'000), 0.9);
  EXPECT_EQ(middling.policy().codec(), ExchangeCodec::Lz4);
}

TEST(CodecPolicy, a_very_slow_link_is_known_after_a_second) {
  Reader reader;
  (void)reader.fetch({.speed = 200}, 2);
  EXPECT_EQ(reader.policy().codec(), ExchangeCodec::Zstd);
}

TEST(CodecPolicy, data_that_do_not_shrink_are_tried_more_and_more_rarely) {
  Reader reader;
  EXPECT_LT(reader.fetch({.speed = 50'000, .lz4_size = 1, .zstd_size = 0.95}, 500), 0.1);
  EXPECT_LT(reader.fetch({.speed = 50'000, .lz4_size = 1, .zstd_size = 0.95}, 2'000), 0.05);
}

TEST(CodecPolicy, processors_that_are_slower_than_the_link_are_left_alone) {
  Reader reader;
  const Link link{.speed = 50'000, .lz4_speed = 40'000, .zstd_speed = 20'000};
  (void)reader.fetch(link, 500);
  EXPECT_LT(reader.fetch(link, 2'000), 0.06);
}

TEST(CodecPolicy, where_zstd_is_too_slow_lz4_may_do) {
  Reader reader;
  EXPECT_GT(reader.fetch({.speed = 50'000, .zstd_speed = 40'000}, 1'000), 0.9);
  EXPECT_EQ(reader.policy().codec(), ExchangeCodec::Lz4);
}

TEST(CodecPolicy, a_reader_that_is_slower_than_its_link_needs_none_of_it) {
  Reader reader;
  EXPECT_EQ(reader.fetch({.speed = 50'000, .reader_waits = false}, 500), 0);
}

TEST(CodecPolicy, a_link_that_becomes_fast_is_noticed) {
  Reader reader;
  EXPECT_GT(reader.fetch({.speed = 20'000}, 100), 0.8);
  EXPECT_EQ(reader.policy().codec(), ExchangeCodec::Zstd);
  (void)reader.fetch({.speed = 500'000}, 1'000);
  EXPECT_EQ(reader.fetch({.speed = 500'000}, 1'000), 0);
}

TEST(CodecPolicy, answers_from_before_the_choice_say_nothing_of_it) {
  Reader reader;
  while (reader.policy().codec() == ExchangeCodec::None) (void)reader.fetch({.speed = 50'000}, 1);
  for (int i = 0; i < 100; ++i) {
    reader.pass_ms(20);
    reader.policy().answered({ExchangeCodec::None, kMiB, kMiB, true}, reader.now(), true);
  }
  EXPECT_EQ(reader.policy().codec(), ExchangeCodec::Zstd);
  EXPECT_EQ(reader.fetch({.speed = 50'000}, 50), 1);
}

TEST(CodecPolicy, silence_is_no_slow_link) {
  Reader reader;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(reader.fetch({.speed = 400'000}, 30), 0);
    reader.policy().begins(reader.now());
    reader.pass_ms(3'000);
    reader.policy().interrupted();
  }
}

}  // namespace
}  // namespace sinter

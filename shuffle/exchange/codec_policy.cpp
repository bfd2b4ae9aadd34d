// CodecPolicy: see the header. One thread.
#include "shuffle/exchange/codec_policy.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace sinter {
namespace {

/// A stretch has so much data in so much time, or takes long.
constexpr std::uint64_t kStretchBytes = 4 * kMiB;
constexpr std::int64_t kStretchMs = 50;
constexpr std::uint64_t kSlowStretchBytes = 256 * kKiB;
constexpr std::int64_t kSlowStretchMs = 1'000;
/// After so many compressed ones the link is looked at again.
constexpr int kStretchesOfTrust = 32;
constexpr int kFirstRest = 4;
constexpr int kLongestRest = 64;

}  // namespace

bool CodecPolicy::Stretch::is_long_enough() const {
  return (data_bytes >= kStretchBytes && busy_ms >= kStretchMs) || (data_bytes >= kSlowStretchBytes && busy_ms >= kSlowStretchMs);
}

std::uint64_t CodecPolicy::Stretch::bytes_per_ms() const {
  return data_bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(busy_ms, 1));
}

CodecPolicy::CodecPolicy(bool may_compress) : may_compress_(may_compress), next_rest_(kFirstRest) {}

void CodecPolicy::begins(SteadyMs now_ms) { since_ms_ = now_ms; }

void CodecPolicy::interrupted() {
  stretch_ = {};
  since_ms_ = -1;
}

void CodecPolicy::answered(const AnswerSeen& answer, SteadyMs now_ms, bool others_on_way) {
  const std::int64_t took_ms = since_ms_ < 0 ? 0 : now_ms - since_ms_;
  since_ms_ = others_on_way ? now_ms : -1;
  if (!may_compress_ || answer.asked != codec_) return;  // on its way since before the choice
  // The time of the first one is that of answers before it, too.
  if (!std::exchange(begun_, true)) return;
  stretch_.data_bytes += answer.data_bytes;
  stretch_.carried_bytes += answer.carried_bytes;
  stretch_.busy_ms += took_ms;
  if (answer.reader_waits) stretch_.waited_ms += took_ms;
  if (!stretch_.is_long_enough()) return;
  if (codec_ == ExchangeCodec::None) judge_plain();
  else judge_compressed();
  stretch_ = {};
}

void CodecPolicy::judge_plain() {
  plain_bytes_per_ms_ = stretch_.bytes_per_ms();
  if (rest_ > 0) {
    --rest_;
    return;
  }
  if (plain_bytes_per_ms_ >= kLz4BelowBytesPerMs || 2 * stretch_.waited_ms < stretch_.busy_ms) return;
  use(plain_bytes_per_ms_ < kZstdBelowBytesPerMs ? ExchangeCodec::Zstd : ExchangeCodec::Lz4);
}

void CodecPolicy::judge_compressed() {
  const bool shrinks = 5 * stretch_.carried_bytes <= 4 * stretch_.data_bytes;
  const bool pays = 4 * stretch_.bytes_per_ms() >= 5 * plain_bytes_per_ms_;
  if (!shrinks) return rest();
  if (!pays) return codec_ == ExchangeCodec::Zstd ? use(ExchangeCodec::Lz4) : rest();  // the processors are slower than the link
  next_rest_ = kFirstRest;
  if (++stretches_ == kStretchesOfTrust) use(ExchangeCodec::None);
}

void CodecPolicy::use(ExchangeCodec codec) {
  codec_ = codec;
  begun_ = false;
  stretches_ = 0;
}

void CodecPolicy::rest() {
  rest_ = next_rest_;
  next_rest_ = std::min(2 * next_rest_, kLongestRest);
  use(ExchangeCodec::None);
}

}  // namespace sinter

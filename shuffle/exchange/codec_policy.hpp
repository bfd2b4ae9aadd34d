// CodecPolicy: whether a host is asked to compress what it sends: when its link is slower than compressing, and while that makes it
// faster. Measures in, a choice out; owned by a FetchQueue, one thread.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "shuffle/exchange/exchange_format.hpp"

namespace sinter {

/// Bytes of files in a millisecond, below which a link is worth the processor's time of compressing: LZ4 takes about 1.6 s for a
/// gigabyte at its server and zstd 3 s, of which encrypting fewer bytes gives back a good part at both ends.
inline constexpr std::uint64_t kLz4BelowBytesPerMs = 250'000;
inline constexpr std::uint64_t kZstdBelowBytesPerMs = 60'000;

/// An answer, as its client sees it.
struct AnswerSeen {
  ExchangeCodec asked = ExchangeCodec::None;
  std::uint64_t data_bytes = 0;
  std::uint64_t carried_bytes = 0;  ///< of them, as they travelled
  bool reader_waits = false;        ///< somebody has nothing to do until data come
};

/// Looks at stretches of answers with one codec. A stretch without compression tells the speed of the link; it is tried when a reader
/// waited most of that time. It stays while data become at least a fifth smaller and come at least a fourth faster, and is compared
/// anew now and then; what did not pay is not tried again for longer and longer.
class CodecPolicy {
 public:
  /// `may_compress`: false never does, for peers of this host.
  explicit CodecPolicy(bool may_compress);

  /// To ask for now.
  ExchangeCodec codec() const { return codec_; }
  /// A request leaves while nothing else is on its way.
  void begins(SteadyMs now_ms);
  /// `others_on_way`: more answers will come.
  void answered(const AnswerSeen& answer, SteadyMs now_ms, bool others_on_way);
  /// Silence, losses: the time since the last answer says nothing of the link.
  void interrupted();

 private:
  struct Stretch {
    std::uint64_t data_bytes = 0;
    std::uint64_t carried_bytes = 0;
    std::int64_t busy_ms = 0;
    std::int64_t waited_ms = 0;
    bool is_long_enough() const;
    std::uint64_t bytes_per_ms() const;
  };

  void judge_plain();
  void judge_compressed();
  void use(ExchangeCodec codec);
  void rest();

  bool may_compress_;
  ExchangeCodec codec_ = ExchangeCodec::None;
  Stretch stretch_;
  bool begun_ = false;                   // an answer with codec_ has come
  SteadyMs since_ms_ = -1;               // the last answer, while others are on their way; -1: none are
  std::uint64_t plain_bytes_per_ms_ = 0; // as of the last stretch without compression
  int stretches_ = 0;                    // with codec_
  int rest_ = 0;                         // stretches without compression to come before it is tried
  int next_rest_;
};

}  // namespace sinter

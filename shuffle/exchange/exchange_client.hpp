// ExchangeClient: files of other hosts as ReadableFiles. Has a thread of its own; the client may be called from any thread, a file
// belongs to one thread at a time, as every file does. Files may outlive their client; reading them fails then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/net/bulk_socket.hpp"
#include "base/result.hpp"

namespace sinter {

/// Smallest ExchangeClientOptions::budget_bytes, in frames.
inline constexpr std::uint64_t kMinBudgetFrames = 2;

struct ExchangeClientOptions {
  /// Bytes asked for or fetched and not read yet, over all files. One frame of it is kept for a reader that waits, the rest is read
  /// ahead. At least kMinBudgetFrames frames.
  std::uint64_t budget_bytes = 16 * kMiB;
  std::uint64_t frame_bytes = kMiB;        ///< of one answer, 64 KiB to kMaxExchangeFrameBytes
  std::uint64_t tail_bytes = 64 * kKiB;    ///< the end of a file comes with its opening: a run's footer and index
  std::size_t attempts = 5;                ///< of a piece, then its reader gets an error
  SteadyMs answer_timeout_ms = 3'000;      ///< a server that sends nothing of what was asked for so long is asked again
  SteadyMs first_retry_ms = 50;            ///< doubles up to max_retry_ms
  SteadyMs max_retry_ms = 2'000;
  SteadyMs idle_connection_ms = 30'000;    ///< a connection without open files is closed after so long
  bool compress = true;                    ///< other hosts may be asked to compress, when it pays (see CodecPolicy)
  std::uint64_t first_request_id = 0;      ///< 0: from the operating system's random source; else fixed, for tests
};

struct ExchangeClientCounters {
  std::uint64_t requests = 0;         ///< sent, with repeated ones
  std::uint64_t pieces = 0;           ///< in them
  std::uint64_t answers = 0;
  std::uint64_t data_bytes = 0;       ///< of files, in them
  std::uint64_t carried_bytes = 0;    ///< of these, as they travelled
  std::uint64_t repeated_pieces = 0;  ///< asked for again
  std::uint64_t bad_answers = 0;      ///< damaged, or not what was asked for
  std::uint64_t stale_answers = 0;    ///< to requests that nobody waits for (any more): late, doubled, replayed
  std::uint64_t peak_bytes = 0;       ///< most of the budget that was in use, without the frame for who waits
};

class ExchangeClient {
 public:
  /// Takes a connector whose max_message_bytes is kMaxExchangeAnswerBytes (make_zmq_bulk_connector). `clock` and `log` outlive the
  /// client and its files. Requires: options within what is said there.
  static std::unique_ptr<ExchangeClient> start(std::unique_ptr<net::BulkConnector> socket, const ExchangeClientOptions& options,
                                               const Clock& clock, Log& log);
  virtual ~ExchangeClient() = default;

  /// Asks for size and version and waits for them. The file fetches what is read of it; it fetches ahead of reads one behind the other,
  /// and what AnnouncedReads, which it is too, was told. map() is empty. It is one version: when another one is served, reads fail.
  /// Errors: a name or endpoint that cannot be; those of fetch_error(): not served or not readable there, no answer after all attempts.
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& endpoint, const std::string& name) = 0;

  /// Begins to open files, many in one request, and does not wait; open() finds them. As many as the budget has room for: it is a hint.
  virtual void prefetch(const std::string& endpoint, const std::vector<std::string>& names) = 0;

  /// Whatever waits, and all that is asked for from now on, fails. Once.
  virtual void stop() = 0;

  virtual ExchangeClientCounters counters() const = 0;
};

}  // namespace sinter

// FetchQueue: pieces of files on their way to their readers: packs them into requests, asks again for what is lost, gives up in the end.
// A thread of its own drives it; everything public may be called from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/memory_budget.hpp"
#include "base/net/bulk_socket.hpp"
#include "shuffle/exchange/codec_policy.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"

namespace sinter {

/// The one frame that a reader may ask for when the budget has no room, so that read-ahead of others never stops it.
class WaitersFrame {
 public:
  /// Waits until nobody has it.
  void take();
  void give_back();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool taken_ = false;
};

/// A piece that somebody wants. Its maker fills the first part before submit(); the queue fills the second, to be read after wait().
struct Fetch {
  std::string endpoint;
  ExchangePiece piece;
  Reservation room;                      ///< of the budget, or:
  WaitersFrame* waiters_frame = nullptr; ///< given back when the fetch dies

  PieceResult result;
  std::string_view data;
  std::shared_ptr<const void> owner;     ///< of data
  std::optional<Error> error;

  // Of the queue:
  bool done = false;
  bool abandoned = false;
  std::size_t failures = 0;
  SteadyMs due_ms = 0;

  Fetch() = default;
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch() {
    if (waiters_frame != nullptr) waiters_frame->give_back();
  }
};
using FetchPtr = std::shared_ptr<Fetch>;

class FetchQueue {
 public:
  FetchQueue(std::unique_ptr<net::BulkConnector> socket, const ExchangeClientOptions& options, const Clock& clock, Log& log);
  FetchQueue(const FetchQueue&) = delete;
  FetchQueue& operator=(const FetchQueue&) = delete;
  ~FetchQueue() { stop(); }
  /// Fails what waits, now and later. Call from one thread.
  void stop();

  const ExchangeClientOptions& options() const { return options_; }
  /// For reading ahead.
  MemoryBudget& budget() { return budget_; }
  WaitersFrame& waiters_frame() { return waiters_frame_; }
  /// Files that read ahead at the moment: each gets its share of the budget.
  std::atomic<std::size_t>& readers() { return readers_; }

  void submit(const std::vector<FetchPtr>& fetches);
  /// Returns when the fetch is done: good, or with its error.
  Status wait(const FetchPtr& fetch);
  /// Nobody will wait for it.
  void abandon(const FetchPtr& fetch);
  /// A file at this endpoint was opened (+1) or closed (-1).
  void count_file(const std::string& endpoint, int change);

  ExchangeClientCounters counters() const;

 private:
  static constexpr SteadyMs kNever = -1;
  struct Asked {
    std::vector<FetchPtr> fetches;
    ExchangeCodec codec = ExchangeCodec::None;
    int passed = 0;  ///< answers to later requests
  };
  struct Server {
    explicit Server(bool may_compress) : policy(may_compress) {}
    CodecPolicy policy;
    std::size_t waiters = 0;   ///< threads
    std::deque<FetchPtr> waiting;
    std::map<std::uint64_t, Asked> asked;
    SteadyMs progress_ms = 0;  ///< of the last answer, or of the first request that waits for one
    SteadyMs used_ms = 0;
    SteadyMs unsent_since_ms = kNever;  ///< a request could not be handed to the socket, and none since
    std::int64_t files = 0;
  };

  Server& server_at(const std::string& endpoint);
  void run();
  Status receive_all();
  void apply(const net::BulkMessage& message);
  void see(const std::string& endpoint, Server& server, const Asked& asked, const ExchangeAnswer& answer, SteadyMs now);
  void finish(Server& server, Asked& asked, const ExchangeAnswer& answer, const net::BulkMessage& message);
  void finish_piece(Fetch& fetch, const PieceResult& result, std::string_view data);
  void ask(const std::string& endpoint, Server& server, SteadyMs now);
  std::vector<FetchPtr> next_request(Server& server, SteadyMs now);
  void stay_unsent(const std::string& endpoint, Server& server, SteadyMs now);
  void expire(const std::string& endpoint, Server& server, SteadyMs now);
  /// The pieces of a request that brought nothing wait for their next attempt, or fail.
  void ask_again(Server& server, Asked asked, const std::string& why, SteadyMs from_ms);
  void fail(Fetch& fetch, const std::string& what);
  void fail_all(const std::string& why);
  void close_idle(SteadyMs now);
  SteadyMs next_deadline(SteadyMs now) const;

  std::unique_ptr<net::BulkConnector> socket_;
  ExchangeClientOptions options_;
  const Clock* clock_;
  Log* log_;
  MemoryBudget budget_;
  WaitersFrame waiters_frame_;
  std::atomic<std::size_t> readers_{0};
  mutable std::mutex mutex_;  // everything below; the socket is the thread's alone
  std::condition_variable done_;
  std::map<std::string, Server> servers_;
  std::uint64_t next_id_;
  ExchangeClientCounters counters_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace sinter

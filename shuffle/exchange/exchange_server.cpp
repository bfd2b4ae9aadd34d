// ExchangeServer: takes requests, lets clients have frames in turn while they have room. Its own thread runs everything but counters().
#include "shuffle/exchange/exchange_server.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/frame_pool.hpp"

namespace sinter {
namespace {

/// Requests taken before clients that wait get their turn again.
constexpr int kRequestsInARow = 64;
/// Less data are sent as they are.
constexpr std::uint64_t kMinPackedBytes = 16 * kKiB;
/// How often files and memory that nobody uses are let go.
constexpr SteadyMs kTidyMs = 1'000;

struct ExchangeReader {
  std::string route;
  std::deque<ExchangeRequest> waiting;
  FramePool::Flight flight = std::make_shared<std::atomic<std::uint64_t>>(0);
  bool in_turn = false;
};

class ThreadedExchangeServer final : public ExchangeServer {
 public:
  ThreadedExchangeServer(std::unique_ptr<net::BulkSocket> socket, FileSystem& files, ResolveExchangeName resolve,
                         const ExchangeServerOptions& options, const Clock& clock, Log& log)
      : socket_(std::move(socket)),
        options_(options),
        clock_(&clock),
        log_(&log),
        files_(files, std::move(resolve), options.max_open_files, options.file_reuse_ms),
        pool_(std::make_shared<FramePool>([socket = socket_.get()] { socket->wake(); })),
        thread_([this] { run(); }) {}
  ThreadedExchangeServer(const ThreadedExchangeServer&) = delete;
  ThreadedExchangeServer& operator=(const ThreadedExchangeServer&) = delete;
  ~ThreadedExchangeServer() override {
    stopping_.store(true);
    socket_->wake();
    thread_.join();
    socket_->close();
  }

  const std::string& endpoint() const override { return socket_->endpoint(); }
  ExchangeServerCounters counters() const override {
    const std::lock_guard lock(mutex_);
    ExchangeServerCounters counters = counters_;
    counters.peak_bytes = pool_->peak_bytes();
    return counters;
  }

 private:
  void run();
  /// The socket itself failed.
  void stop_for(const Error& error) { log_->error("the exchange server stops", {{"reason", error.to_string()}}); }
  void tell_of_strangers();
  Result<bool> take_requests();
  void take(net::BulkMessage& message);
  ExchangeReader* reader_of(const std::string& route);
  bool serve_in_turn();
  bool has_room(const ExchangeReader& reader, std::size_t bytes) const;
  PieceResult read(const ExchangePiece& piece, char* to);
  void serve(ExchangeReader& reader, const ExchangeRequest& request, std::size_t frame_bytes);
  void tidy();
  void count(std::uint64_t ExchangeServerCounters::*counter, std::uint64_t by = 1) {
    const std::lock_guard lock(mutex_);
    counters_.*counter += by;
  }
  /// The 1st, 2nd, 4th, 8th ... of each kind is logged.
  void report(std::uint64_t ExchangeServerCounters::*counter, std::string_view what, const std::string& detail);

  std::unique_ptr<net::BulkSocket> socket_;
  ExchangeServerOptions options_;
  const Clock* clock_;
  Log* log_;
  ServedFiles files_;
  std::shared_ptr<FramePool> pool_;
  std::unique_ptr<char[]> unpacked_;  // of the frame that is made now; null while nobody asks for compressed ones
  std::unordered_map<std::string, ExchangeReader> readers_;
  std::deque<ExchangeReader*> turns_;  // those with waiting requests
  std::size_t waiting_pieces_ = 0;     // of all of them
  SteadyMs tidied_ms_ = 0;
  std::uint64_t told_strangers_ = 0;
  mutable std::mutex mutex_;  // counters_
  ExchangeServerCounters counters_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses everything above
};

void ThreadedExchangeServer::report(std::uint64_t ExchangeServerCounters::*counter, std::string_view what, const std::string& detail) {
  count(counter);
  const std::uint64_t now = counters_.*counter;  // only this thread writes
  if ((now & (now - 1)) == 0) log_->warning(what, {{"detail", detail}, {"count", now}, {"endpoint", socket_->endpoint()}});
}

void ThreadedExchangeServer::run() {
  while (!stopping_.load()) {
    const Result<bool> took = take_requests();
    if (!took.ok()) return stop_for(took.error());
    const bool served = serve_in_turn();
    tell_of_strangers();
    if (clock_->now_ms() - tidied_ms_ >= kTidyMs) tidy();
    if (*took || served) continue;
    // Room may have come between the look and the wish to be woken: one more look.
    if (!turns_.empty() && pool_->starve()) continue;
    const bool idle = files_.empty() && readers_.empty();
    const Status waited = socket_->wait(idle ? -1 : kTidyMs);
    if (!waited.ok()) return stop_for(waited.error());
  }
}

/// Those that the socket did not let in: the 1st, 2nd, 4th, 8th ... are logged.
void ThreadedExchangeServer::tell_of_strangers() {
  const std::uint64_t count = socket_->stranger_count();
  if (std::bit_width(count) == std::bit_width(told_strangers_)) return;
  told_strangers_ = count;
  const net::Strangers strangers = socket_->strangers();
  log_->warning("somebody was not let in", {{"endpoint", socket_->endpoint()},
                                            {"refused_keys", strangers.refused_keys},
                                            {"broken_handshakes", strangers.broken_handshakes},
                                            {"last_refused_address", strangers.last_address},
                                            {"last_refused_key", strangers.last_key}});
}

/// Whether there were some.
Result<bool> ThreadedExchangeServer::take_requests() {
  net::BulkMessage message;
  for (int taken = 0; taken < kRequestsInARow; ++taken) {
    SINTER_ASSIGN(const bool received, socket_->receive(message));
    if (!received) return taken > 0;
    take(message);
  }
  return true;
}

void ThreadedExchangeServer::take(net::BulkMessage& message) {
  std::optional<ExchangeRequest> request = decode_exchange_request(message.bytes);
  if (!request) {
    report(&ExchangeServerCounters::bad_messages, "a message to the exchange is no request",
           std::to_string(message.bytes.size()) + " bytes");
    return;
  }
  if (options_.may_ask && !options_.may_ask(message.key)) {
    report(&ExchangeServerCounters::refused_keys, "a key that may not ask the exchange", message.key);
    return;
  }
  count(&ExchangeServerCounters::requests);
  ExchangeReader* reader = reader_of(message.route);
  if (reader == nullptr) {
    report(&ExchangeServerCounters::refused_clients, "the exchange has too many clients", std::to_string(options_.max_clients));
    return;
  }
  if (reader->waiting.size() >= options_.max_waiting_requests || waiting_pieces_ + request->pieces.size() > options_.max_waiting_pieces) {
    count(&ExchangeServerCounters::busy_answers);
    auto busy = std::make_shared<std::string>(encode_exchange_busy(request->id));
    if (socket_->send(message.route, *busy, busy) != net::SendOutcome::Sent) count(&ExchangeServerCounters::unsent_frames);
    return;
  }
  waiting_pieces_ += request->pieces.size();
  reader->waiting.push_back(std::move(*request));
  if (!std::exchange(reader->in_turn, true)) turns_.push_back(reader);
}

ExchangeReader* ThreadedExchangeServer::reader_of(const std::string& route) {
  const auto at = readers_.find(route);
  if (at != readers_.end()) return &at->second;
  if (readers_.size() >= options_.max_clients) tidy();
  if (readers_.size() >= options_.max_clients) return nullptr;
  ExchangeReader& made = readers_[route];
  made.route = route;
  return &made;
}

/// A round over the clients that wait: a frame for each that has room. Whether somebody got one.
bool ThreadedExchangeServer::serve_in_turn() {
  bool served = false;
  for (std::size_t left = turns_.size(); left > 0; --left) {
    ExchangeReader& reader = *turns_.front();
    turns_.pop_front();
    const ExchangeRequest& request = reader.waiting.front();
    std::size_t bytes = exchange_data_offset(request.pieces.size());
    for (const ExchangePiece& piece : request.pieces) bytes += static_cast<std::size_t>(piece.size_bytes);
    if (has_room(reader, bytes)) {
      const ExchangeRequest taken = std::move(reader.waiting.front());
      reader.waiting.pop_front();
      waiting_pieces_ -= taken.pieces.size();
      serve(reader, taken, bytes);
      served = true;
    }
    reader.in_turn = !reader.waiting.empty();
    if (reader.in_turn) turns_.push_back(&reader);
  }
  return served;
}

bool ThreadedExchangeServer::has_room(const ExchangeReader& reader, std::size_t bytes) const {
  const std::uint64_t own = reader.flight->load();
  const std::uint64_t all = pool_->bytes();
  // Who takes nothing of what it asked for holds at most its share of half the total: there is a frame for those that do.
  if (own > 0 && (own + bytes > options_.client_bytes || all + bytes > options_.total_bytes / 2)) return false;
  return all + bytes <= options_.total_bytes;
}

/// Reads a piece to `to`, which has room for all that it asks for.
PieceResult ThreadedExchangeServer::read(const ExchangePiece& piece, char* to) {
  PieceResult result;
  const auto failed = [&](PieceStatus status, std::string_view what, const std::string& detail) {
    result.status = status;
    result.size_bytes = 0;
    report(&ExchangeServerCounters::failed_pieces, what, piece.name + ": " + detail);
    return result;
  };
  const Result<const ServedFile*> found = files_.find(piece.name, clock_->now_ms());
  if (!found.ok()) return failed(PieceStatus::Unknown, "a file that was asked for is not served", found.error().to_string());
  const ServedFile& served = **found;
  result.file_bytes = served.file->size_bytes();
  result.version = served.version;
  if (piece.version != 0 && piece.version != served.version)
    return failed(PieceStatus::Changed, "a file has changed since it was first asked for", served.path);
  const std::uint64_t from_end = result.file_bytes - std::min(piece.size_bytes, result.file_bytes);
  const std::uint64_t offset = piece.from_end ? from_end : std::min(piece.offset, result.file_bytes);
  result.size_bytes = static_cast<std::uint32_t>(std::min(piece.size_bytes, result.file_bytes - offset));
  if (result.size_bytes == 0) return result;
  const Result<std::size_t> got = served.file->read_at(offset, to, result.size_bytes);
  if (!got.ok()) return failed(PieceStatus::Failed, "a file that was asked for cannot be read", got.error().to_string());
  if (*got != result.size_bytes) return failed(PieceStatus::Failed, "a file that was asked for has become shorter", served.path);
  return result;
}

void ThreadedExchangeServer::serve(ExchangeReader& reader, const ExchangeRequest& request, std::size_t frame_bytes) {
  const std::size_t data_at = exchange_data_offset(request.pieces.size());
  const auto frame = pool_->take(reader.flight, frame_bytes);
  const bool packs = request.codec != ExchangeCodec::None && frame_bytes - data_at >= kMinPackedBytes;
  if (packs && !unpacked_) unpacked_ = std::make_unique_for_overwrite<char[]>(kMaxExchangeAnswerBytes);
  char* const plain = packs ? unpacked_.get() : frame->data();
  std::vector<PieceResult> results;
  results.reserve(request.pieces.size());
  std::size_t size = data_at;
  for (const ExchangePiece& piece : request.pieces) {
    results.push_back(read(piece, plain + size));
    size += results.back().size_bytes;
  }
  seal_exchange_answer(request.id, results, plain, size);
  std::size_t sent = packs ? pack_exchange_answer({plain, size}, request.codec, frame->data()) : size;
  if (sent == 0) {
    std::memcpy(frame->data(), plain, size);
    sent = size;
  }
  const net::SendOutcome outcome = socket_->send(reader.route, {frame->data(), sent}, frame);
  if (outcome == net::SendOutcome::Gone) {
    for (const ExchangeRequest& other : reader.waiting) waiting_pieces_ -= other.pieces.size();
    reader.waiting.clear();
  }
  if (outcome != net::SendOutcome::Sent) return count(&ExchangeServerCounters::unsent_frames);
  count(&ExchangeServerCounters::frames);
  count(&ExchangeServerCounters::data_bytes, size - data_at);
  count(&ExchangeServerCounters::carried_bytes, sent - data_at);
}

void ThreadedExchangeServer::tidy() {
  tidied_ms_ = clock_->now_ms();
  files_.close_old(tidied_ms_);
  std::erase_if(readers_, [](const auto& entry) { return !entry.second.in_turn && entry.second.flight->load() == 0; });
  if (!readers_.empty()) return;
  pool_->trim();
  unpacked_.reset();
}

}  // namespace

std::unique_ptr<ExchangeServer> ExchangeServer::start(std::unique_ptr<net::BulkSocket> socket, FileSystem& files,
                                                      ResolveExchangeName resolve, const ExchangeServerOptions& options,
                                                      const Clock& clock, Log& log) {
  require(options.total_bytes >= 2 * kMaxExchangeAnswerBytes, "an exchange server has room for two frames");
  return std::make_unique<ThreadedExchangeServer>(std::move(socket), files, std::move(resolve), options, clock, log);
}

}  // namespace sinter

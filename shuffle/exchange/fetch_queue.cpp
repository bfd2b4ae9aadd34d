// FetchQueue: the thread of an exchange client. Its functions run on that thread, with mutex_ held, unless they are public.
#include "shuffle/exchange/fetch_queue.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "base/bytes.hpp"
#include "shuffle/exchange/fetch_failure.hpp"

namespace sinter {
namespace {

/// Requests of one server on their way; a server holds more than these for one client.
constexpr std::size_t kMaxAsked = 32;
/// A server answers in order, so a request that so many later ones overtook was lost.
constexpr int kPassedMeansLost = 4;
constexpr SteadyMs kFullPipeMs = 10;
constexpr int kAnswersInARow = 64;

std::uint64_t random_id() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

constexpr const char* kCodecNames[] = {"none", "lz4", "zstd"};

/// Of deadlines, of which the first may be none (less than 0).
SteadyMs earlier(SteadyMs a, SteadyMs b) { return a < 0 ? b : std::min(a, b); }

}  // namespace

void WaitersFrame::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !taken_; });
  taken_ = true;
}

void WaitersFrame::give_back() {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  changed_.notify_one();
}

FetchQueue::FetchQueue(std::unique_ptr<net::BulkConnector> socket, const ExchangeClientOptions& options, const Clock& clock, Log& log)
    : socket_(std::move(socket)),
      options_(options),
      clock_(&clock),
      log_(&log),
      budget_("exchange budget", options.budget_bytes - options.frame_bytes),
      next_id_(options.first_request_id != 0 ? options.first_request_id : random_id()),
      thread_([this] { run(); }) {}

void FetchQueue::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    socket_->wake();
  }
  thread_.join();
  socket_->close();
  const std::lock_guard lock(mutex_);
  fail_all("the client of the exchange has stopped");
}

void FetchQueue::fail_all(const std::string& why) {
  for (auto& [endpoint, server] : servers_) {
    for (const FetchPtr& fetch : server.waiting) fail(*fetch, why);
    for (const auto& [id, asked] : server.asked) {
      for (const FetchPtr& fetch : asked.fetches) fail(*fetch, why);
    }
  }
  servers_.clear();
}

FetchQueue::Server& FetchQueue::server_at(const std::string& endpoint) {
  const auto at = servers_.find(endpoint);
  if (at != servers_.end()) return at->second;
  return servers_.emplace(endpoint, Server(options_.compress && !net::stays_on_this_host(endpoint))).first->second;
}

void FetchQueue::submit(const std::vector<FetchPtr>& fetches) {
  if (fetches.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const FetchPtr& fetch : fetches) {
    if (stopping_) fail(*fetch, "the client of the exchange has stopped");
    else server_at(fetch->endpoint).waiting.push_back(fetch);
  }
  if (!stopping_) socket_->wake();
}

Status FetchQueue::wait(const FetchPtr& fetch) {
  std::unique_lock lock(mutex_);
  if (!fetch->done) {
    // Who waits for a server keeps its entry: its fetch is in there, unless the queue has stopped.
    if (const auto at = servers_.find(fetch->endpoint); at != servers_.end()) ++at->second.waiters;
    done_.wait(lock, [&] { return fetch->done; });
    if (const auto at = servers_.find(fetch->endpoint); at != servers_.end()) --at->second.waiters;
  }
  if (fetch->error) return *fetch->error;
  return {};
}

void FetchQueue::abandon(const FetchPtr& fetch) {
  const std::lock_guard lock(mutex_);
  fetch->abandoned = true;
}

void FetchQueue::count_file(const std::string& endpoint, int change) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  Server& server = server_at(endpoint);
  server.files += change;
  server.used_ms = clock_->now_ms();
}

ExchangeClientCounters FetchQueue::counters() const {
  const std::lock_guard lock(mutex_);
  ExchangeClientCounters counters = counters_;
  counters.peak_bytes = budget_.peak_bytes();
  return counters;
}

void FetchQueue::run() {
  while (true) {
    SteadyMs deadline = kNever;
    SteadyMs now = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      now = clock_->now_ms();
      for (auto& [endpoint, server] : servers_) {
        expire(endpoint, server, now);
        ask(endpoint, server, now);
      }
      close_idle(now);
      deadline = next_deadline(now);
    }
    Status driven = socket_->wait(deadline == kNever ? kNever : std::max<SteadyMs>(deadline - now, 0));
    if (driven.ok()) driven = receive_all();
    if (driven.ok()) continue;
    log_->error("a client of the exchange stops", {{"reason", driven.error().to_string()}});
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    return fail_all(driven.error().to_string());
  }
}

Status FetchQueue::receive_all() {
  net::BulkMessage message;
  for (int taken = 0; taken < kAnswersInARow; ++taken) {
    SINTER_ASSIGN(const bool received, socket_->receive(message));
    if (!received) break;
    apply(message);
  }
  return {};
}

void FetchQueue::apply(const net::BulkMessage& message) {
  const std::optional<ExchangeAnswer> answer = decode_exchange_answer(message.bytes);  // a checksum over a megabyte: without the lock
  const std::lock_guard lock(mutex_);
  const auto at = servers_.find(message.route);
  if (at == servers_.end()) {
    ++counters_.stale_answers;
    return;
  }
  Server& server = at->second;
  std::uint64_t id = 0;
  if (answer) id = answer->id;
  // Of a damaged answer the id is most likely whole; if not, its request is found by time.
  else if (message.bytes.size() >= kExchangeHeaderBytes) id = load_fixed<std::uint64_t>(message.bytes.data() + kExchangeHeaderBytes / 2);
  const auto found = server.asked.find(id);
  ++(!answer ? counters_.bad_answers : found == server.asked.end() ? counters_.stale_answers : counters_.answers);
  if (found == server.asked.end()) return;
  const SteadyMs now = clock_->now_ms();
  Asked asked = std::move(found->second);
  for (auto earlier_one = server.asked.begin(); earlier_one != found;) {
    const auto next = std::next(earlier_one);
    if (answer && ++earlier_one->second.passed >= kPassedMeansLost) {
      ask_again(server, std::move(earlier_one->second), "its answer was lost", now);
      server.asked.erase(earlier_one);
    }
    earlier_one = next;
  }
  server.asked.erase(found);
  if (!answer) return ask_again(server, std::move(asked), "its answer came damaged", now);
  server.progress_ms = now;
  see(at->first, server, asked, *answer, now);
  if (answer->busy) return ask_again(server, std::move(asked), "the server has too many requests", now + options_.max_retry_ms);
  finish(server, asked, *answer, message);
}

/// What an answer tells of the link.
void FetchQueue::see(const std::string& endpoint, Server& server, const Asked& asked, const ExchangeAnswer& answer, SteadyMs now) {
  const ExchangeCodec before = server.policy.codec();
  server.policy.answered({asked.codec, answer.data.size(), answer.carried_bytes, server.waiters > 0}, now, !server.asked.empty());
  if (const ExchangeCodec codec = server.policy.codec(); codec != before)
    log_->debug("what another host sends is compressed otherwise from now on",
                {{"endpoint", endpoint}, {"codec", kCodecNames[static_cast<std::size_t>(codec)]}});
}

void FetchQueue::finish(Server& server, Asked& asked, const ExchangeAnswer& answer, const net::BulkMessage& message) {
  if (answer.pieces.size() != asked.fetches.size()) {
    ++counters_.bad_answers;
    return ask_again(server, std::move(asked), "its answer was to another question", clock_->now_ms());
  }
  counters_.data_bytes += answer.data.size();
  counters_.carried_bytes += answer.carried_bytes;
  const std::shared_ptr<const void> owner = answer.unpacked ? std::shared_ptr<const void>(answer.unpacked) : message.owner;
  const bool alone = asked.fetches.size() == 1;
  std::size_t at = 0;
  for (std::size_t i = 0; i < asked.fetches.size(); ++i) {
    Fetch& fetch = *asked.fetches[i];
    const std::string_view data = answer.data.substr(at, answer.pieces[i].size_bytes);
    at += data.size();
    if (fetch.abandoned) continue;
    if (alone) {
      fetch.owner = owner;
      finish_piece(fetch, answer.pieces[i], data);
    } else {
      // A small piece must not keep the whole answer.
      auto copy = std::make_shared<std::string>(data);
      const std::string_view copied = *copy;
      fetch.owner = std::move(copy);
      finish_piece(fetch, answer.pieces[i], copied);
    }
  }
  done_.notify_all();
}

void FetchQueue::finish_piece(Fetch& fetch, const PieceResult& result, std::string_view data) {
  switch (result.status) {
    case PieceStatus::Good: break;
    case PieceStatus::Unknown: return fail(fetch, "the other host does not serve this file (any more)");
    case PieceStatus::Changed: return fail(fetch, "the file has changed on the other host since it was opened");
    case PieceStatus::Failed: return fail(fetch, "the other host cannot read the file; its log says why");
  }
  const ExchangePiece& piece = fetch.piece;
  const std::uint64_t behind = piece.from_end ? result.file_bytes : result.file_bytes - std::min(piece.offset, result.file_bytes);
  const std::uint64_t expected = std::min(piece.size_bytes, behind);
  if (data.size() != expected || (piece.version != 0 && piece.version != result.version)) {
    ++counters_.bad_answers;
    return fail(fetch, "the other host sent " + std::to_string(data.size()) + " bytes where " + std::to_string(expected) + " belong");
  }
  fetch.result = result;
  fetch.data = data;
  fetch.done = true;
}

/// What fits into one request of what is due.
std::vector<FetchPtr> FetchQueue::next_request(Server& server, SteadyMs now) {
  std::vector<FetchPtr> chosen;
  std::uint64_t data_bytes = 0;
  std::size_t message_bytes = kExchangeHeaderBytes;
  std::erase_if(server.waiting, [](const FetchPtr& fetch) { return fetch->abandoned; });
  for (auto at = server.waiting.begin(); at != server.waiting.end() && chosen.size() < kMaxExchangePieces;) {
    const ExchangePiece& piece = (*at)->piece;
    if ((*at)->due_ms > now) {
      ++at;
      continue;
    }
    data_bytes += piece.size_bytes;
    message_bytes += request_bytes(piece);
    if (!chosen.empty() && (data_bytes > options_.frame_bytes || message_bytes > kMaxExchangeRequestBytes)) break;
    chosen.push_back(std::move(*at));
    at = server.waiting.erase(at);
  }
  return chosen;
}

void FetchQueue::ask(const std::string& endpoint, Server& server, SteadyMs now) {
  while (!server.waiting.empty() && server.asked.size() < kMaxAsked) {
    const Status connected = socket_->connect(endpoint);
    std::vector<FetchPtr> chosen = next_request(server, now);
    if (chosen.empty()) return;
    if (!connected.ok()) {
      for (const FetchPtr& fetch : chosen) fail(*fetch, connected.error().to_string());
      continue;
    }
    ExchangeRequest request;
    request.id = next_id_++;
    request.codec = server.policy.codec();
    for (const FetchPtr& fetch : chosen) request.pieces.push_back(fetch->piece);
    const auto message = std::make_shared<std::string>(encode_exchange_request(request));
    server.used_ms = now;
    if (socket_->send(endpoint, *message, message) != net::SendOutcome::Sent) {
      for (const FetchPtr& fetch : chosen) fetch->due_ms = now + kFullPipeMs;
      server.waiting.insert(server.waiting.begin(), chosen.begin(), chosen.end());
      return stay_unsent(endpoint, server, now);
    }
    server.unsent_since_ms = kNever;
    ++counters_.requests;
    counters_.pieces += chosen.size();
    if (server.asked.empty()) {
      server.progress_ms = now;
      server.policy.begins(now);
    }
    server.asked[request.id] = {std::move(chosen), request.codec};
  }
}

/// A connection that was refused takes nothing any more, see expire(): what waits for it counts as asked in vain.
void FetchQueue::stay_unsent(const std::string& endpoint, Server& server, SteadyMs now) {
  if (server.unsent_since_ms == kNever) server.unsent_since_ms = now;
  if (!server.asked.empty() || now - server.unsent_since_ms < options_.answer_timeout_ms) return;
  log_->warning("a server of the exchange cannot be reached", {{"endpoint", endpoint}, {"waiting", server.waiting.size()}});
  socket_->disconnect(endpoint);
  server.unsent_since_ms = kNever;
  const auto waiting = std::exchange(server.waiting, {});
  ask_again(server, {{waiting.begin(), waiting.end()}, {}}, "no connection for " + std::to_string(options_.answer_timeout_ms) + " ms", now);
}

void FetchQueue::expire(const std::string& endpoint, Server& server, SteadyMs now) {
  if (server.asked.empty() || now - server.progress_ms < options_.answer_timeout_ms) return;
  log_->warning("a server of the exchange does not answer",
                {{"endpoint", endpoint}, {"requests", server.asked.size()}, {"silent_ms", now - server.progress_ms}});
  // A connection that was refused once is never tried again by ZeroMQ 4.3.4: the next request makes a new one.
  socket_->disconnect(endpoint);
  server.policy.interrupted();
  const auto asked = std::exchange(server.asked, {});
  for (auto at = asked.rbegin(); at != asked.rend(); ++at) {
    ask_again(server, at->second, "no answer for " + std::to_string(options_.answer_timeout_ms) + " ms", now);
  }
}

void FetchQueue::ask_again(Server& server, Asked asked, const std::string& why, SteadyMs from_ms) {
  for (auto at = asked.fetches.rbegin(); at != asked.fetches.rend(); ++at) {
    Fetch& fetch = **at;
    if (fetch.abandoned) continue;
    if (++fetch.failures >= options_.attempts) {
      fail(fetch, why + ", after " + std::to_string(fetch.failures) + " attempts");
      continue;
    }
    ++counters_.repeated_pieces;
    fetch.due_ms = from_ms + std::min(options_.max_retry_ms, options_.first_retry_ms << std::min<std::size_t>(fetch.failures - 1, 20));
    server.waiting.push_front(std::move(*at));
  }
}

void FetchQueue::fail(Fetch& fetch, const std::string& what) {
  fetch.error = fetch_error({fetch.endpoint, fetch.piece.name}, what);
  fetch.done = true;
  done_.notify_all();
}

void FetchQueue::close_idle(SteadyMs now) {
  for (auto at = servers_.begin(); at != servers_.end();) {
    const Server& server = at->second;
    const bool idle = server.files <= 0 && server.waiting.empty() && server.asked.empty();
    if (idle && now - server.used_ms >= options_.idle_connection_ms) {
      socket_->disconnect(at->first);
      at = servers_.erase(at);
    } else {
      ++at;
    }
  }
}

SteadyMs FetchQueue::next_deadline(SteadyMs now) const {
  SteadyMs deadline = kNever;
  for (const auto& [endpoint, server] : servers_) {
    if (!server.asked.empty()) deadline = earlier(deadline, server.progress_ms + options_.answer_timeout_ms);
    if (server.asked.size() < kMaxAsked) {
      for (const FetchPtr& fetch : server.waiting) deadline = earlier(deadline, std::max(fetch->due_ms, now));
    }
    if (server.files <= 0 && server.waiting.empty() && server.asked.empty())
      deadline = earlier(deadline, server.used_ms + options_.idle_connection_ms);
  }
  return deadline;
}

}  // namespace sinter

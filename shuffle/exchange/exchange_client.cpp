// ExchangeClient: openings, of which some were begun beforehand. Any thread.
#include "shuffle/exchange/exchange_client.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/fetch_queue.hpp"
#include "shuffle/exchange/remote_file.hpp"

namespace sinter {
namespace {

class QueuedExchangeClient final : public ExchangeClient {
 public:
  explicit QueuedExchangeClient(std::shared_ptr<FetchQueue> queue) : queue_(std::move(queue)) {}
  QueuedExchangeClient(const QueuedExchangeClient&) = delete;
  QueuedExchangeClient& operator=(const QueuedExchangeClient&) = delete;
  ~QueuedExchangeClient() override {
    begun_.clear();
    queue_->stop();
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& endpoint, const std::string& name) override;
  void prefetch(const std::string& endpoint, const std::vector<std::string>& names) override;
  void stop() override { queue_->stop(); }
  ExchangeClientCounters counters() const override { return queue_->counters(); }

 private:
  std::optional<OpeningFetch> take_begun(const std::string& endpoint, const std::string& name);
  OpeningFetch plan(const std::string& endpoint, const std::string& name);

  std::shared_ptr<FetchQueue> queue_;
  std::mutex mutex_;  // begun_
  std::map<std::pair<std::string, std::string>, OpeningFetch> begun_;
};

std::optional<OpeningFetch> QueuedExchangeClient::take_begun(const std::string& endpoint, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = begun_.find({endpoint, name});
  if (at == begun_.end()) return std::nullopt;
  OpeningFetch opening = std::move(at->second);
  begun_.erase(at);
  return opening;
}

OpeningFetch QueuedExchangeClient::plan(const std::string& endpoint, const std::string& name) {
  const std::uint64_t tail_bytes = queue_->options().tail_bytes;
  if (auto opening = plan_opening(*queue_, endpoint, name, tail_bytes)) return std::move(*opening);
  {
    // Who opens now goes before what was only a hint.
    const std::lock_guard lock(mutex_);
    for (const auto& [key, opening] : begun_) {
      queue_->abandon(opening.head);
      queue_->abandon(opening.tail);
    }
    begun_.clear();
  }
  if (auto opening = plan_opening(*queue_, endpoint, name, tail_bytes)) return std::move(*opening);
  return std::move(*plan_opening(*queue_, endpoint, name, 0));
}

Result<std::unique_ptr<ReadableFile>> QueuedExchangeClient::open(const std::string& endpoint, const std::string& name) {
  if (!good_exchange_name(name)) {
    return internal_error("'" + name.substr(0, kMaxExchangeNameBytes) + "' cannot be the name of a file between hosts (at most " +
                          std::to_string(kMaxExchangeNameBytes) + " bytes, kMaxExchangeNameBytes)");
  }
  if (auto begun = take_begun(endpoint, name)) return finish_opening(queue_, std::move(*begun));
  OpeningFetch opening = plan(endpoint, name);
  queue_->submit({opening.head, opening.tail});
  return finish_opening(queue_, std::move(opening));
}

void QueuedExchangeClient::prefetch(const std::string& endpoint, const std::vector<std::string>& names) {
  std::vector<FetchPtr> fetches;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names) {
      if (!good_exchange_name(name) || begun_.contains({endpoint, name})) continue;
      auto opening = plan_opening(*queue_, endpoint, name, queue_->options().tail_bytes);
      if (!opening) break;
      fetches.push_back(opening->head);
      fetches.push_back(opening->tail);
      begun_.emplace(std::pair{endpoint, name}, std::move(*opening));
    }
  }
  queue_->submit(fetches);
}

}  // namespace

std::unique_ptr<ExchangeClient> ExchangeClient::start(std::unique_ptr<net::BulkConnector> socket, const ExchangeClientOptions& options,
                                                      const Clock& clock, Log& log) {
  require(options.frame_bytes >= 64 * kKiB && options.frame_bytes <= kMaxExchangeFrameBytes, "a frame of the exchange has a usual size");
  require(options.budget_bytes >= kMinBudgetFrames * options.frame_bytes, "an exchange client has room for its frames");
  require(options.tail_bytes <= options.frame_bytes && options.attempts > 0, "an exchange client opens files with a frame and an attempt");
  return std::make_unique<QueuedExchangeClient>(std::make_shared<FetchQueue>(std::move(socket), options, clock, log));
}

}  // namespace sinter

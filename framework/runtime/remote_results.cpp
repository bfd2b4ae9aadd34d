// RemoteResults over the exchange.
#include "framework/runtime/remote_results.hpp"

#include <algorithm>

#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"

namespace sinter {
namespace {

constexpr std::size_t kFetchTries = 3;
constexpr SteadyMs kFetchAnswerMs = 1'500;

}  // namespace

std::string exchange_name(const net::PublicKey& run_key, const std::string& name) {
  return net::key_characters(run_key.bytes) + "/" + name;
}

RemoteResults::RemoteResults(std::shared_ptr<const net::KeyPair> run_key, std::uint64_t budget_bytes, const Clock& clock, Log& log)
    : run_key_(std::move(run_key)), budget_bytes_(budget_bytes), clock_(clock), log_(log) {}

RemoteResults::~RemoteResults() = default;

net::SocketSecurity RemoteResults::security_of(const std::string& endpoint) const {
  const std::lock_guard lock(mutex_);
  const auto node = nodes_.find(endpoint);
  // open() has put it there before it asks for a connection.
  return node == nodes_.end() ? net::SocketSecurity{} : net::SocketSecurity::for_connection(run_key_, node->second);
}

void RemoteResults::stop() {
  ExchangeClient* client = nullptr;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    client = client_.get();
  }
  // Without the lock: its thread asks for keys.
  if (client != nullptr) client->stop();
}

Status RemoteResults::connect() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return environment_error("nothing more is fetched", false);
  if (client_) return {};
  SINTER_ASSIGN(std::unique_ptr<net::BulkConnector> socket,
                net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes, [this](const std::string& of) { return security_of(of); }));
  ExchangeClientOptions options;
  // Whoever cannot be reached is tried again by the scheduler, with another attempt.
  options.attempts = kFetchTries;
  options.answer_timeout_ms = kFetchAnswerMs;
  options.budget_bytes = std::max(budget_bytes_, kMinBudgetFrames * options.frame_bytes);
  client_ = ExchangeClient::start(std::move(socket), options, clock_, log_);
  return {};
}

/// From now on connections to its endpoint expect its node there.
Status RemoteResults::know(const Place& place) {
  SINTER_ASSIGN(const net::PublicKey node, net::parse_public_key(place.endpoint_key));
  SINTER_TRY(connect());
  const std::lock_guard lock(mutex_);
  nodes_.insert_or_assign(place.endpoint, node);
  return {};
}

void RemoteResults::prefetch(const std::vector<Place>& places) {
  std::map<std::string, std::vector<std::string>> names;
  for (const Place& place : places)
    if (!place.endpoint.empty() && know(place).ok()) names[place.endpoint].push_back(exchange_name(run_key_->public_key, place.name));
  for (const auto& [endpoint, of] : names) client_->prefetch(endpoint, of);
}

Result<std::unique_ptr<ReadableFile>> RemoteResults::open(const Place& place) {
  if (place.endpoint.empty())
    return environment_error("'" + place.name + "' is on the host '" + place.host + "', which serves no files to others");
  SINTER_TRY(know(place));
  return client_->open(place.endpoint, exchange_name(run_key_->public_key, place.name));
}

}  // namespace sinter

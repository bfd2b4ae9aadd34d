// RemoteResults: reads what attempts have left on other hosts, for one job: with the job's key, from nodes whose keys are known. Any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/net/curve_key.hpp"
#include "base/net/socket_security.hpp"
#include "framework/runtime/placed_files.hpp"

namespace sinter {

class ExchangeClient;

/// Bytes that may be asked for and not read yet, when nobody says.
inline constexpr std::uint64_t kRemoteBudgetBytes = 16u << 20;

/// What a node's exchange calls a file of a job: who does not know the job's key cannot name it.
std::string exchange_name(const net::PublicKey& run_key, const std::string& name);

class RemoteResults {
 public:
  /// `run_key`: the job's own pair. `clock` and `log` outlive it. Nothing is connected before the first open().
  RemoteResults(std::shared_ptr<const net::KeyPair> run_key, std::uint64_t budget_bytes, const Clock& clock, Log& log);
  ~RemoteResults();
  RemoteResults(const RemoteResults&) = delete;
  RemoteResults& operator=(const RemoteResults&) = delete;

  /// See ExchangeClient::open().
  Result<std::unique_ptr<ReadableFile>> open(const Place& place);
  /// Whatever waits, and all that is asked for from now on, fails.
  void stop();
  /// These will be opened soon: asks for many at once. A hint.
  void prefetch(const std::vector<Place>& places);

 private:
  net::SocketSecurity security_of(const std::string& endpoint) const;
  Status connect();
  Status know(const Place& place);

  const std::shared_ptr<const net::KeyPair> run_key_;
  const std::uint64_t budget_bytes_;
  const Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;
  std::map<std::string, net::PublicKey> nodes_;  // under mutex_: by endpoint
  bool stopped_ = false;                         // under mutex_
  std::unique_ptr<ExchangeClient> client_;       // under mutex_ until it is there; last, as it asks for nodes_
};

}  // namespace sinter

// ServedRuns over the exchange's server. A name begins with the job's public key, which is told to nobody outside the job.
#include "framework/cluster/served_runs.hpp"

#include "base/net/bulk_socket.hpp"
#include "base/net/local_address.hpp"
#include "framework/runtime/remote_results.hpp"
#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/exchange_server.hpp"

namespace sinter::cluster {

Result<std::unique_ptr<ServedRuns>> ServedRuns::open(const std::string& tracker, std::shared_ptr<const net::KeyPair> own,
                                                     FileSystem& files, const Clock& clock, Log& log) {
  SINTER_ASSIGN(const std::string address, net::local_address_towards(tracker));
  return listen("tcp://" + address + ":*", std::move(own), files, clock, log);
}

Result<std::unique_ptr<ServedRuns>> ServedRuns::listen(const std::string& endpoint, std::shared_ptr<const net::KeyPair> own,
                                                       FileSystem& files, const Clock& clock, Log& log) {
  std::unique_ptr<ServedRuns> served(new ServedRuns);
  SINTER_ASSIGN(std::unique_ptr<net::BulkSocket> socket,
                net::make_zmq_bulk_listener(endpoint, kMaxExchangeRequestBytes,
                                            net::SocketSecurity::for_listener(std::move(own), served->allowed_)));
  ExchangeServerOptions options;
  options.may_ask = [allowed = served->allowed_](const std::string& key) {
    const auto parsed = net::parse_public_key(key);
    return parsed.ok() && allowed->allows(*parsed);
  };
  served->server_ = ExchangeServer::start(
      std::move(socket), files, [of = served.get()](const std::string& name) { return of->resolve(name); }, options, clock, log);
  return served;
}

ServedRuns::~ServedRuns() = default;

const std::string& ServedRuns::endpoint() const { return server_->endpoint(); }

void ServedRuns::add(RunId run, const net::PublicKey& run_key, std::string directory) {
  add(run, run_key,
      [directory = std::move(directory)](const std::string& name) -> Result<std::string> { return directory + "/" + name; });
}

void ServedRuns::add(RunId run, const net::PublicKey& run_key, PathOfName path_of) {
  remove(run);
  const std::lock_guard lock(mutex_);
  runs_[run] = {run_key, std::move(path_of)};
  by_name_[net::key_characters(run_key.bytes)] = run;
  allowed_->allow(run_key);
}

void ServedRuns::remove(RunId run) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  allowed_->remove(found->second.key);
  by_name_.erase(net::key_characters(found->second.key.bytes));
  runs_.erase(found);
}

/// The exchange has refused names that lead out of a directory.
Result<std::string> ServedRuns::resolve(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const std::size_t slash = name.find('/');
  const auto run = by_name_.find(std::string_view(name).substr(0, slash));
  if (slash == std::string::npos || run == by_name_.end()) return environment_error("nothing is served under this name");
  return runs_.at(run->second).path_of(name.substr(slash + 1));
}

}  // namespace sinter::cluster

// ServedRuns: which files a node serves to others: those of the jobs it works for, to who holds the key of the job. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/allowed_keys.hpp"
#include "base/net/curve_key.hpp"
#include "framework/cluster/message_kinds.hpp"

namespace sinter {
class ExchangeServer;
}

namespace sinter::cluster {

/// The path of what is served under a name, or an error.
using PathOfName = std::function<Result<std::string>(const std::string& name)>;

class ServedRuns {
 public:
  /// Listens at an address of this host that the tracker's host reaches too. `files`, `clock` and `log` outlive it. Errors: no way there,
  /// no socket.
  static Result<std::unique_ptr<ServedRuns>> open(const std::string& tracker, std::shared_ptr<const net::KeyPair> own, FileSystem& files,
                                                  const Clock& clock, Log& log);
  /// Listens there: "tcp://0.0.0.0:*".
  static Result<std::unique_ptr<ServedRuns>> listen(const std::string& endpoint, std::shared_ptr<const net::KeyPair> own, FileSystem& files,
                                                    const Clock& clock, Log& log);
  ~ServedRuns();
  ServedRuns(const ServedRuns&) = delete;
  ServedRuns& operator=(const ServedRuns&) = delete;

  const std::string& endpoint() const;
  /// Files below `directory` from now on, to the holder of this job's key and to nobody else.
  void add(RunId run, const net::PublicKey& run_key, std::string directory);
  /// The same for what `path_of` gives for names; it is called on another thread.
  void add(RunId run, const net::PublicKey& run_key, PathOfName path_of);
  void remove(RunId run);

 private:
  struct Run {
    net::PublicKey key;
    PathOfName path_of;
  };

  ServedRuns() = default;
  Result<std::string> resolve(const std::string& name) const;

  std::shared_ptr<net::AllowedKeys> allowed_ = std::make_shared<net::AllowedKeys>();
  mutable std::mutex mutex_;
  std::map<RunId, Run> runs_;                          // under mutex_
  std::map<std::string, RunId, std::less<>> by_name_;  // under mutex_: by the first part of exchange_name()
  std::unique_ptr<ExchangeServer> server_;             // last: it asks the others
};

}  // namespace sinter::cluster

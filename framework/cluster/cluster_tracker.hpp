// The tracker of a cluster: one process that nodes join and clients submit jobs to. run_tracker() blocks its thread; each job has a thread
// of its own beside it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/curve_key.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "framework/access/gatekeeper.hpp"
#include "framework/cluster/cluster_run.hpp"
#include "framework/control/cluster.hpp"

namespace sinter::cluster {

/// What a tracker keeps of clients' files when nobody says.
inline constexpr std::uint64_t kDefaultFilesQuotaBytes = 64ull << 30;

struct TrackerOptions {
  std::string listen;             // "tcp://127.0.0.1:7077"; port * chooses one
  std::string data_directory;     // private to its user, and there
  std::shared_ptr<const net::KeyPair> key;
  Gatekeeper& gatekeeper;         // whom we let in
  std::string host;               // see NodeOptions
  ClusterOptions sharing;         // of slots among jobs
  ClusterJobFactory factory;
  FileSystem& files;
  const Clock& clock;
  Log& log;
  std::uint64_t files_quota_bytes = kDefaultFilesQuotaBytes;  // of what clients send, at most so much is kept
  std::uint16_t files_port = 0;           // where it is served; 0: the one it had before, or any
  std::function<Timestamp()> wall_clock;  // for tokens, which expire
  const std::atomic<bool>& stop;  // set by anyone: running jobs end, then it ends
  /// Looked at when it stops. True: jobs are not cancelled but go on when a tracker is started with the same data.
  std::function<bool()> pause;
  /// On run_tracker()'s thread: the endpoint is open. An error ends the tracker before it touches a job.
  std::function<Status(const std::string& endpoint)> on_listening = {};
  std::string version = {};      // of sinter, for those who look
  std::string http_listen = {};  // "127.0.0.1:7078": status and metrics for whoever reaches it; empty: nowhere
  /// The same for HTTP.
  std::function<void(const std::string& address)> on_http_listening = {};
};

/// Serves nodes and clients until `stop`. Errors: the endpoint, the data directory.
Status run_tracker(const TrackerOptions& options);

}  // namespace sinter::cluster

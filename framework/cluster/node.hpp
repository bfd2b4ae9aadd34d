// The node of a cluster: one process per host, which spawns workers for its tracker and keeps what they leave. run_node() blocks its
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::cluster {

struct NodeOptions {
  std::string tracker;            // "tcp://address:port"
  net::SocketSecurity security;   // see Identity
  std::string name;               // for people
  std::string host;               // nodes with the same see each other's files; see host_identity()
  std::uint32_t slots = 1;        // workers at once
  std::uint64_t memory_bytes = 0; // for all of them together, as told to people
  std::string scratch_directory;  // jobs get directories in one of our own in it
  std::uint64_t scratch_limit_bytes = 0;  // for files of all jobs; 0: as much as the disk has, see ScratchQuota
  bool native_code = false;       // run that of jobs, with this process's rights
  std::uint64_t identity = 0;     // drawn at random: another one for each start
  WorkerProgram worker;
  FileSystem& files;
  const Clock& clock;
  Log& log;
  const std::atomic<bool>& stop;  // set by anyone: end soon
  /// Looked at when it is to stop. True: it takes no more work, and ends when its attempts have ended and no job needs what it keeps, or
  /// when drain_ms are over.
  std::function<bool()> drain = {};
  std::int64_t drain_ms = 60'000;
  /// The tracker has taken us; on run_node()'s thread.
  std::function<void()> on_joined = {};
};

/// Serves the tracker until `stop`. A tracker that goes away ends its jobs' workers here, and is tried again. Errors: the scratch
/// directory, a tracker that refuses us.
Status run_node(const NodeOptions& options);

/// A text that processes have in common when they run on one machine and see the same files: boot, mount namespace.
std::string host_identity();

}  // namespace sinter::cluster

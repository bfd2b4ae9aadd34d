// The client of a cluster: submits a job to its tracker and watches it. Each call blocks its thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"
#include "framework/cluster/admin_messages.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::cluster {

struct ClientOptions {
  std::string tracker;  // "tcp://address:port"
  net::SocketSecurity security;  // see Identity
  const Clock& clock;
  Log& log;
  const std::atomic<bool>* cancel = nullptr;  // set by anyone: the job is cancelled; may be null
  std::int64_t timeout_ms = 5'000;            // for the tracker's first answer
};

class ClientConnection;

/// Runs the job on the cluster and waits for its end; a client that goes away cancels it. Errors: the job's, or the tracker cannot be
/// reached.
Result<JobReport> run_on_cluster(ClientConnection& tracker, Submit submit, const std::function<void(const JobProgress&)>& on_progress);
/// Submits the job and leaves it to the tracker.
Result<RunId> submit_to_cluster(ClientConnection& tracker, Submit submit);
/// Cancels a job; its line as it is then.
Result<RunLine> cancel_on_cluster(const ClientOptions& options, RunId run);
/// The node of this name or number is to leave in good order: how it was when it was told. Errors: there is none.
Result<NodeLine> drain_node(const ClientOptions& options, const std::string& node);

/// With the security of an administrator: the text of a new join token. A secret.
Result<std::string> create_token(const ClientOptions& options, const CreateToken& wanted);
/// Members and tokens that are left.
Result<AccessList> list_access(const ClientOptions& options);
Result<AccessList> revoke_access(const ClientOptions& options, const RevokeAccess& revoke);

}  // namespace sinter::cluster

// Worker: runs one attempt at a time for a tracker. The calling thread owns the transport and beats; user code runs on a thread of its
// own, so that a long record does not look like death. The same code serves processes and, in-process, threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/transport.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/control/task_id.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter {

/// Makes the factory of a job that sees these files instead of this host's.
using JobFactoryOver = std::function<JobFactory(FileSystem& files)>;

struct WorkerOptions {
  WorkerId worker = 0;
  const JobFactory& factory;
  FileSystem& files;
  const Clock& clock;
  Log& log;
  AttemptJudge judge_attempt = {};  // see RunOptions
  bool owns_process = false;        // then its memory is limited, and it goes to the job's working directory
  JobFactoryOver factory_over = {};  // empty: `factory` looks into no files
  std::string memory_group = {};    // see join_memory_group(); empty: its process alone is limited
  bool is_in_group = false;         // else it joins it
};

/// Serves the tracker at the other end of `transport` until it says stop or is gone. Errors: the transport failed.
Status run_worker(net::Transport& transport, const WorkerOptions& options);

/// A worker process: what `<program> worker <endpoint> <worker id>` calls. Returns the exit status. Logs to standard error.
/// `memory_place`: see memory_group_of(); empty: none.
int worker_main(const std::string& endpoint, WorkerId worker, const JobFactory& factory, const JobFactoryOver& factory_over = {},
                const std::string& memory_place = {});

/// What a standby worker is told at last: the place of one that was started for it.
struct StandbyOrder {
  std::string output_path;  // for its standard output and error
  std::string endpoint;
  WorkerId worker = 0;
};
std::string encode_order(const StandbyOrder& order);
/// Nothing: it is not whole.
std::optional<StandbyOrder> decode_order(std::string_view bytes);

/// A worker process that was started before a job needs it. It joins its memory group, if it has one, waits on standard input for a
/// StandbyOrder, and is then what worker_main() is. Returns the exit status; good when the input ends without an order.
int standby_main(const JobFactory& factory, const JobFactoryOver& factory_over, const std::string& memory_group);

/// The name of its process, as `ps` shows it, while it waits.
inline constexpr const char* kStandbyName = "sinter-standby";

/// The transport settings both ends use for control messages.
net::TransportOptions control_transport_options();

/// Peak resident memory of this process since it was started. 0 when the system does not say.
std::uint64_t peak_memory_bytes();

}  // namespace sinter

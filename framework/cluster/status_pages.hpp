// Status pages: what a tracker answers to a path, the same over HTTP and to its clients. Called on the tracker's thread; the pages are pure
// but for files of jobs. Format page: docs/formats/status.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/job_view.hpp"
#include "framework/http/http_server.hpp"

namespace sinter::cluster {

/// The bytes of an answer; lines of logs stop before it.
inline constexpr std::size_t kMaxStatusBodyBytes = 4u << 20;

struct ClusterFacts {
  std::string version;
  std::string started_at;
  std::int64_t up_ms = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t queued_posts = 0;  // of threads of jobs to the tracker's
};

struct JobFacts {
  RunLine line;
  JobProgress progress;
  std::optional<JobReport> report;      // of one that is done
  std::shared_ptr<const JobView> view;  // null: it has ended
  std::string directory;
};

/// What the pages are made of.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  virtual ClusterFacts cluster() const = 0;
  virtual std::vector<NodeLine> nodes() const = 0;  // by number
  virtual std::vector<RunLine> jobs() const = 0;    // newest first
  virtual std::optional<JobFacts> job(RunId run) const = 0;
  virtual const ClusterTotals& totals() const = 0;
  virtual FileSystem& files() const = 0;
};

/// Always an answer: 400 for a path or query that is wrong, 404 for what is not there, 410 for what is there no more.
HttpAnswer answer_status(const StatusSource& source, const std::string& path);

/// "/metrics": Prometheus' text format.
std::string metrics_page(const StatusSource& source);

struct NodeSums {
  std::uint64_t nodes = 0, slots = 0, busy = 0;
};
NodeSums sum_nodes(const StatusSource& source);

inline constexpr RunState kRunStates[] = {RunState::Running, RunState::Waiting, RunState::Done, RunState::Failed, RunState::Cancelled};
std::uint64_t count_jobs(const std::vector<RunLine>& jobs, RunState state);
/// "running", "waiting", "done", "failed", "cancelled".
std::string_view to_string(RunState state);

}  // namespace sinter::cluster

// The client of a cluster: one connection for each call.
#include "framework/cluster/cluster_client.hpp"

#include <algorithm>

#include "framework/cluster/transport_options.hpp"

namespace sinter::cluster {
namespace {

/// How long a request to cancel may go unseen.
constexpr std::int64_t kCancelLookMs = 50;
constexpr std::int64_t kGoodbyeMs = 200;
/// How long a client waits for a tracker that restarts.
constexpr SteadyMs kTrackerReturnMs = 30'000;

class Client {
 public:
  explicit Client(const ClientOptions& options) : options_(options) {}
  ~Client() {
    if (transport_) (void)transport_->close(kGoodbyeMs);  // what was asked for has been answered
  }

  Status open() {
    SINTER_ASSIGN(transport_, net::connect(options_.tracker, cluster_transport_options(options_.security), options_.clock, options_.log));
    return {};
  }

  template <class T>
  Status tell(const T& message) {
    return transport_->send(net::kListener, pack(message));
  }

  /// The next message; nothing when the time is over. Errors: the tracker refused what was asked for, or is gone.
  Result<std::optional<net::Message>> hear(std::int64_t timeout_ms) {
    SINTER_ASSIGN(std::optional<net::Event> event, transport_->receive(timeout_ms));
    if (!event) return std::optional<net::Message>();
    if (event->kind == net::EventKind::PeerLost) {
      lost_at_ms_ = options_.clock.now_ms();
      options_.log.warning("lost the tracker; waiting for it", {{"tracker", options_.tracker}, {"reason", event->reason}});
    }
    if (event->kind == net::EventKind::PeerJoined && lost_at_ms_) {
      lost_at_ms_.reset();
      if (watched_) SINTER_TRY(tell(WatchRun{*watched_}));
    }
    if (event->kind != net::EventKind::Message) return std::optional<net::Message>();
    if (event->message.kind == static_cast<std::uint16_t>(Kind::Refused)) {
      SINTER_ASSIGN(const Refused refused, unpack<Refused>(event->message));
      return refused.error.error();
    }
    return std::optional<net::Message>(std::move(event->message));
  }

  /// The answer of this type, which comes within timeout_ms or is an error.
  template <class T>
  Result<T> answer() {
    const SteadyMs deadline = options_.clock.now_ms() + options_.timeout_ms;
    while (true) {
      const SteadyMs left = deadline - options_.clock.now_ms();
      if (left <= 0)
        return environment_error("no tracker answered at " + options_.tracker + " within " + std::to_string(options_.timeout_ms) + " ms")
            .with_hint(
                "Is it running there, and does it still know this user? `sinter tracker` prints its address; who was removed gets no "
                "answer");
      SINTER_ASSIGN(const std::optional<net::Message> message, hear(left));
      if (message) return unpack<T>(*message);
    }
  }

  Result<JobReport> watch(RunId run, const std::function<void(const JobProgress&)>& on_progress) {
    bool cancelled = false;
    watched_ = run;
    while (true) {
      if (lost_at_ms_ && options_.clock.now_ms() - *lost_at_ms_ >= kTrackerReturnMs)
        return environment_error("lost the tracker at " + options_.tracker + ", and it did not come back within " +
                                 std::to_string(kTrackerReturnMs) + " ms")
            .with_hint("When it runs again it goes on with the job, or cancels it if nobody watches");
      if (!cancelled && options_.cancel != nullptr && options_.cancel->load()) {
        cancelled = true;
        SINTER_TRY(tell(CancelRun{run}));
      }
      SINTER_ASSIGN(const std::optional<net::Message> message, hear(kCancelLookMs));
      if (!message) continue;
      if (message->kind == static_cast<std::uint16_t>(Kind::RunProgress)) {
        SINTER_ASSIGN(const RunProgress told, unpack<RunProgress>(*message));
        if (on_progress) on_progress(told.progress);
      } else if (message->kind == static_cast<std::uint16_t>(Kind::RunEnded)) {
        SINTER_ASSIGN(RunEnded ended, unpack<RunEnded>(*message));
        if (!ended.report) return ended.error.error();
        return std::move(*ended.report);
      }
    }
  }

 private:
  const ClientOptions& options_;
  std::unique_ptr<net::Transport> transport_;
  std::optional<RunId> watched_;
  std::optional<SteadyMs> lost_at_ms_;
};

template <class Answer, class Question>
Result<Answer> ask(const ClientOptions& options, const Question& question) {
  Client client(options);
  SINTER_TRY(client.open());
  SINTER_TRY(client.tell(question));
  return client.answer<Answer>();
}

}  // namespace

Result<JobReport> run_on_cluster(const ClientOptions& options, Submit submit, const std::function<void(const JobProgress&)>& on_progress) {
  submit.watch = true;
  Client client(options);
  SINTER_TRY(client.open());
  SINTER_TRY(client.tell(submit));
  SINTER_ASSIGN(const Submitted submitted, client.answer<Submitted>());
  return client.watch(submitted.run, on_progress);
}

Result<RunId> submit_to_cluster(const ClientOptions& options, Submit submit) {
  submit.watch = false;
  SINTER_ASSIGN(const Submitted submitted, ask<Submitted>(options, submit));
  return submitted.run;
}

Result<RunLine> cancel_on_cluster(const ClientOptions& options, RunId run) {
  SINTER_ASSIGN(RunList list, ask<RunList>(options, CancelRun{run}));
  if (list.runs.size() != 1) return internal_error("the tracker answered with " + std::to_string(list.runs.size()) + " jobs");
  return std::move(list.runs.front());
}

Result<std::vector<RunLine>> list_runs(const ClientOptions& options) {
  SINTER_ASSIGN(RunList list, ask<RunList>(options, ListRuns{}));
  return std::move(list.runs);
}

Result<NodeLine> drain_node(const ClientOptions& options, const std::string& node) {
  SINTER_ASSIGN(NodeList list, ask<NodeList>(options, DrainNode{node}));
  if (list.nodes.size() != 1) return internal_error("the tracker answered with " + std::to_string(list.nodes.size()) + " nodes");
  return std::move(list.nodes.front());
}

Result<std::vector<NodeLine>> list_nodes(const ClientOptions& options) {
  SINTER_ASSIGN(NodeList list, ask<NodeList>(options, ListNodes{}));
  return std::move(list.nodes);
}

Result<std::string> create_token(const ClientOptions& options, const CreateToken& wanted) {
  SINTER_ASSIGN(TokenMade made, ask<TokenMade>(options, wanted));
  return std::move(made.token);
}

Result<AccessList> list_access(const ClientOptions& options) { return ask<AccessList>(options, ListAccess{}); }

Result<AccessList> revoke_access(const ClientOptions& options, const RevokeAccess& revoke) { return ask<AccessList>(options, revoke); }

}  // namespace sinter::cluster

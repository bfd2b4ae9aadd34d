// ClientConnection: a transport and what was asked over it. One thread.
#include "framework/cluster/client_connection.hpp"

#include <algorithm>

#include "framework/cluster/transport_options.hpp"
#include "framework/control/events.hpp"

namespace sinter::cluster {
namespace {

constexpr std::int64_t kGoodbyeMs = 200;
constexpr const char* kAfterwards =
    "When the tracker runs again it goes on with the job if it has it (`sinter job list`), or cancels it if nobody watches";

}  // namespace

ClientConnection::~ClientConnection() {
  if (transport_) (void)transport_->close(kGoodbyeMs);  // what was asked for has been answered
}

Status ClientConnection::open() {
  SINTER_ASSIGN(transport_, net::connect(options_.tracker, cluster_transport_options(options_.security), options_.clock, options_.log));
  return {};
}

Result<std::optional<net::Message>> ClientConnection::hear(std::int64_t timeout_ms) {
  SINTER_ASSIGN(std::optional<net::Event> event, transport_->receive(timeout_ms));
  if (!event) {
    if (lost_at_ms_ && options_.clock.now_ms() - *lost_at_ms_ >= kTrackerReturnMs)
      return environment_error("lost the tracker at " + options_.tracker + ", and it did not come back within " +
                                   std::to_string(kTrackerReturnMs) + " ms",
                               false)
          .with_hint(kAfterwards);
    return std::optional<net::Message>();
  }
  if (event->kind == net::EventKind::PeerLost) {
    lost_at_ms_ = options_.clock.now_ms();
    options_.log.warning("lost the tracker; waiting for it", {{"tracker", options_.tracker}, {"reason", event->reason}});
  }
  if (event->kind == net::EventKind::PeerJoined) {
    ++meetings_;
    if (lost_at_ms_ && watched_) SINTER_TRY(tell(WatchRun{*watched_}));
    lost_at_ms_.reset();
  }
  if (event->kind != net::EventKind::Message) return std::optional<net::Message>();
  if (event->message.kind == static_cast<std::uint16_t>(Kind::Refused)) {
    SINTER_ASSIGN(const Refused refused, unpack<Refused>(event->message));
    return refused.error.error();
  }
  return std::optional<net::Message>(std::move(event->message));
}

Error ClientConnection::no_answer() const {
  return environment_error("no tracker answered at " + options_.tracker + " within " + std::to_string(options_.timeout_ms) + " ms")
      .with_hint(
          "Is it running there, and does it still know this user? `sinter tracker` prints its address; who was removed gets no answer");
}

Result<RunId> ClientConnection::submit(const Submit& wanted) {
  require(wanted.submission != 0, "a job that is said again has a number to be known by");
  SINTER_TRY(tell(wanted));
  const SteadyMs deadline = options_.clock.now_ms() + options_.timeout_ms;
  // What is told before the first meeting waits for it; what is told in one is answered or lost with it.
  std::uint64_t told = std::max<std::uint64_t>(meetings_, 1);
  while (meetings_ > 0 || options_.clock.now_ms() < deadline) {
    if (lost_at_ms_ && is_cancelled()) return environment_error(std::string(kCancelledMessage), false).with_hint(kAfterwards);
    SINTER_ASSIGN(const std::optional<net::Message> message, hear(kCancelLookMs));
    if (message && message->kind == static_cast<std::uint16_t>(Kind::Submitted)) {
      SINTER_ASSIGN(const Submitted submitted, unpack<Submitted>(*message));
      return submitted.run;
    }
    if (meetings_ <= told) continue;
    told = meetings_;
    SINTER_TRY(tell(wanted));
  }
  return no_answer();
}

Result<JobReport> ClientConnection::watch(RunId run, const std::function<void(const JobProgress&)>& on_progress) {
  bool cancelled = false;
  watched_ = run;
  while (true) {
    if (!cancelled && is_cancelled()) {
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
      watched_.reset();
      if (!ended.report) return ended.error.error();
      return std::move(*ended.report);
    }
  }
}

}  // namespace sinter::cluster

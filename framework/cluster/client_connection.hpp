// ClientConnection: what a client of a cluster says to its tracker and hears from it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/net/transport.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/cluster_client.hpp"

namespace sinter::cluster {

/// How long a request to cancel may go unseen.
inline constexpr std::int64_t kCancelLookMs = 50;
/// How long a client waits for a tracker that restarts.
inline constexpr SteadyMs kTrackerReturnMs = 30'000;

class ClientConnection {
 public:
  explicit ClientConnection(const ClientOptions& options) : options_(options) {}
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  Status open();

  template <class T>
  Status tell(const T& message) { return transport_->send(net::kListener, pack(message)); }

  /// The next message; nothing when the time is over. Errors: the tracker refused what was asked for, or is gone for good.
  Result<std::optional<net::Message>> hear(std::int64_t timeout_ms);
  /// How often the tracker has been found: more than before means that what it was told since may be lost.
  std::uint64_t meetings() const { return meetings_; }
  bool is_cancelled() const { return options_.cancel != nullptr && options_.cancel->load(); }

  /// The answer of this type, which comes within timeout_ms or is an error.
  template <class T>
  Result<T> answer();
  template <class T, class Question>
  Result<T> ask(const Question& question) {
    SINTER_TRY(tell(question));
    return answer<T>();
  }

  /// Says it again whenever the tracker was lost before it answered, and is back. Requires: a number by which it is known then.
  Result<RunId> submit(const Submit& wanted);
  /// Waits for the job's end.
  Result<JobReport> watch(RunId run, const std::function<void(const JobProgress&)>& on_progress);

 private:
  Error no_answer() const;

  const ClientOptions& options_;
  std::unique_ptr<net::Transport> transport_;
  std::optional<RunId> watched_;
  std::optional<SteadyMs> lost_at_ms_;
  std::uint64_t meetings_ = 0;
};

template <class T>
Result<T> ClientConnection::answer() {
  const SteadyMs deadline = options_.clock.now_ms() + options_.timeout_ms;
  while (true) {
    const SteadyMs left = deadline - options_.clock.now_ms();
    if (left <= 0) return no_answer();
    SINTER_ASSIGN(const std::optional<net::Message> message, hear(left));
    if (message && message->kind == static_cast<std::uint16_t>(T::kKind)) return unpack<T>(*message);
  }
}

}  // namespace sinter::cluster

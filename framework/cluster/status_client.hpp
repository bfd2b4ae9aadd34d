// StatusClient: asks a tracker for pages of its status over one connection, and ends attempts. One thread; each call blocks it.
#pragma once

#include <memory>
#include <string>

#include "base/net/transport.hpp"
#include "framework/cluster/cluster_client.hpp"
#include "framework/cluster/status_messages.hpp"
#include "framework/io/json_document.hpp"

namespace sinter::cluster {

class StatusClient {
 public:
  static Result<std::unique_ptr<StatusClient>> open(const ClientOptions& options);
  ~StatusClient();

  /// The text of the page at `path`, see answer_status(). Errors: the page's own; the tracker does not answer within options.timeout_ms,
  /// which is retriable.
  Result<std::string> page(const std::string& path);
  /// The same, read.
  Result<JsonDocument> json(const std::string& path);
  /// How many attempts of the task were ended.
  Result<std::uint32_t> kill_task(RunId run, const std::string& task);

 private:
  explicit StatusClient(const ClientOptions& options) : options_(options) {}
  /// The next message; errors: it is a refusal, or none came before the deadline.
  Result<net::Message> hear(SteadyMs deadline);

  const ClientOptions options_;
  std::unique_ptr<net::Transport> transport_;
  std::uint64_t asked_ = 0;
};

}  // namespace sinter::cluster

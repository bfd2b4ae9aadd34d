// StatusClient: questions and their answers. One thread.
#include "framework/cluster/status_client.hpp"

#include "framework/cluster/transport_options.hpp"

namespace sinter::cluster {
namespace {

constexpr std::int64_t kGoodbyeMs = 500;

}  // namespace

Result<std::unique_ptr<StatusClient>> StatusClient::open(const ClientOptions& options) {
  std::unique_ptr<StatusClient> client(new StatusClient(options));
  SINTER_ASSIGN(client->transport_,
                net::connect(options.tracker, cluster_transport_options(options.security), options.clock, options.log));
  return client;
}

StatusClient::~StatusClient() {
  if (transport_) (void)transport_->close(kGoodbyeMs);  // what was asked for has been answered
}

Result<net::Message> StatusClient::hear(SteadyMs deadline) {
  while (true) {
    const SteadyMs left = deadline - options_.clock.now_ms();
    if (left <= 0)
      return environment_error("no tracker answered at " + options_.tracker + " within " + std::to_string(options_.timeout_ms) + " ms")
          .with_hint("Is it running there? `sinter tracker` prints its address");
    SINTER_ASSIGN(std::optional<net::Event> event, transport_->receive(left));
    if (!event || event->kind != net::EventKind::Message) continue;
    if (event->message.kind != static_cast<std::uint16_t>(Kind::Refused)) return std::move(event->message);
    SINTER_ASSIGN(const Refused refused, unpack<Refused>(event->message));
    return refused.error.error();
  }
}

Result<std::string> StatusClient::page(const std::string& path) {
  const SteadyMs deadline = options_.clock.now_ms() + options_.timeout_ms;
  SINTER_TRY(transport_->send(net::kListener, pack(Ask{++asked_, path})));
  while (true) {
    SINTER_ASSIGN(const net::Message message, hear(deadline));
    SINTER_ASSIGN(Answer answer, unpack<Answer>(message));
    if (answer.number != asked_) continue;  // to a question that was given up
    if (answer.status == 200) return std::move(answer.body);
    const Result<JsonDocument> told = JsonDocument::parse(answer.body);
    return user_error(told.ok() && !(*told)["error"].text().empty() ? (*told)["error"].text() : "the tracker answered " + answer.body);
  }
}

Result<JsonDocument> StatusClient::json(const std::string& path) {
  SINTER_ASSIGN(const std::string text, page(path));
  return JsonDocument::parse(text);
}

Result<std::uint32_t> StatusClient::kill_task(RunId run, const std::string& task) {
  const SteadyMs deadline = options_.clock.now_ms() + options_.timeout_ms;
  SINTER_TRY(transport_->send(net::kListener, pack(KillTask{run, task})));
  SINTER_ASSIGN(const net::Message message, hear(deadline));
  SINTER_ASSIGN(const TaskKilled killed, unpack<TaskKilled>(message));
  return killed.attempts;
}

}  // namespace sinter::cluster

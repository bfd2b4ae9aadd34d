// Mailboxes and the two kinds of loopback sockets. See the header for threads.
#include "base/net/loopback_socket.hpp"

#include <chrono>

namespace sinter::net {
namespace {

class LoopbackSocket final : public PacketSocket {
 public:
  /// A listener has an empty route.
  LoopbackSocket(std::shared_ptr<LoopbackNetwork> network, std::string name, std::string route, LoopbackNetwork::Mailbox mailbox)
      : network_(std::move(network)), name_(std::move(name)), route_(std::move(route)), mailbox_(std::move(mailbox)) {}
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;
  ~LoopbackSocket() override { close(); }

  SendOutcome send(const std::string& route, const HeaderBytes& head, std::string_view body) override {
    const auto target = route_.empty() ? network_->find_connection(route) : network_->find_listener(name_);
    if (target == nullptr) return SendOutcome::Gone;
    {
      const std::lock_guard lock(target->mutex);
      if (target->closed) return SendOutcome::Gone;
      if (target->packets.size() >= kMaxLoopbackPackets) return SendOutcome::Full;
      target->packets.push_back({route_, head, kFrameHeaderBytes, std::string(body), {}});
    }
    target->changed.notify_one();
    return SendOutcome::Sent;
  }

  Result<bool> receive(Packet& packet) override {
    const std::lock_guard lock(mailbox_->mutex);
    if (mailbox_->packets.empty()) return false;
    packet = std::move(mailbox_->packets.front());
    mailbox_->packets.pop_front();
    return true;
  }

  Status wait(std::int64_t timeout_ms) override {
    std::unique_lock lock(mailbox_->mutex);
    const auto ready = [&] { return mailbox_->woken || !mailbox_->packets.empty(); };
    if (timeout_ms < 0) mailbox_->changed.wait(lock, ready);
    else mailbox_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
    mailbox_->woken = false;
    return {};
  }

  void wake() override {
    {
      const std::lock_guard lock(mailbox_->mutex);
      mailbox_->woken = true;
    }
    mailbox_->changed.notify_one();
  }

  void close() override {
    {
      const std::lock_guard lock(mailbox_->mutex);
      if (mailbox_->closed) return;
      mailbox_->closed = true;
      mailbox_->packets.clear();
    }
    if (route_.empty()) network_->remove_listener(name_, mailbox_);
    else network_->remove_connection(route_);
  }

  const std::string& endpoint() const override { return name_; }

 private:
  std::shared_ptr<LoopbackNetwork> network_;
  std::string name_;
  std::string route_;
  LoopbackNetwork::Mailbox mailbox_;
};

}  // namespace

Status LoopbackNetwork::add_listener(const std::string& name, const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  if (!listeners_.try_emplace(name, mailbox).second)
    return environment_error("somebody in this process listens at '" + name + "' already", /*retriable=*/false);
  return {};
}

void LoopbackNetwork::remove_listener(const std::string& name, const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  const auto at = listeners_.find(name);
  if (at != listeners_.end() && at->second == mailbox) listeners_.erase(at);
}

LoopbackNetwork::Mailbox LoopbackNetwork::find_listener(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto at = listeners_.find(name);
  return at == listeners_.end() ? nullptr : at->second;
}

std::string LoopbackNetwork::add_connection(const Mailbox& mailbox) {
  const std::lock_guard lock(mutex_);
  std::string route = "connection-" + std::to_string(next_route_++);
  connections_.emplace(route, mailbox);
  return route;
}

void LoopbackNetwork::remove_connection(const std::string& route) {
  const std::lock_guard lock(mutex_);
  connections_.erase(route);
}

LoopbackNetwork::Mailbox LoopbackNetwork::find_connection(const std::string& route) {
  const std::lock_guard lock(mutex_);
  const auto at = connections_.find(route);
  return at == connections_.end() ? nullptr : at->second;
}

Result<std::unique_ptr<PacketSocket>> make_loopback_listener(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name) {
  auto mailbox = std::make_shared<LoopbackMailbox>();
  SINTER_TRY(network->add_listener(name, mailbox));
  return std::unique_ptr<PacketSocket>(std::make_unique<LoopbackSocket>(network, name, "", std::move(mailbox)));
}

std::unique_ptr<PacketSocket> make_loopback_connection(const std::shared_ptr<LoopbackNetwork>& network, const std::string& name) {
  auto mailbox = std::make_shared<LoopbackMailbox>();
  std::string route = network->add_connection(mailbox);
  return std::make_unique<LoopbackSocket>(network, name, std::move(route), std::move(mailbox));
}

}  // namespace sinter::net

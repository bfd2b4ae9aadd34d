// Seeded loss, duplication, delay and damage on the sending side. One thread.
#include "base/net/lossy_socket.hpp"

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace sinter::net {
namespace {

/// While packets are held back, waiting is cut to this, so that they leave although nothing else does.
constexpr std::int64_t kHeldWaitMs = 1;

class LossySocket final : public PacketSocket {
 public:
  LossySocket(std::unique_ptr<PacketSocket> inner, const LossyOptions& options)
      : inner_(std::move(inner)), options_(options), random_(options.seed) {}

  SendOutcome send(const std::string& route, const HeaderBytes& head, std::string_view body) override {
    release();
    if (random_.chance(options_.drop)) return SendOutcome::Sent;
    Held packet{0, route, head, std::string(body)};
    if (random_.chance(options_.damage)) damage(packet);
    if (random_.chance(options_.duplicate)) hold(packet);
    if (random_.chance(options_.delay)) {
      hold(packet);
      return SendOutcome::Sent;
    }
    return inner_->send(route, packet.head, packet.body);
  }
  Result<bool> receive(Packet& packet) override {
    release();
    return inner_->receive(packet);
  }
  Status wait(std::int64_t timeout_ms) override {
    if (held_.empty()) return inner_->wait(timeout_ms);
    return inner_->wait(timeout_ms < 0 ? kHeldWaitMs : std::min(timeout_ms, kHeldWaitMs));
  }
  void wake() override { inner_->wake(); }
  Status cut_connections() override { return inner_->cut_connections(); }
  void close() override { inner_->close(); }
  const std::string& endpoint() const override { return inner_->endpoint(); }

 private:
  struct Held {
    std::uint64_t due;
    std::string route;
    HeaderBytes head;
    std::string body;
  };

  void damage(Held& packet) {
    const std::uint64_t bit = random_.below((packet.head.size() + packet.body.size()) * 8);
    const auto at = static_cast<std::size_t>(bit / 8);
    char& byte = at < packet.head.size() ? packet.head[at] : packet.body[at - packet.head.size()];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  }
  void hold(Held packet) {
    packet.due = steps_ + 1 + random_.below(options_.max_delay_packets);
    held_.push_back(std::move(packet));
  }
  /// Every call of the socket is a step of its time.
  void release() {
    ++steps_;
    for (std::size_t i = 0; i < held_.size();) {
      if (held_[i].due > steps_) {
        ++i;
        continue;
      }
      const Held packet = std::move(held_[i]);
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
      (void)inner_->send(packet.route, packet.head, packet.body);  // full or gone is one more loss
    }
  }

  std::unique_ptr<PacketSocket> inner_;
  LossyOptions options_;
  Random random_;
  std::uint64_t steps_ = 0;
  std::vector<Held> held_;
};

}  // namespace

std::unique_ptr<PacketSocket> make_lossy_socket(std::unique_ptr<PacketSocket> inner, const LossyOptions& options) {
  return std::make_unique<LossySocket>(std::move(inner), options);
}

}  // namespace sinter::net

// Packets over ZeroMQ, and what every socket of ours shares with them: options, endpoints, errors. Every option that
// ZeroMQ's defaults get wrong for us is set in configure_zmq_socket(). One owner thread; wake() from any thread.
#include "base/net/zmq_socket.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/net/zmq_security.hpp"
#include "base/net/zmq_setup.hpp"

#if defined(__SANITIZE_THREAD__)
// The packaged libzmq and libsodium are not instrumented, so what threads hand to one another inside them looks like races.
// The sanitizer asks for this function by name.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libzmq.so\nrace:libzmq.so\ncalled_from_lib:libsodium.so\nrace:libsodium.so\n";
}
#endif

namespace sinter::net {

Error zmq_error(std::string_view action, std::string_view endpoint, int error_number) {
  std::string text = "cannot ";
  text.append(action).append(" '").append(endpoint).append("': ").append(zmq_strerror(error_number));
  if (error_number != EADDRINUSE) return environment_error(std::move(text), false);
  return environment_error(std::move(text)).with_hint("`ss -ltnp` says who listens there; choose another port, or stop that one");
}

Status configure_zmq_socket(void* socket, const std::string& endpoint, const ZmqSetup& setup) {
  struct IntOption {
    int name;
    int value;
    bool listener, connection;
  };
  const std::array options = {
      IntOption{ZMQ_ROUTER_MANDATORY, 1, true, false},  // a send to nobody says so
      // Not 1: when a connection breaks, ZMQ_IMMEDIATE also throws away what had arrived and was not read yet (a goodbye, for one).
      IntOption{ZMQ_IMMEDIATE, 0, false, true},
      IntOption{ZMQ_SNDHWM, setup.pipe_packets, true, true},
      IntOption{ZMQ_RCVHWM, setup.pipe_packets, true, true},
      IntOption{ZMQ_LINGER, 0, true, true},
      IntOption{ZMQ_HANDSHAKE_IVL, kZmqHandshakeMs, true, true},
      IntOption{ZMQ_HEARTBEAT_IVL, kZmqHeartbeatMs, true, true},
      IntOption{ZMQ_HEARTBEAT_TIMEOUT, kZmqHeartbeatTimeoutMs, true, true},
      IntOption{ZMQ_HEARTBEAT_TTL, kZmqHeartbeatTimeoutMs, true, true},
      IntOption{ZMQ_RECONNECT_IVL, kZmqReconnectMs, false, true},
      IntOption{ZMQ_RECONNECT_IVL_MAX, kZmqMaxReconnectMs, false, true},
      IntOption{ZMQ_CONNECT_TIMEOUT, kZmqConnectMs, false, true},
      IntOption{ZMQ_BACKLOG, kZmqBacklog, true, false},
  };
  for (const IntOption& option : options) {
    if (setup.listens ? !option.listener : !option.connection) continue;
    if (zmq_setsockopt(socket, option.name, &option.value, sizeof(option.value)) != 0)
      return zmq_error("set ZeroMQ option " + std::to_string(option.name) + " of", endpoint, zmq_errno());
  }
  const auto max_size = static_cast<std::int64_t>(setup.max_packet_bytes + (setup.security.is_on() ? kCurveOverheadBytes : 0));
  if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_size, sizeof(max_size)) != 0)
    return zmq_error("limit the message size of", endpoint, zmq_errno());
  return apply_security(socket, setup.security, setup.listens, endpoint);
}

Status check_endpoint(const std::string& endpoint) {
  static constexpr std::string_view kIpc = "ipc://";
  if (endpoint.starts_with("tcp://")) return {};
  if (!endpoint.starts_with(kIpc))
    return user_error("'" + endpoint + "' is no endpoint").with_hint("Write tcp://address:port or ipc:///path/to/socket");
  const std::size_t path_bytes = endpoint.size() - kIpc.size();
  if (path_bytes == 0 || endpoint[kIpc.size()] == '@')
    return user_error("'" + endpoint + "' names no file: abstract sockets have no permissions");
  if (path_bytes > kMaxIpcPathBytes)
    return user_error("the socket path of '" + endpoint + "' has " + std::to_string(path_bytes) + " bytes, and the system takes at most " +
                      std::to_string(kMaxIpcPathBytes) + " (kMaxIpcPathBytes)")
        .with_hint("Choose a shorter scratch directory");
  return {};
}

namespace {

/// A zmq_msg_t that is closed at the end of its scope.
class ZmqMessage {
 public:
  ZmqMessage() { zmq_msg_init(&message_); }
  explicit ZmqMessage(std::size_t size) : good_(zmq_msg_init_size(&message_, size) == 0) {}
  ZmqMessage(const ZmqMessage&) = delete;
  ZmqMessage& operator=(const ZmqMessage&) = delete;
  ~ZmqMessage() {
    if (good_) zmq_msg_close(&message_);
  }
  bool good() const { return good_; }
  zmq_msg_t* get() { return &message_; }
  char* data() { return static_cast<char*>(zmq_msg_data(&message_)); }
  std::size_t size() { return zmq_msg_size(&message_); }
  bool more() { return zmq_msg_more(&message_) != 0; }

 private:
  zmq_msg_t message_;
  bool good_ = true;
};

class ZmqSocket final : public PacketSocket {
 public:
  ZmqSocket(std::string endpoint, ZmqSetup setup) : endpoint_(std::move(endpoint)), setup_(std::move(setup)) {}
  ZmqSocket(const ZmqSocket&) = delete;
  ZmqSocket& operator=(const ZmqSocket&) = delete;
  ~ZmqSocket() override { end(0); }

  Status start();

  SendOutcome send(const std::string& route, const HeaderBytes& head, std::string_view body) override;
  Result<bool> receive(Packet& packet) override;
  Status wait(std::int64_t timeout_ms) override;
  void wake() override {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the owner is awake anyway.
    [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof(one));
  }
  Status cut_connections() override {
    stop_zmq(0);
    return start_zmq();
  }
  std::uint64_t stranger_count() const override { return strangers_.total(); }
  Strangers strangers() const override { return strangers_.snapshot(); }
  std::uint64_t refusals() const override { return refusals_; }
  void close() override { end(kZmqLingerMs); }
  const std::string& endpoint() const override { return endpoint_; }

 private:
  Status start_zmq();
  Status open_endpoint();
  Status watch_refusals();
  void note_refusal();
  Status connect_again();
  void stop_zmq(int linger_ms);
  void end(int linger_ms);
  /// Throws away the other parts of a message that is none of ours.
  void skip_parts();

  std::string endpoint_;
  ZmqSetup setup_;
  void* context_ = nullptr;
  void* socket_ = nullptr;
  std::unique_ptr<ListenerGuard> guard_;  // of a secured listener
  void* refusal_monitor_ = nullptr;       // of a secured connection
  bool refused_ = false;                  // ZeroMQ has given up, and send() begins anew
  std::uint64_t refusals_ = 0;
  StrangerCount strangers_;
  int wake_descriptor_ = -1;
};

Status ZmqSocket::start() {
  wake_descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_descriptor_ < 0) return system_error("make a wake-up descriptor for", endpoint_, errno);
  return start_zmq();
}

Status ZmqSocket::start_zmq() {
  context_ = zmq_ctx_new();
  if (context_ == nullptr) return zmq_error("start ZeroMQ for", endpoint_, zmq_errno());
  socket_ = zmq_socket(context_, setup_.listens ? ZMQ_ROUTER : ZMQ_DEALER);
  if (socket_ == nullptr) return zmq_error("make a socket for", endpoint_, zmq_errno());
  SINTER_TRY(configure_zmq_socket(socket_, endpoint_, setup_));
  if (setup_.security.is_on() && setup_.listens) {
    SINTER_ASSIGN(guard_, ListenerGuard::start(context_, socket_, setup_.security.allowed, strangers_, [this] { wake(); }));
  } else if (setup_.security.is_on()) {
    SINTER_TRY(watch_refusals());
  }
  return open_endpoint();
}

Status ZmqSocket::open_endpoint() {
  const int failed = setup_.listens ? zmq_bind(socket_, endpoint_.c_str()) : zmq_connect(socket_, endpoint_.c_str());
  if (failed != 0) return zmq_error(setup_.listens ? "listen at" : "connect to", endpoint_, zmq_errno());
  if (!setup_.listens) return {};
  std::array<char, 256> chosen;
  std::size_t size = chosen.size();
  if (zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, chosen.data(), &size) != 0)
    return zmq_error("ask for the address of", endpoint_, zmq_errno());
  endpoint_.assign(chosen.data(), size - 1);
  return {};
}

/// A listener that refuses our key ends the connection, and ZeroMQ 4.3.4 then never tries again (measured): so we hear of it and do.
Status ZmqSocket::watch_refusals() {
  static constexpr const char* kMonitorEndpoint = "inproc://sinter.refusals";
  refusal_monitor_ = zmq_socket(context_, ZMQ_PAIR);
  if (refusal_monitor_ == nullptr || zmq_socket_monitor(socket_, kMonitorEndpoint, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) != 0 ||
      zmq_connect(refusal_monitor_, kMonitorEndpoint) != 0)
    return zmq_error("watch the handshakes of", endpoint_, zmq_errno());
  return {};
}

void ZmqSocket::note_refusal() {
  for (bool more = true; more;) {
    ZmqMessage part;
    if (zmq_msg_recv(part.get(), refusal_monitor_, ZMQ_DONTWAIT) < 0) return;
    more = part.more();
  }
  refused_ = true;
  ++refusals_;
}

Status ZmqSocket::connect_again() {
  refused_ = false;
  // Fails when ZeroMQ has forgotten the endpoint already, which is as good.
  (void)zmq_disconnect(socket_, endpoint_.c_str());
  return open_endpoint();
}

void ZmqSocket::stop_zmq(int linger_ms) {
  if (socket_ != nullptr) {
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    zmq_close(socket_);
    socket_ = nullptr;
  }
  if (refusal_monitor_ != nullptr) zmq_close(refusal_monitor_);
  refusal_monitor_ = nullptr;
  guard_.reset();
  if (context_ != nullptr) {
    while (zmq_ctx_term(context_) != 0 && zmq_errno() == EINTR) {
    }
    context_ = nullptr;
  }
}

void ZmqSocket::end(int linger_ms) {
  stop_zmq(linger_ms);
  if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
  wake_descriptor_ = -1;
}

SendOutcome ZmqSocket::send(const std::string& route, const HeaderBytes& head, std::string_view body) {
  // Whoever was refused sends now and then to open its session; that paces these attempts.
  if (refused_ && !connect_again().ok()) return SendOutcome::Gone;
  ZmqMessage message(head.size() + body.size());
  if (!message.good()) return SendOutcome::Full;
  std::memcpy(message.data(), head.data(), head.size());
  if (!body.empty()) std::memcpy(message.data() + head.size(), body.data(), body.size());
  // With ROUTER_MANDATORY the route part fails as a whole message would, so nothing is ever sent in half.
  if (setup_.listens && zmq_send(socket_, route.data(), route.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
    return zmq_errno() == EHOSTUNREACH ? SendOutcome::Gone : SendOutcome::Full;
  if (zmq_msg_send(message.get(), socket_, ZMQ_DONTWAIT) < 0)
    return zmq_errno() == EHOSTUNREACH ? SendOutcome::Gone : SendOutcome::Full;
  return SendOutcome::Sent;
}

void ZmqSocket::skip_parts() {
  for (bool more = true; more;) {
    ZmqMessage part;
    if (zmq_msg_recv(part.get(), socket_, ZMQ_DONTWAIT) < 0) return;
    more = part.more();
  }
}

Result<bool> ZmqSocket::receive(Packet& packet) {
  ZmqMessage message;
  const auto next_part = [&] {
    int got = zmq_msg_recv(message.get(), socket_, ZMQ_DONTWAIT);
    while (got < 0 && zmq_errno() == EINTR) got = zmq_msg_recv(message.get(), socket_, ZMQ_DONTWAIT);
    return got >= 0;
  };
  if (!next_part()) {
    if (zmq_errno() == EAGAIN) return false;
    return zmq_error("receive from", endpoint_, zmq_errno());
  }
  packet.route.clear();
  packet.head_size = 0;
  packet.body.clear();
  packet.key.clear();
  if (setup_.listens) {
    packet.route.assign(message.data(), message.size());
    if (!message.more()) return true;  // a route and nothing behind it: reported as a bad frame above us
    if (!next_part()) return zmq_error("receive from", endpoint_, zmq_errno());
  }
  if (message.more()) {
    skip_parts();
    return true;
  }
  // From the body's part: that of the route has lost it (libzmq 4.3.4).
  if (setup_.security.allowed != nullptr) packet.key.assign(key_of_message(message.get()));
  packet.head_size = std::min(message.size(), kFrameHeaderBytes);
  if (packet.head_size == 0) return true;
  std::memcpy(packet.head.data(), message.data(), packet.head_size);
  packet.body.assign(message.data() + packet.head_size, message.size() - packet.head_size);
  return true;
}

Status ZmqSocket::wait(std::int64_t timeout_ms) {
  std::array<zmq_pollitem_t, 3> items = {zmq_pollitem_t{socket_, 0, ZMQ_POLLIN, 0},
                                         zmq_pollitem_t{nullptr, wake_descriptor_, ZMQ_POLLIN, 0},
                                         zmq_pollitem_t{refusal_monitor_, 0, ZMQ_POLLIN, 0}};
  const int used = refusal_monitor_ == nullptr ? 2 : 3;
  const int ready = zmq_poll(items.data(), used, static_cast<long>(timeout_ms));
  if (ready < 0 && zmq_errno() != EINTR) return zmq_error("wait for", endpoint_, zmq_errno());
  if (ready > 0 && (items[1].revents & ZMQ_POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_descriptor_, &count, sizeof(count));  // only empties it
  }
  if (ready > 0 && used == 3 && (items[2].revents & ZMQ_POLLIN) != 0) note_refusal();
  return {};
}

Result<std::unique_ptr<PacketSocket>> make_socket(const std::string& endpoint, ZmqSetup setup) {
  SINTER_TRY(check_endpoint(endpoint));
  auto socket = std::make_unique<ZmqSocket>(endpoint, std::move(setup));
  SINTER_TRY(socket->start());
  return std::unique_ptr<PacketSocket>(std::move(socket));
}

}  // namespace

Result<std::unique_ptr<PacketSocket>> make_zmq_listener(const std::string& endpoint, std::uint64_t max_packet_bytes,
                                                        const SocketSecurity& security) {
  return make_socket(endpoint, {/*listens=*/true, max_packet_bytes, kZmqPipePackets, security});
}

Result<std::unique_ptr<PacketSocket>> make_zmq_connection(const std::string& endpoint, std::uint64_t max_packet_bytes,
                                                          const SocketSecurity& security) {
  return make_socket(endpoint, {/*listens=*/false, max_packet_bytes, kZmqPipePackets, security});
}

}  // namespace sinter::net

// BulkSocket over ZeroMQ: a ROUTER that listens, a DEALER for each endpoint that is asked. One owner thread; wake() from any thread.
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/net/bulk_socket.hpp"
#include "base/net/zmq_security.hpp"
#include "base/net/zmq_setup.hpp"

namespace sinter::net {
namespace {

/// A received part; what is behind it outlives the socket that it came from.
class ReceivedPart {
 public:
  ReceivedPart() { zmq_msg_init(&message_); }
  ReceivedPart(const ReceivedPart&) = delete;
  ReceivedPart& operator=(const ReceivedPart&) = delete;
  ~ReceivedPart() { zmq_msg_close(&message_); }
  /// False with zmq_errno().
  bool receive(void* socket) {
    int got = zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT);
    while (got < 0 && zmq_errno() == EINTR) got = zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT);
    return got >= 0;
  }
  std::string_view bytes() { return {static_cast<const char*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)}; }
  std::string_view key() { return key_of_message(&message_); }
  bool more() { return zmq_msg_more(&message_) != 0; }

 private:
  zmq_msg_t message_;
};

void drop_owner(void* /*bytes*/, void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }

/// One ZeroMQ context with its thread, and the descriptor that wakes the owner.
class ZmqBulkBase {
 public:
  ZmqBulkBase() = default;
  ZmqBulkBase(const ZmqBulkBase&) = delete;
  ZmqBulkBase& operator=(const ZmqBulkBase&) = delete;
  ~ZmqBulkBase() { end(); }

  Status begin(const std::string& name) {
    wake_descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_descriptor_ < 0) return system_error("make a wake-up descriptor for", name, errno);
    context_ = zmq_ctx_new();
    if (context_ == nullptr) return zmq_error("start ZeroMQ for", name, zmq_errno());
    return {};
  }
  Result<void*> make_socket(const std::string& endpoint, const ZmqSetup& setup) {
    const bool listens = setup.listens;
    void* socket = zmq_socket(context_, listens ? ZMQ_ROUTER : ZMQ_DEALER);
    if (socket == nullptr) return zmq_error("make a socket for", endpoint, zmq_errno());
    Status ready = configure_zmq_socket(socket, endpoint, setup);
    if (ready.ok() && listens && setup.security.is_on()) ready = guard(socket, setup.security);
    if (ready.ok() && (listens ? zmq_bind(socket, endpoint.c_str()) : zmq_connect(socket, endpoint.c_str())) != 0)
      ready = zmq_error(listens ? "listen at" : "connect to", endpoint, zmq_errno());
    if (ready.ok()) return socket;
    zmq_close(socket);
    guard_.reset();
    return Error(ready.error());
  }
  void wake() {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the owner is awake anyway.
    [[maybe_unused]] const ssize_t written = ::write(wake_descriptor_, &one, sizeof(one));
  }
  /// `items` has room for the descriptor at its end.
  Status wait(std::vector<zmq_pollitem_t>& items, std::int64_t timeout_ms) {
    items.back() = zmq_pollitem_t{nullptr, wake_descriptor_, ZMQ_POLLIN, 0};
    const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(timeout_ms));
    if (ready < 0 && zmq_errno() != EINTR) return zmq_error("wait for messages of", "bulk sockets", zmq_errno());
    if (ready > 0 && (items.back().revents & ZMQ_POLLIN) != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_descriptor_, &count, sizeof(count));  // only empties it
    }
    return {};
  }
  const StrangerCount& strangers() const { return strangers_; }
  /// Sockets are closed. Owners may wake us until the context has ended, so the descriptor goes last.
  void end() {
    guard_.reset();
    if (context_ != nullptr) {
      while (zmq_ctx_term(context_) != 0 && zmq_errno() == EINTR) {
      }
      context_ = nullptr;
    }
    if (wake_descriptor_ >= 0) ::close(wake_descriptor_);
    wake_descriptor_ = -1;
  }

 private:
  /// Before the socket is bound, or ZeroMQ would let every key in.
  Status guard(void* socket, const SocketSecurity& security) {
    SINTER_ASSIGN(guard_, ListenerGuard::start(context_, socket, security.allowed, strangers_, [this] { wake(); }));
    return {};
  }

  void* context_ = nullptr;
  StrangerCount strangers_;
  std::unique_ptr<ListenerGuard> guard_;  // of a secured listener
  int wake_descriptor_ = -1;
};

SendOutcome send_body(void* socket, std::string_view bytes, std::shared_ptr<const void> owner) {
  auto* kept = new std::shared_ptr<const void>(std::move(owner));
  zmq_msg_t message;
  // ZeroMQ does not write to what it sends.
  if (zmq_msg_init_data(&message, const_cast<char*>(bytes.data()), bytes.size(), drop_owner, kept) != 0) {
    delete kept;
    return SendOutcome::Full;
  }
  if (zmq_msg_send(&message, socket, ZMQ_DONTWAIT) >= 0) return SendOutcome::Sent;
  const SendOutcome outcome = zmq_errno() == EHOSTUNREACH ? SendOutcome::Gone : SendOutcome::Full;
  zmq_msg_close(&message);
  return outcome;
}

/// The body of a message of one part; of others nothing is kept. False with zmq_errno().
bool receive_body(void* socket, BulkMessage& message) {
  auto part = std::make_shared<ReceivedPart>();
  if (!part->receive(socket)) return false;
  if (!part->more()) {
    message.bytes = part->bytes();
    message.key.assign(part->key());
    message.owner = std::move(part);
    return true;
  }
  for (bool more = true; more;) {
    ReceivedPart other;
    if (!other.receive(socket)) break;
    more = other.more();
  }
  return true;
}

void clear(BulkMessage& message) {
  message.route.clear();
  message.bytes = {};
  message.owner.reset();
  message.key.clear();
}

class ZmqBulkListener final : public BulkSocket {
 public:
  ZmqBulkListener() = default;
  ZmqBulkListener(const ZmqBulkListener&) = delete;
  ZmqBulkListener& operator=(const ZmqBulkListener&) = delete;
  ~ZmqBulkListener() override { close(); }

  Status start(const std::string& endpoint, std::uint64_t max_message_bytes, const SocketSecurity& security) {
    SINTER_TRY(base_.begin(endpoint));
    SINTER_ASSIGN(socket_, base_.make_socket(endpoint, {/*listens=*/true, max_message_bytes, kBulkPipeMessages, security}));
    std::array<char, 256> chosen;
    std::size_t size = chosen.size();
    if (zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, chosen.data(), &size) != 0)
      return zmq_error("ask for the address of", endpoint, zmq_errno());
    endpoint_.assign(chosen.data(), size - 1);
    return {};
  }

  SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) override {
    // With ROUTER_MANDATORY the route part fails as a whole message would, so nothing is ever sent in half.
    if (zmq_send(socket_, route.data(), route.size(), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
      return zmq_errno() == EHOSTUNREACH ? SendOutcome::Gone : SendOutcome::Full;
    return send_body(socket_, bytes, std::move(owner));
  }
  Result<bool> receive(BulkMessage& message) override {
    clear(message);
    ReceivedPart route;
    if (!route.receive(socket_)) {
      if (zmq_errno() == EAGAIN) return false;
      return zmq_error("receive from", endpoint_, zmq_errno());
    }
    message.route.assign(route.bytes());
    if (route.more() && !receive_body(socket_, message)) return zmq_error("receive from", endpoint_, zmq_errno());
    return true;
  }
  Status wait(std::int64_t timeout_ms) override {
    items_.assign(2, zmq_pollitem_t{socket_, 0, ZMQ_POLLIN, 0});
    return base_.wait(items_, timeout_ms);
  }
  void wake() override { base_.wake(); }
  void close() override {
    if (socket_ != nullptr) zmq_close(socket_);
    socket_ = nullptr;
    base_.end();
  }
  const std::string& endpoint() const override { return endpoint_; }
  std::uint64_t stranger_count() const override { return base_.strangers().total(); }
  Strangers strangers() const override { return base_.strangers().snapshot(); }

 private:
  std::string endpoint_;
  ZmqBulkBase base_;
  void* socket_ = nullptr;
  std::vector<zmq_pollitem_t> items_;
};

class ZmqBulkConnector final : public BulkConnector {
 public:
  ZmqBulkConnector(std::uint64_t max_message_bytes, SecurityOfEndpoint security_of)
      : max_message_bytes_(max_message_bytes), security_of_(std::move(security_of)) {}
  ZmqBulkConnector(const ZmqBulkConnector&) = delete;
  ZmqBulkConnector& operator=(const ZmqBulkConnector&) = delete;
  ~ZmqBulkConnector() override { close(); }

  Status start() { return base_.begin("a client of the exchange"); }

  Status connect(const std::string& endpoint) override {
    if (find(endpoint) != connections_.end()) return {};
    SINTER_TRY(check_endpoint(endpoint));
    const SocketSecurity security = security_of_ ? security_of_(endpoint) : SocketSecurity();
    SINTER_ASSIGN(void* socket, base_.make_socket(endpoint, {/*listens=*/false, max_message_bytes_, kBulkPipeMessages, security}));
    connections_.push_back({endpoint, socket});
    return {};
  }
  void disconnect(const std::string& endpoint) override {
    const auto at = find(endpoint);
    if (at == connections_.end()) return;
    zmq_close(at->socket);
    connections_.erase(at);
  }
  SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) override {
    const auto at = find(route);
    return at == connections_.end() ? SendOutcome::Gone : send_body(at->socket, bytes, std::move(owner));
  }
  Result<bool> receive(BulkMessage& message) override {
    clear(message);
    // Goes on behind the connection that gave the last one, so that a fast one does not hide the others.
    for (std::size_t tried = 0; tried < connections_.size(); ++tried) {
      next_ = (next_ + 1) % connections_.size();
      const Connection& connection = connections_[next_];
      if (receive_body(connection.socket, message)) {
        message.route = connection.endpoint;
        return true;
      }
      if (zmq_errno() != EAGAIN) return zmq_error("receive from", connection.endpoint, zmq_errno());
    }
    return false;
  }
  Status wait(std::int64_t timeout_ms) override {
    items_.clear();
    for (const Connection& connection : connections_) items_.push_back(zmq_pollitem_t{connection.socket, 0, ZMQ_POLLIN, 0});
    items_.emplace_back();
    return base_.wait(items_, timeout_ms);
  }
  void wake() override { base_.wake(); }
  void close() override {
    for (const Connection& connection : connections_) zmq_close(connection.socket);
    connections_.clear();
    base_.end();
  }
  const std::string& endpoint() const override { return endpoint_; }

 private:
  struct Connection {
    std::string endpoint;
    void* socket;
  };

  std::vector<Connection>::iterator find(const std::string& endpoint) {
    return std::find_if(connections_.begin(), connections_.end(), [&](const Connection& c) { return c.endpoint == endpoint; });
  }

  std::string endpoint_;
  std::uint64_t max_message_bytes_;
  SecurityOfEndpoint security_of_;
  ZmqBulkBase base_;
  std::vector<Connection> connections_;
  std::vector<zmq_pollitem_t> items_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<BulkSocket>> make_zmq_bulk_listener(const std::string& endpoint, std::uint64_t max_message_bytes,
                                                           const SocketSecurity& security) {
  SINTER_TRY(check_endpoint(endpoint));
  auto socket = std::make_unique<ZmqBulkListener>();
  SINTER_TRY(socket->start(endpoint, max_message_bytes, security));
  return std::unique_ptr<BulkSocket>(std::move(socket));
}

Result<std::unique_ptr<BulkConnector>> make_zmq_bulk_connector(std::uint64_t max_message_bytes, SecurityOfEndpoint security_of) {
  auto socket = std::make_unique<ZmqBulkConnector>(max_message_bytes, std::move(security_of));
  SINTER_TRY(socket->start());
  return std::unique_ptr<BulkConnector>(std::move(socket));
}

}  // namespace sinter::net

// CURVE and ZAP. The guard's sockets belong to its thread; the rest to who calls.
#include "base/net/zmq_security.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

namespace sinter::net {
namespace {

constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr const char* kMonitorEndpoint = "inproc://sinter.monitor";
/// Any text that is not empty: it makes ZeroMQ ask.
constexpr std::string_view kZapDomain = "sinter";
/// Version, request id, domain, address, routing id, mechanism, the key. More parts are no question of ours.
constexpr std::size_t kQuestionParts = 7;
/// Longer parts are cut before they are looked at; all of ours are short.
constexpr std::size_t kMaxQuestionPartBytes = 256;

Error option_error(std::string_view what, const std::string& endpoint) {
  return environment_error("cannot set " + std::string(what) + " of '" + endpoint + "': " + zmq_strerror(zmq_errno()), /*retriable=*/false);
}

/// Parts of the message that waits, the first kQuestionParts + 1 of them.
std::vector<std::string> receive_parts(void* socket) {
  std::vector<std::string> parts;
  for (bool more = true; more;) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) < 0) {
      zmq_msg_close(&part);
      return {};
    }
    more = zmq_msg_more(&part) != 0;
    if (parts.size() <= kQuestionParts)
      parts.emplace_back(static_cast<const char*>(zmq_msg_data(&part)), std::min(zmq_msg_size(&part), kMaxQuestionPartBytes));
    zmq_msg_close(&part);
  }
  return parts;
}

void* open_socket(void* context, int type) {
  void* socket = zmq_socket(context, type);
  const int linger_ms = 0;
  if (socket != nullptr) zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
  return socket;
}

}  // namespace

Status apply_security(void* zmq_socket, const SocketSecurity& security, bool listens, const std::string& endpoint) {
  SINTER_TRY(check_security(endpoint, security, listens));
  if (!security.is_on()) return {};
  const auto set = [&](int option, const void* value, std::size_t size) { return zmq_setsockopt(zmq_socket, option, value, size) == 0; };
  const auto set_key = [&](int option, const KeyBytes& bytes) { return set(option, bytes.data(), bytes.size()); };
  const int on = 1;
  if (listens) {
    if (!set(ZMQ_CURVE_SERVER, &on, sizeof(on)) || !set(ZMQ_ZAP_DOMAIN, kZapDomain.data(), kZapDomain.size()))
      return option_error("encryption", endpoint);
  } else if (!set_key(ZMQ_CURVE_SERVERKEY, security.listener_key->bytes) || !set_key(ZMQ_CURVE_PUBLICKEY, security.own->public_key.bytes)) {
    return option_error("the public keys", endpoint);
  }
  if (!set_key(ZMQ_CURVE_SECRETKEY, security.own->secret_key.bytes())) return option_error("the secret key", endpoint);
  return {};
}

std::string_view key_of_message(void* zmq_message) {
  const char* key = zmq_msg_gets(static_cast<zmq_msg_t*>(zmq_message), "User-Id");
  return key == nullptr ? std::string_view() : std::string_view(key);
}

// ---- counting

void StrangerCount::count_refused_key(std::string address, const PublicKey& key) {
  const std::lock_guard lock(mutex_);
  ++seen_.refused_keys;
  seen_.last_address = std::move(address);
  seen_.last_key = public_key_text(key);
  total_.fetch_add(1, std::memory_order_relaxed);
}

void StrangerCount::count_broken_handshake() {
  const std::lock_guard lock(mutex_);
  ++seen_.broken_handshakes;
  total_.fetch_add(1, std::memory_order_relaxed);
}

Strangers StrangerCount::snapshot() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

// ---- the guard

ListenerGuard::ListenerGuard(std::shared_ptr<const AllowedKeys> allowed, StrangerCount& strangers, std::function<void()> on_stranger)
    : allowed_(std::move(allowed)), strangers_(strangers), on_stranger_(std::move(on_stranger)) {}

Result<std::unique_ptr<ListenerGuard>> ListenerGuard::start(void* zmq_context, void* zmq_socket, std::shared_ptr<const AllowedKeys> allowed,
                                                            StrangerCount& strangers, std::function<void()> on_stranger) {
  std::unique_ptr<ListenerGuard> guard(new ListenerGuard(std::move(allowed), strangers, std::move(on_stranger)));
  SINTER_TRY(guard->open(zmq_context, zmq_socket));
  // The sockets change hands here, which ZeroMQ allows with a full fence: starting a thread is one.
  guard->thread_ = std::thread([raw = guard.get()] { raw->run(); });
  return guard;
}

Status ListenerGuard::open(void* zmq_context, void* zmq_socket) {
  const auto failed = [](std::string_view action) {
    return environment_error("cannot " + std::string(action) + ": " + zmq_strerror(zmq_errno()), /*retriable=*/false);
  };
  stop_descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_descriptor_ < 0) return system_error("make a descriptor for", "the guard of a listener", errno);
  questions_ = open_socket(zmq_context, ZMQ_REP);
  if (questions_ == nullptr || zmq_bind(questions_, kZapEndpoint) != 0) return failed("guard a listener");
  constexpr int kBroken = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
  if (zmq_socket_monitor(zmq_socket, kMonitorEndpoint, kBroken) != 0) return failed("watch a listener's handshakes");
  monitor_ = open_socket(zmq_context, ZMQ_PAIR);
  if (monitor_ == nullptr || zmq_connect(monitor_, kMonitorEndpoint) != 0) return failed("watch a listener's handshakes");
  return {};
}

ListenerGuard::~ListenerGuard() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_descriptor_, &one, sizeof(one));  // fails only when it is already set
    thread_.join();
  }
  for (void* socket : {questions_, monitor_})
    if (socket != nullptr) zmq_close(socket);
  if (stop_descriptor_ >= 0) ::close(stop_descriptor_);
}

void ListenerGuard::run() {
  std::array<zmq_pollitem_t, 3> items = {zmq_pollitem_t{questions_, 0, ZMQ_POLLIN, 0}, zmq_pollitem_t{monitor_, 0, ZMQ_POLLIN, 0},
                                         zmq_pollitem_t{nullptr, stop_descriptor_, ZMQ_POLLIN, 0}};
  while (true) {
    if (zmq_poll(items.data(), static_cast<int>(items.size()), -1) < 0 && zmq_errno() != EINTR) return;
    if ((items[2].revents & ZMQ_POLLIN) != 0) return;
    if ((items[0].revents & ZMQ_POLLIN) != 0) answer_question();
    if ((items[1].revents & ZMQ_POLLIN) != 0) take_monitor_event();
  }
}

void ListenerGuard::answer_question() {
  const std::vector<std::string> question = receive_parts(questions_);
  if (question.empty()) return;
  PublicKey key;
  const bool complete =
      question.size() == kQuestionParts && question[0] == "1.0" && question[5] == "CURVE" && question[6].size() == kKeyBytes;
  if (complete) std::memcpy(key.bytes.data(), question[6].data(), kKeyBytes);
  const bool welcome = complete && allowed_->allows(key);
  const std::string id = question.size() > 1 ? question[1] : std::string();
  const std::array<std::string, 6> answer = {"1.0", id, welcome ? "200" : "400", welcome ? "" : "this key is not allowed here",
                                             welcome ? public_key_text(key) : "", ""};
  for (std::size_t i = 0; i < answer.size(); ++i)
    zmq_send(questions_, answer[i].data(), answer[i].size(), i + 1 < answer.size() ? ZMQ_SNDMORE : 0);
  if (welcome) return;
  strangers_.count_refused_key(question.size() > 3 ? question[3] : std::string(), key);
  told_of_stranger();
}

void ListenerGuard::take_monitor_event() {
  if (receive_parts(monitor_).empty()) return;
  strangers_.count_broken_handshake();
  told_of_stranger();
}

void ListenerGuard::told_of_stranger() {
  if (std::has_single_bit(strangers_.total()) && on_stranger_) on_stranger_();
}

}  // namespace sinter::net

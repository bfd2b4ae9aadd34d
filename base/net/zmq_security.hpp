// CURVE on ZeroMQ sockets, and the guard of a listener: the thread that lets keys in. Threads: at each declaration.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/net/socket_security.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// What CURVE adds to a message on the wire, rounded up: a command's name, a nonce, a tag and flags are 33 bytes. ZeroMQ's limit counts
/// them.
inline constexpr std::uint64_t kCurveOverheadBytes = 64;

/// Sets the CURVE options of a ZeroMQ socket that is neither bound nor connected; nothing when security is off. The socket's owner thread.
/// Every socket of sinter is configured through this.
Status apply_security(void* zmq_socket, const SocketSecurity& security, bool listens, const std::string& endpoint);

/// Whom several guards of one listener met, one after the other. Any thread.
class StrangerCount {
 public:
  void count_refused_key(std::string address, const PublicKey& key);
  void count_broken_handshake();
  std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }
  Strangers snapshot() const;

 private:
  std::atomic<std::uint64_t> total_{0};
  mutable std::mutex mutex_;
  Strangers seen_;
};

/// Answers ZeroMQ's question "may this key come in?" (ZAP, https://rfc.zeromq.org/spec/27) for every socket of one ZeroMQ context, on a
/// thread of its own, so that a busy owner thread delays no handshake. Without a guard ZeroMQ would let every key in: start it before the
/// socket is bound, stop it after the socket was closed.
class ListenerGuard {
 public:
  /// `zmq_context` and `zmq_socket` (whose failed handshakes are counted) live until stop(). `on_stranger` is called on the guard's thread
  /// after each 1st, 2nd, 4th, 8th ... stranger.
  static Result<std::unique_ptr<ListenerGuard>> start(void* zmq_context, void* zmq_socket, std::shared_ptr<const AllowedKeys> allowed,
                                                      StrangerCount& strangers, std::function<void()> on_stranger);
  ListenerGuard(const ListenerGuard&) = delete;
  ListenerGuard& operator=(const ListenerGuard&) = delete;
  ~ListenerGuard();

 private:
  ListenerGuard(std::shared_ptr<const AllowedKeys> allowed, StrangerCount& strangers, std::function<void()> on_stranger);
  Status open(void* zmq_context, void* zmq_socket);
  void run();
  void answer_question();
  void take_monitor_event();
  void told_of_stranger();

  std::shared_ptr<const AllowedKeys> allowed_;
  StrangerCount& strangers_;
  std::function<void()> on_stranger_;
  void* questions_ = nullptr;  // the thread's own from start to join, as the next
  void* monitor_ = nullptr;
  int stop_descriptor_ = -1;
  std::thread thread_;
};

/// The public_key_text() that the guard gave to the sender (ZAP's User-Id); empty when the message came without security. Borrowed of it.
/// `zmq_message` is a zmq_msg_t*, not the first part of a message on a ROUTER: libzmq 4.3.4 loses it there.
std::string_view key_of_message(void* zmq_message);

}  // namespace sinter::net

// HttpServer: answers to GET and HEAD over HTTP/1.1, for people, scripts and Prometheus. A thread of its own; its owner may be any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"

namespace sinter {

/// What a client may take: each is enforced before the handler hears of a request.
inline constexpr std::size_t kMaxHttpConnections = 64;
inline constexpr std::uint32_t kMaxHttpHeaderBytes = 8u << 10;
inline constexpr std::size_t kMaxHttpTargetBytes = 1'024;
inline constexpr std::int64_t kHttpTimeoutMs = 5'000;

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

struct HttpOptions {
  std::string listen;  // "127.0.0.1:7078", "[::1]:0"; figures, no names; port 0 takes a free one
  Log& log;            // outlives the server
  /// For a whole request to arrive, for an answer to leave, and of silence between two requests.
  std::int64_t timeout_ms = kHttpTimeoutMs;
};

class HttpServer {
 public:
  using Reply = std::function<void(HttpAnswer)>;
  /// On the server's thread, which must not wait: `reply` may be called then or later, from any thread, also when client or server are
  /// gone. `target` is as the client wrote it, such as "/v1/jobs?limit=5".
  using Handler = std::function<void(const std::string& target, Reply reply)>;

  /// A server of an address on loopback refuses requests whose Host is not of loopback: a page of the web whose name was made to mean this
  /// host reads nothing. Connections above kMaxHttpConnections are closed at once. Errors: the address is malformed or occupied.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options, Handler handler);

  virtual ~HttpServer() = default;
  /// "127.0.0.1:7078", with the port that was taken.
  virtual const std::string& address() const = 0;
};

}  // namespace sinter

// HttpServer over Boost.Beast; the only file that sees it. Everything but start(), replies and the destructor runs on the server's thread.
#include "framework/http/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

namespace sinter {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

/// Of one connection; then it is closed, so that nobody holds a place for ever.
constexpr unsigned kMaxRequestsPerConnection = 1'000;

Result<tcp::endpoint> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string rule = "'" + text + "' is no address to serve HTTP at: write one in figures, such as 127.0.0.1:7078";
  if (colon == std::string::npos || colon + 1 == text.size()) return user_error(rule);
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code failed;
  const asio::ip::address address = asio::ip::make_address(host, failed);
  std::uint32_t port = 0;
  for (const char digit : text.substr(colon + 1)) {
    if (digit < '0' || digit > '9' || port > 65'535) return user_error(rule);
    port = port * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (failed || port > 65'535) return user_error(rule);
  return tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

/// Whether the value of a Host header names this host by its loopback.
bool is_loopback_host(std::string_view host) {
  if (host.starts_with("[")) return host.substr(0, host.find(']') + 1) == "[::1]";
  host = host.substr(0, host.find(':'));
  if (host == "localhost") return true;
  boost::system::error_code failed;
  const asio::ip::address address = asio::ip::make_address(std::string(host), failed);
  return !failed && address.is_loopback();
}

class Server;

/// One connection: reads a request, waits for its answer, writes it, again.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, std::uint64_t id, tcp::socket socket);
  void read();
  void answer(HttpAnswer answer);

 private:
  void on_read(beast::error_code failed);
  void on_request();
  void on_written(beast::error_code failed);
  void refuse(unsigned status, const std::string& reason);
  void end();

  Server& server_;
  std::uint64_t id_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kMaxHttpHeaderBytes * 2};
  std::optional<http::request_parser<http::empty_body>> parser_;  // each request has one of its own
  http::response<http::string_body> response_;
  unsigned served_ = 0;
  bool waits_ = false;      // for the handler
  bool head_only_ = false;
  bool last_ = false;       // nothing is read after this answer
};

/// What replies reach the server by, for as long as there is one.
struct Door {
  std::mutex mutex;
  Server* server = nullptr;  // under mutex; null when it has gone
};

class Server final : public HttpServer {
 public:
  Server(HttpOptions options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) { door_->server = this; }

  ~Server() override {
    {
      const std::lock_guard lock(door_->mutex);
      door_->server = nullptr;
    }
    context_.stop();
    if (thread_.joinable()) thread_.join();
    sessions_.clear();
  }

  Status open() {
    SINTER_ASSIGN(const tcp::endpoint endpoint, parse_address(options_.listen));
    boost::system::error_code failed;
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(static_cast<int>(kMaxHttpConnections), failed);
    if (failed) return environment_error("cannot serve HTTP at " + options_.listen + ": " + failed.message(), false);
    const tcp::endpoint bound = acceptor_.local_endpoint(failed);
    if (failed) return environment_error("cannot serve HTTP at " + options_.listen + ": " + failed.message(), false);
    address_ = text_of(bound);
    loopback_ = bound.address().is_loopback();
    accept();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  const std::string& address() const override { return address_; }

  // For sessions.
  std::chrono::milliseconds timeout() const { return std::chrono::milliseconds(options_.timeout_ms); }
  bool admits_host(std::string_view host) const { return !loopback_ || is_loopback_host(host); }
  void forget(std::uint64_t id) { sessions_.erase(id); }

  void ask(std::uint64_t id, const std::string& target) {
    handler_(target, [door = door_, id](HttpAnswer answer) {
      const std::lock_guard lock(door->mutex);
      Server* const server = door->server;
      if (server == nullptr) return;
      asio::post(server->context_, [server, id, answer = std::move(answer)]() mutable {
        if (const auto found = server->sessions_.find(id); found != server->sessions_.end()) found->second->answer(std::move(answer));
      });
    });
  }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) {
        options_.log.warning("an HTTP connection cannot be accepted", {{"reason", failed.message()}});
        // Out of descriptors, most likely: not at once again.
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([this](beast::error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      if (sessions_.size() < kMaxHttpConnections) {
        const std::uint64_t id = next_session_++;
        const auto session = std::make_shared<Session>(*this, id, std::move(socket));
        sessions_.emplace(id, session);
        session->read();
      }
      accept();
    });
  }

  HttpOptions options_;
  Handler handler_;
  std::string address_;
  bool loopback_ = true;
  std::shared_ptr<Door> door_ = std::make_shared<Door>();
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::uint64_t next_session_ = 1;
  std::map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

Session::Session(Server& server, std::uint64_t id, tcp::socket socket) : server_(server), id_(id), stream_(std::move(socket)) {}

void Session::read() {
  parser_.emplace();
  parser_->header_limit(kMaxHttpHeaderBytes);
  parser_->body_limit(0);
  // One deadline for all of it: whoever sends a byte now and then gains nothing.
  stream_.expires_after(server_.timeout());
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code failed, std::size_t) { self->on_read(failed); });
}

void Session::on_read(beast::error_code failed) {
  if (!failed) return on_request();
  last_ = true;
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow)
    return refuse(431, "a request has at most " + std::to_string(kMaxHttpHeaderBytes) + " bytes (kMaxHttpHeaderBytes)");
  if (failed == http::error::body_limit || failed == http::error::unexpected_body) return refuse(413, "a request here has no body");
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return end();
  if (failed.category() == http::make_error_code(http::error::bad_method).category()) return refuse(400, failed.message());
  end();
}

void Session::on_request() {
  const auto& request = parser_->get();
  last_ = !request.keep_alive() || ++served_ >= kMaxRequestsPerConnection;
  head_only_ = request.method() == http::verb::head;
  if (request.method() != http::verb::get && !head_only_) {
    last_ = true;  // whatever follows may be its body
    return refuse(405, "only GET and HEAD are answered: this side of a tracker can be looked at, not changed");
  }
  const std::string_view host(request[http::field::host].data(), request[http::field::host].size());
  if (!server_.admits_host(host)) return refuse(403, "a listener on loopback answers requests for loopback only, by their Host header");
  if (request.target().size() > kMaxHttpTargetBytes)
    return refuse(414, "a path has at most " + std::to_string(kMaxHttpTargetBytes) + " bytes (kMaxHttpTargetBytes)");
  waits_ = true;
  server_.ask(id_, std::string(request.target().data(), request.target().size()));
}

void Session::refuse(unsigned status, const std::string& reason) {
  waits_ = true;
  answer({status, "text/plain; charset=utf-8", reason + "\n"});
}

void Session::answer(HttpAnswer answer) {
  if (!waits_) return;
  waits_ = false;
  response_ = {};
  response_.version(11);
  response_.result(answer.status);
  response_.set(http::field::content_type, answer.content_type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
  response_.keep_alive(!last_);
  response_.content_length(answer.body.size());
  if (!head_only_) response_.body() = std::move(answer.body);
  stream_.expires_after(server_.timeout());
  http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code failed, std::size_t) { self->on_written(failed); });
}

void Session::on_written(beast::error_code failed) {
  if (failed || last_) return end();
  read();
}

void Session::end() {
  beast::error_code ignored;
  ignored = stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.close();
  server_.forget(id_);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options, Handler handler) {
  auto server = std::make_unique<Server>(options, std::move(handler));
  SINTER_TRY(server->open());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace sinter

// A server and clients of the exchange over real loopback sockets, files in memory, and a connector that spoils messages. Test code.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/bulk_socket.hpp"
#include "base/random.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/exchange_server.hpp"
#include "shuffle/run/announced_reads.hpp"

namespace sinter::testing {

inline std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

inline void announce(const ReadableFile& file, std::uint64_t offset, std::uint64_t size) {
  dynamic_cast<const AnnouncedReads&>(file).will_read(offset, size);
}

/// What may happen to a message between two hosts.
struct Spoiling {
  double drop = 0;
  double damage = 0;
  double twice = 0;
};

/// A connector that loses, damages and doubles, by seed, what it sends and what it receives.
class SpoilingConnector final : public net::BulkConnector {
 public:
  SpoilingConnector(std::unique_ptr<net::BulkConnector> inner, const Spoiling& spoiling, std::uint64_t seed)
      : inner_(std::move(inner)), spoiling_(spoiling), random_(seed) {}
  Status connect(const std::string& endpoint) override { return inner_->connect(endpoint); }
  void disconnect(const std::string& endpoint) override { inner_->disconnect(endpoint); }
  net::SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) override {
    if (random_.chance(spoiling_.drop)) return net::SendOutcome::Sent;
    if (random_.chance(spoiling_.twice)) (void)inner_->send(route, bytes, owner);
    if (!random_.chance(spoiling_.damage)) return inner_->send(route, bytes, std::move(owner));
    const auto copy = damaged(bytes);
    return inner_->send(route, *copy, copy);
  }
  Result<bool> receive(net::BulkMessage& message) override {
    if (!again_.route.empty()) {
      message = std::exchange(again_, {});
      return true;
    }
    while (true) {
      SINTER_ASSIGN(const bool got, inner_->receive(message));
      if (!got) return false;
      if (random_.chance(spoiling_.drop)) continue;
      if (random_.chance(spoiling_.twice)) again_ = message;
      if (random_.chance(spoiling_.damage) && !message.bytes.empty()) {
        const auto copy = damaged(message.bytes);
        message.bytes = *copy;
        message.owner = copy;
      }
      return true;
    }
  }
  Status wait(std::int64_t timeout_ms) override { return again_.route.empty() ? inner_->wait(timeout_ms) : Status(); }
  void wake() override { inner_->wake(); }
  void close() override { inner_->close(); }
  const std::string& endpoint() const override { return inner_->endpoint(); }

 private:
  std::shared_ptr<std::string> damaged(std::string_view bytes) {
    auto copy = std::make_shared<std::string>(bytes);
    char& byte = (*copy)[static_cast<std::size_t>(random_.below(copy->size()))];
    byte = static_cast<char>(byte ^ (1 << random_.below(8)));
    return copy;
  }

  std::unique_ptr<net::BulkConnector> inner_;
  Spoiling spoiling_;
  Random random_;
  net::BulkMessage again_;
};

/// A connector to a host that is far: under another endpoint than it listens at here, over a link of so many bytes a millisecond.
class FarConnector final : public net::BulkConnector {
 public:
  static constexpr const char* kFar = "tcp://10.9.9.9:7";
  FarConnector(std::string near, double bytes_per_ms)
      : near_(std::move(near)), bytes_per_ms_(bytes_per_ms), inner_(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes).value()) {}
  Status connect(const std::string&) override { return inner_->connect(near_); }
  void disconnect(const std::string&) override { inner_->disconnect(near_); }
  net::SendOutcome send(const std::string&, std::string_view bytes, std::shared_ptr<const void> owner) override {
    return inner_->send(near_, bytes, std::move(owner));
  }
  Result<bool> receive(net::BulkMessage& message) override {
    const auto now_ms = static_cast<double>(clock_.now_ms());
    if (held_.route.empty()) {
      SINTER_ASSIGN(const bool got, inner_->receive(held_));
      if (!got) return false;
      due_ms_ = std::max(now_ms, due_ms_) + static_cast<double>(held_.bytes.size()) / bytes_per_ms_;
    }
    if (now_ms < due_ms_) return false;
    message = std::exchange(held_, {});
    message.route = kFar;
    return true;
  }
  Status wait(std::int64_t timeout_ms) override {
    if (held_.route.empty()) return inner_->wait(timeout_ms);
    ::usleep(1'000);
    return {};
  }
  void wake() override { inner_->wake(); }
  void close() override { inner_->close(); }
  const std::string& endpoint() const override { return inner_->endpoint(); }

 private:
  std::string near_;
  double bytes_per_ms_;
  std::unique_ptr<net::BulkConnector> inner_;
  SteadyClock clock_;
  net::BulkMessage held_;
  double due_ms_ = 0;
};

/// One serving host; names are paths below "/served/".
class ExchangeHosts : public ::testing::Test {
 protected:
  static constexpr const char* kAnyPort = "tcp://127.0.0.1:*";

  ExchangeHosts() {
    log_.add_sink(make_memory_log_sink(log_lines_));
    EXPECT_TRUE(files_->make_directories("/served").ok());
  }

  void serve(const ExchangeServerOptions& options = {}, const std::string& endpoint = kAnyPort) {
    auto socket = net::make_zmq_bulk_listener(endpoint, kMaxExchangeRequestBytes);
    ASSERT_TRUE(socket.ok()) << socket.error().to_string();
    server_ = ExchangeServer::start(std::move(socket).value(), *files_, [](const std::string& name) { return resolve(name); }, options,
                                    clock_, log_);
    endpoint_ = server_->endpoint();
  }
  static Result<std::string> resolve(const std::string& name) {
    if (name.starts_with("secret")) return user_error("nobody may have '" + name + "'");
    return "/served/" + name;
  }
  void put(const std::string& name, std::string_view bytes) {
    const std::string path = "/served/" + name;
    ASSERT_TRUE(files_->make_directories(directory_of(path)).ok());
    ASSERT_TRUE(write_file(*files_, path, bytes).ok());
  }
  std::unique_ptr<ExchangeClient> client(const ExchangeClientOptions& options = {}) {
    return ExchangeClient::start(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes).value(), options, clock_, log_);
  }
  std::unique_ptr<ExchangeClient> spoiled_client(const ExchangeClientOptions& options, const Spoiling& spoiling, std::uint64_t seed) {
    auto inner = net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes).value();
    return ExchangeClient::start(std::make_unique<SpoilingConnector>(std::move(inner), spoiling, seed), options, clock_, log_);
  }
  /// Quick to notice losses.
  static ExchangeClientOptions impatient() {
    ExchangeClientOptions options;
    options.answer_timeout_ms = 100;
    options.first_retry_ms = 1;
    options.max_retry_ms = 20;
    options.attempts = 30;
    return options;
  }
  static std::string read_all(const ReadableFile& file, std::size_t step) {
    std::string bytes;
    std::string part(step, '\0');
    while (true) {
      const auto got = file.read_at(bytes.size(), part.data(), part.size());
      EXPECT_TRUE(got.ok()) << (got.ok() ? "" : got.error().to_string());
      if (!got.ok() || *got == 0) return bytes;
      bytes.append(part, 0, *got);
    }
  }
  /// Waits until `condition`, ten seconds at most.
  template <class Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 1'000; ++i) {
      if (condition()) return true;
      ::usleep(10'000);
    }
    return false;
  }

  SteadyClock clock_;
  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_{LogLevel::Debug};
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  std::unique_ptr<ExchangeServer> server_;
  std::string endpoint_;
};

}  // namespace sinter::testing

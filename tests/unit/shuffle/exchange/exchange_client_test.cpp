// Files of another host: any read gives the file's bytes, through losses and restarts, within the budget, or an error that names the file.
#include "shuffle/exchange/exchange_client.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "shuffle/exchange/fetch_failure.hpp"
#include "tests/unit/shuffle/exchange/exchange_hosts.hpp"

namespace sinter::testing {
namespace {

class ExchangeClientTest : public ExchangeHosts {
 protected:
  /// Random reads, sequential stretches among them, are equal to the file.
  void read_randomly(const ReadableFile& file, const std::string& content, Random& random, int reads) {
    std::string buffer;
    std::uint64_t next = 0;
    for (int i = 0; i < reads; ++i) {
      const std::uint64_t offset = random.chance(0.7) ? next : random.below(content.size() + 10);
      buffer.assign(static_cast<std::size_t>(random.below(random.chance(0.1) ? 3'000'000 : 100'000)), '?');
      if (random.chance(0.1)) announce(file, offset, random.below(2'000'000));
      const auto got = file.read_at(offset, buffer.data(), buffer.size());
      ASSERT_TRUE(got.ok()) << got.error().to_string();
      const std::string_view expected =
          offset >= content.size() ? std::string_view() : std::string_view(content).substr(offset, buffer.size());
      ASSERT_EQ(*got, expected.size()) << "at " << offset;
      ASSERT_TRUE(std::string_view(buffer).substr(0, *got) == expected) << "at " << offset;
      next = offset + *got;
    }
  }
};

TEST_F(ExchangeClientTest, reads_any_bytes_of_a_file) {
  const std::uint64_t seed = 31;
  SCOPED_TRACE(seed);
  Random random(seed);
  serve();
  const auto client = this->client();
  for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 65'536u, 65'537u, 5'000'000u}) {
    const std::string name = "job-1/file-" + std::to_string(size);
    const std::string content = random_bytes(random, size);
    put(name, content);
    const auto file = client->open(endpoint_, name);
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->size_bytes(), size);
    EXPECT_TRUE((*file)->map().empty());
    read_randomly(**file, content, random, 100);
    EXPECT_TRUE(read_all(**file, 77'777) == content);
  }
  EXPECT_EQ(client->counters().repeated_pieces, 0u);
  EXPECT_EQ(client->counters().bad_answers, 0u);
}

TEST_F(ExchangeClientTest, losses_damage_and_doubles_change_no_byte) {
  std::uint64_t bad_answers = 0;
  std::uint64_t stale_answers = 0;
  for (std::uint64_t seed = 40; seed < 44; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::string content = random_bytes(random, 2'000'000);
    put("file", content);
    serve();
    ExchangeClientOptions options = impatient();
    options.frame_bytes = 64 * kKiB;
    options.budget_bytes = 512 * kKiB;
    const auto client = spoiled_client(options, {0.1, 0.1, 0.1}, seed);
    const auto file = client->open(endpoint_, "file");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_TRUE(read_all(**file, 50'000) == content);
    read_randomly(**file, content, random, 10);
    const ExchangeClientCounters counters = client->counters();
    EXPECT_GT(counters.repeated_pieces, 0u);
    EXPECT_LE(counters.peak_bytes, options.budget_bytes - options.frame_bytes);
    bad_answers += counters.bad_answers;
    stale_answers += counters.stale_answers;
  }
  EXPECT_GT(bad_answers, 0u);
  EXPECT_GT(stale_answers, 0u);
}

TEST_F(ExchangeClientTest, a_server_that_starts_anew_is_asked_again) {
  Random random(32);
  const std::string content = random_bytes(random, 4'000'000);
  put("file", content);
  serve();
  ExchangeClientOptions options = impatient();
  options.attempts = 100;
  options.budget_bytes = 2 * options.frame_bytes;
  const auto client = this->client(options);
  const auto file = client->open(endpoint_, "file");
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  std::string begin(1'000'000, '\0');
  ASSERT_EQ((*file)->read_at(0, begin.data(), begin.size()).value(), begin.size());
  const std::string endpoint = endpoint_;
  server_.reset();
  std::thread later([&] {
    ::usleep(300'000);
    serve({}, endpoint);
  });
  const std::string all = read_all(**file, 128'000);
  later.join();
  EXPECT_TRUE(all == content);
  EXPECT_GT(client->counters().repeated_pieces, 0u);
}

TEST_F(ExchangeClientTest, gives_up_with_an_error_that_a_scheduler_can_read) {
  put("job-1/run", std::string(500'000, 'x'));
  serve();
  ExchangeClientOptions options = impatient();
  options.answer_timeout_ms = 400;
  options.attempts = 3;
  const auto client = this->client(options);
  const auto file = client->open(endpoint_, "job-1/run");
  ASSERT_TRUE(file.ok());
  server_.reset();
  std::string buffer(1'000, '\0');
  const auto got = (*file)->read_at(100'000, buffer.data(), buffer.size());
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().fault(), Fault::Environment);
  EXPECT_TRUE(got.error().retriable());
  EXPECT_EQ(fetch_failure(got.error()), (FetchFailure{endpoint_, "job-1/run"}));
  EXPECT_EQ(got.error().to_string(),
            "no answer for 400 ms, after 3 attempts (while fetching 'job-1/run' from '" + endpoint_ + "')");
  const auto opened = client->open(endpoint_, "job-1/run");
  ASSERT_FALSE(opened.ok());
  EXPECT_TRUE(fetch_failure(opened.error()).has_value());
}

TEST_F(ExchangeClientTest, says_what_is_not_served_changed_or_unreadable) {
  put("file", std::string(500'000, 'x'));
  ExchangeServerOptions reopening;
  reopening.file_reuse_ms = 0;
  serve(reopening);
  const auto client = this->client();
  for (const char* name : {"missing", "secret/key"}) {
    const auto opened = client->open(endpoint_, name);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().to_string().find("does not serve this file"), std::string::npos);
    EXPECT_EQ(fetch_failure(opened.error()), (FetchFailure{endpoint_, name}));
  }
  EXPECT_FALSE(client->open(endpoint_, "../secret").ok());
  EXPECT_FALSE(client->open("nonsense", "file").ok());
  const auto file = client->open(endpoint_, "file");
  ASSERT_TRUE(file.ok());
  put("file", std::string(400'000, 'y'));
  std::string buffer(1'000, '\0');
  const auto got = (*file)->read_at(100'000, buffer.data(), buffer.size());
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().to_string().find("has changed"), std::string::npos);
}

TEST_F(ExchangeClientTest, context_does_not_hide_a_fetch_failure) {
  const FetchFailure failure{"tcp://10.0.0.1:7", "job-1/run"};
  EXPECT_EQ(fetch_failure(fetch_error(failure, "gone").with_context("while reducing")), failure);
  EXPECT_EQ(fetch_failure(environment_error("no").with_context("while fetching eggs")), std::nullopt);
}

TEST_F(ExchangeClientTest, many_files_at_once_stay_within_the_budget) {
  Random random(33);
  serve();
  ExchangeClientOptions options;
  options.frame_bytes = 128 * kKiB;
  options.budget_bytes = kMiB;
  const auto client = this->client(options);
  std::vector<std::string> contents;
  std::vector<std::unique_ptr<ReadableFile>> files;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "file-" + std::to_string(i);
    contents.push_back(random_bytes(random, 300'000));
    put(name, contents.back());
    files.push_back(client->open(endpoint_, name).value());
  }
  for (const auto& file : files) announce(*file, 0, file->size_bytes());
  std::string buffer(30'000, '\0');
  for (std::uint64_t at = 0; at < 300'000; at += buffer.size()) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      ASSERT_EQ(files[i]->read_at(at, buffer.data(), buffer.size()).value(), buffer.size());
      ASSERT_TRUE(std::string_view(contents[i]).substr(at, buffer.size()) == buffer) << "file " << i << " at " << at;
    }
  }
  EXPECT_LE(client->counters().peak_bytes, options.budget_bytes - options.frame_bytes);
  EXPECT_LE(server_->counters().peak_bytes, 2 * options.budget_bytes);
}

TEST_F(ExchangeClientTest, a_slow_reader_does_not_slow_a_fast_one) {
  Random random(34);
  const std::string content = random_bytes(random, 20'000'000);
  put("file", content);
  serve();
  ExchangeClientOptions options;
  options.budget_bytes = 4 * kMiB;
  const auto slow_client = client(options);
  const auto slow = slow_client->open(endpoint_, "file").value();
  announce(*slow, 0, content.size());
  char byte = 0;
  ASSERT_TRUE(slow->read_at(0, &byte, 1).ok());  // and then it computes
  const auto fast_client = client(options);
  const auto fast = fast_client->open(endpoint_, "file").value();
  EXPECT_TRUE(read_all(*fast, 1'000'000) == content);
  EXPECT_LE(slow_client->counters().data_bytes, options.budget_bytes);
  EXPECT_TRUE(read_all(*slow, 1'000'000) == content);
}

TEST_F(ExchangeClientTest, threads_share_a_client) {
  Random random(35);
  const std::string content = random_bytes(random, 3'000'000);
  put("file", content);
  serve();
  ExchangeClientOptions options;
  options.frame_bytes = 64 * kKiB;
  options.budget_bytes = 128 * kKiB;  // hardly any: they take turns with the one frame
  const auto client = this->client(options);
  std::atomic<int> good = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      const auto file = client->open(endpoint_, "file");
      if (file.ok() && read_all(**file, 200'000) == content) ++good;
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(good, 4);
}

TEST_F(ExchangeClientTest, small_files_are_opened_and_read_in_few_requests) {
  serve();
  const auto client = this->client();
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) {
    names.push_back("job-1/map-" + std::to_string(i) + "/run");
    put(names.back(), std::string(1'000, static_cast<char>('a' + i % 26)));
  }
  client->prefetch(endpoint_, names);
  for (int i = 0; i < 200; ++i) {
    const auto file = client->open(endpoint_, names[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(read_all(**file, 1'000), std::string(1'000, static_cast<char>('a' + i % 26)));
  }
  EXPECT_LE(client->counters().requests, 200u * 65 / 1'024 + 2);
}

TEST_F(ExchangeClientTest, prefetched_files_that_nobody_opens_make_room) {
  put("file", std::string(400'000, 'f'));
  put("other", std::string(400'000, 'o'));
  serve();
  ExchangeClientOptions options;
  options.frame_bytes = 64 * kKiB;
  options.budget_bytes = 192 * kKiB;
  const auto client = this->client(options);
  client->prefetch(endpoint_, {"file", "file", "missing", "bad name", "file"});
  const auto other = client->open(endpoint_, "other");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(read_all(**other, 50'000), std::string(400'000, 'o'));
  EXPECT_FALSE(client->open(endpoint_, "missing").ok());
}

TEST_F(ExchangeClientTest, reads_ahead_of_a_sequential_reader_and_never_behind_what_was_announced) {
  put("file", std::string(20'000'000, 'x'));
  serve();
  const auto client = this->client();
  std::string buffer(100'000, '\0');
  {
    const auto file = client->open(endpoint_, "file").value();
    announce(*file, 1'000'000, 3'000'000);
    for (std::uint64_t at = 1'000'000; at < 4'000'000; at += buffer.size())
      ASSERT_TRUE(file->read_at(at, buffer.data(), buffer.size()).ok());
  }
  const std::uint64_t opening = 64 + ExchangeClientOptions().tail_bytes;
  EXPECT_EQ(client->counters().data_bytes, 3'000'000 + opening);
}

TEST_F(ExchangeClientTest, keys_that_are_allowed_read_and_others_do_not) {
  put("file", std::string(3'000'000, 'k'));
  const auto node = std::make_shared<net::KeyPair>(net::make_key_pair());
  const auto reader = std::make_shared<net::KeyPair>(net::make_key_pair());
  const auto stranger = std::make_shared<net::KeyPair>(net::make_key_pair());
  const auto allowed = std::make_shared<net::AllowedKeys>();
  allowed->allow(reader->public_key);
  std::atomic<bool> may_ask = true;
  ExchangeServerOptions options;
  options.may_ask = [&](const std::string& key) { return may_ask && key == net::public_key_text(reader->public_key); };
  auto socket = net::make_zmq_bulk_listener(kAnyPort, kMaxExchangeRequestBytes, net::SocketSecurity::for_listener(node, allowed));
  ASSERT_TRUE(socket.ok()) << socket.error().to_string();
  server_ = ExchangeServer::start(std::move(socket).value(), *files_, [](const std::string& name) { return resolve(name); }, options,
                                  clock_, log_);
  endpoint_ = server_->endpoint();
  const auto client_with = [&](const std::shared_ptr<const net::KeyPair>& own, std::int64_t timeout_ms) {
    const auto security_of = [&node, own](const std::string&) { return net::SocketSecurity::for_connection(own, node->public_key); };
    ExchangeClientOptions patient = impatient();
    patient.answer_timeout_ms = timeout_ms;
    patient.attempts = 2;
    return ExchangeClient::start(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes, security_of).value(), patient, clock_, log_);
  };
  const auto good = client_with(reader, 2'000);
  const auto file = good->open(endpoint_, "file");
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  EXPECT_TRUE(read_all(**file, 100'000) == std::string(3'000'000, 'k'));
  EXPECT_FALSE(client_with(stranger, 500)->open(endpoint_, "file").ok());
  EXPECT_TRUE(eventually([&] { return log_lines_->contains("somebody was not let in"); }));
  EXPECT_TRUE(log_lines_->contains(net::public_key_text(stranger->public_key)));
  EXPECT_FALSE(client()->open("tcp://10.255.255.1:1", "file").ok());  // off this host without security
  may_ask = false;
  EXPECT_FALSE(good->open(endpoint_, "file").ok());
  EXPECT_GT(server_->counters().refused_keys, 0u);
}

TEST_F(ExchangeClientTest, files_outlive_their_client_and_say_so) {
  put("file", std::string(400'000, 'x'));
  serve();
  auto client = this->client();
  const auto file = client->open(endpoint_, "file").value();
  client.reset();
  char byte = 0;
  EXPECT_FALSE(file->read_at(100'000, &byte, 1).ok());
  EXPECT_EQ(file->read_at(0, &byte, 1).value(), 1u);  // came with the opening
}

/// A connection to nowhere, which takes nothing, until it is closed so many times.
class DeadConnector final : public net::BulkConnector {
 public:
  explicit DeadConnector(int deaths) : deaths_(deaths), inner_(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes).value()) {}
  Status connect(const std::string& endpoint) override { return inner_->connect(endpoint); }
  void disconnect(const std::string& endpoint) override {
    --deaths_;
    inner_->disconnect(endpoint);
  }
  net::SendOutcome send(const std::string& route, std::string_view bytes, std::shared_ptr<const void> owner) override {
    return deaths_ > 0 ? net::SendOutcome::Full : inner_->send(route, bytes, std::move(owner));
  }
  Result<bool> receive(net::BulkMessage& message) override { return inner_->receive(message); }
  Status wait(std::int64_t timeout_ms) override { return inner_->wait(timeout_ms); }
  void wake() override { inner_->wake(); }
  void close() override { inner_->close(); }
  const std::string& endpoint() const override { return inner_->endpoint(); }

 private:
  int deaths_;
  std::unique_ptr<net::BulkConnector> inner_;
};

TEST_F(ExchangeClientTest, a_connection_that_takes_nothing_is_made_anew_or_given_up) {
  put("file", "content");
  serve();
  ExchangeClientOptions options = impatient();
  // As many attempts as a busy machine needs: an answer that takes 100 ms is no fault here.
  const auto lucky = ExchangeClient::start(std::make_unique<DeadConnector>(2), options, clock_, log_);
  const auto file = lucky->open(endpoint_, "file");
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  EXPECT_EQ(read_all(**file, 10), "content");
  options.attempts = 3;
  const auto unlucky = ExchangeClient::start(std::make_unique<DeadConnector>(1'000), options, clock_, log_);
  const auto none = unlucky->open(endpoint_, "file");
  ASSERT_FALSE(none.ok());
  EXPECT_TRUE(fetch_failure(none.error()).has_value());
  EXPECT_NE(none.error().to_string().find("no connection for 100 ms, after 3 attempts"), std::string::npos) << none.error().to_string();
}

TEST_F(ExchangeClientTest, an_idle_connection_is_closed_and_made_again) {
  put("file", "content");
  serve();
  // Patient otherwise: on a busy machine an answer may take longer than an impatient client waits.
  ExchangeClientOptions options;
  options.idle_connection_ms = 50;
  const auto client = this->client(options);
  ASSERT_TRUE(client->open(endpoint_, "file").ok());
  ::usleep(200'000);
  EXPECT_EQ(read_all(*client->open(endpoint_, "file").value(), 10), "content");
  EXPECT_EQ(client->counters().repeated_pieces, 0u);
}

TEST_F(ExchangeClientTest, what_a_slow_link_carries_is_compressed_when_it_shrinks) {
  const std::uint64_t seed = 36;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::string claims;
  while (claims.size() < 24'000'000)
    claims += std::to_string(random.below(1'000'000)) + ",shop-" + std::to_string(random.below(9)) + ",a title of it,paperback\n";
  put("claims", claims);
  const std::string noise = random_bytes(random, 12'000'000);
  put("noise", noise);
  serve();
  ExchangeClientOptions options;
  options.budget_bytes = 4 * kMiB;
  options.frame_bytes = 256 * kKiB;
  for (const std::string& content : {claims, noise}) {
    const bool shrinks = content == claims;
    const auto client = ExchangeClient::start(std::make_unique<FarConnector>(endpoint_, 10'000), options, clock_, log_);
    const auto file = client->open(FarConnector::kFar, shrinks ? "claims" : "noise");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_TRUE(read_all(**file, 128'000) == content);
    const ExchangeClientCounters counters = client->counters();
    EXPECT_GE(counters.data_bytes, content.size());
    EXPECT_EQ(counters.bad_answers, 0u);
    if (shrinks) {
      EXPECT_LT(5 * counters.carried_bytes, 4 * counters.data_bytes);
    } else {
      EXPECT_EQ(counters.carried_bytes, counters.data_bytes);
    }
  }
  EXPECT_LT(server_->counters().carried_bytes, server_->counters().data_bytes);
  EXPECT_TRUE(log_lines_->contains("is compressed otherwise"));
}

TEST_F(ExchangeClientTest, nothing_is_compressed_on_one_host_or_when_that_is_not_wanted) {
  const std::string content(12'000'000, 'x');
  put("file", content);
  serve();
  ExchangeClientOptions options;
  options.compress = false;
  const auto far = ExchangeClient::start(std::make_unique<FarConnector>(endpoint_, 100'000), options, clock_, log_);
  EXPECT_TRUE(read_all(*far->open(FarConnector::kFar, "file").value(), 128'000) == content);
  EXPECT_EQ(far->counters().carried_bytes, far->counters().data_bytes);
  const auto near = client();
  EXPECT_TRUE(read_all(*near->open(endpoint_, "file").value(), 128'000) == content);
  EXPECT_EQ(near->counters().carried_bytes, near->counters().data_bytes);
}

}  // namespace
}  // namespace sinter::testing

// What strangers, thieves and members that lie do to a tracker and its nodes over their real ports: they are refused, counted and told of
// in the log, and the jobs of others go on and give the same bytes.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/net/key_file.hpp"
#include "base/random.hpp"
#include "framework/access/gatekeeper.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/identity.hpp"
#include "framework/cluster/node_messages.hpp"
#include "framework/cluster/status_messages.hpp"
#include "framework/cluster/transport_options.hpp"
#include "framework/runtime/job_layout.hpp"
#include "framework/runtime/messages.hpp"
#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"
#include "tests/cluster/relay.hpp"

namespace sinter::testing {
namespace {

using cluster::Kind;

int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

Socket connected_to(int port) {
  Socket socket = connect_to(port);
  EXPECT_GE(socket->number(), 0);
  return socket;
}

/// Ports on which the process listens for TCP.
std::vector<int> listening_ports(pid_t process) {
  std::vector<std::string> sockets;
  const std::string proc = "/proc/" + std::to_string(process);
  for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd")) {
    std::error_code gone;
    const std::string link = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && link.starts_with("socket:[")) sockets.push_back(link.substr(8, link.size() - 9));
  }
  std::vector<int> ports;
  std::ifstream table(proc + "/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string number, local, remote, state, queues, timer, retries, user, timeout, inode;
    fields >> number >> local >> remote >> state >> queues >> timer >> retries >> user >> timeout >> inode;
    if (state == "0A" && std::find(sockets.begin(), sockets.end(), inode) != sockets.end())
      ports.push_back(static_cast<int>(std::stol(local.substr(local.find(':') + 1), nullptr, 16)));
  }
  return ports;
}

/// The first bytes of ZeroMQ's protocol, for a security mechanism.
std::string greeting(const std::string& mechanism) {
  std::string text("\xff\0\0\0\0\0\0\0\1\x7f\3\0", 12);
  text += mechanism + std::string(20 - mechanism.size(), '\0');
  return text + std::string(32, '\0');
}

/// A member of the cluster, by a key of this user, that says what it likes.
class Member {
 public:
  Member(const std::string& address, AccessRole role) : log_(LogLevel::Error) {
    auto security = cluster::Identity(std::getenv("SINTER_HOME"), address).security(role);
    EXPECT_TRUE(security.ok());
    auto transport = net::connect(cluster::endpoint_of(address), cluster::cluster_transport_options(*security), clock_, log_);
    EXPECT_TRUE(transport.ok());
    transport_ = std::move(*transport);
  }
  template <class T>
  void tell(const T& message) {
    say({static_cast<std::uint16_t>(T::kKind), cluster::pack(message).body});
  }
  void say(net::Message message) { EXPECT_TRUE(transport_->send(net::kListener, std::move(message)).ok()); }
  /// The next message; nothing after some time.
  std::optional<net::Message> hear(int ms) {
    const SteadyMs until = clock_.now_ms() + ms;
    while (clock_.now_ms() < until) {
      auto event = transport_->receive(until - clock_.now_ms());
      if (event.ok() && *event && (*event)->kind == net::EventKind::Message) return (*event)->message;
    }
    return std::nullopt;
  }
  /// What a Refused says; else empty.
  std::string refusal() {
    const auto message = hear(5'000);
    if (!message || message->kind != static_cast<std::uint16_t>(Kind::Refused)) return "";
    const auto refused = cluster::unpack<cluster::Refused>(*message);
    return refused.ok() ? refused->error.message : "";
  }

 private:
  SteadyClock clock_;
  Log log_;
  std::unique_ptr<net::Transport> transport_;
};

cluster::NodeHello hello_of(const std::string& name) {
  cluster::NodeHello hello;
  hello.name = name;
  hello.host = name;
  hello.endpoint = "tcp://127.0.0.1:1";
  hello.memory_bytes = 1 << 30;
  hello.identity = 0x1a7;
  return hello;
}

class BadPeersTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kRows = 40'000;

  /// A job that runs on the cluster gives what it gives here, while `meanwhile` happens.
  static void expect_undisturbed(Lan& lan, const std::function<void()>& meanwhile) {
    const std::string job = make_readings_job(lan.directory(), kRows);
    const CommandResult here = lan.sinter({"run", job, "-q", "-j", "2", "-o", lan.directory() / "job/out/expected.csv"});
    ASSERT_EQ(here.exit_code, 0) << here.err;
    const auto client = lan.run_in_background(job, {"--force", "--set", "execution.split_size=16KiB"});
    EXPECT_TRUE(wait_until([&] { return !lan.workers(0).empty() || !client->running(); }, 20));
    meanwhile();
    EXPECT_EQ(client->wait(90), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
    EXPECT_TRUE(read_whole_file(lan.directory() / "job/out/fused.csv") == read_whole_file(lan.directory() / "job/out/expected.csv"));
    EXPECT_EQ(read_whole_file(lan.directory() / "job/out/fused.csv.rejects.jsonl"),
              read_whole_file(lan.directory() / "job/out/expected.csv.rejects.jsonl"));
  }
  static bool logged(const Lan& lan, const std::string& words) {
    return wait_until([&] { return lan.log_of_tracker().find(words) != std::string::npos; }, 10);
  }
};

TEST_F(BadPeersTest, scans_garbage_and_broken_handshakes_at_every_port_change_nothing) {
  Lan lan(2, 1);
  std::vector<int> ports = listening_ports(lan.node(0).pid());
  ASSERT_EQ(ports.size(), 1u) << "a node listens for those who fetch results";
  ports.push_back(port_of(lan.address()));
  expect_undisturbed(lan, [&] {
    Random random(5);
    std::string noise(64 << 10, '\0');
    for (char& letter : noise) letter = static_cast<char>(random.below(256));
    std::vector<Socket> silent;
    for (const int port : ports) {
      for (int i = 0; i < 50; ++i) (void)connected_to(port);  // a scan
      for (int i = 0; i < 50; ++i) silent.push_back(connected_to(port));
      for (const std::string& text :
           {noise, std::string("GET / HTTP/1.0\r\n\r\n"), greeting("NULL"), greeting("NULL").substr(0, 11), greeting("PLAIN"),
            greeting("CURVE") + std::string("\4\xc8") + "\5HELLO", greeting("CURVE") + noise,
            // A command of 2^63 - 1 bytes.
            greeting("CURVE") + std::string("\6\x7f\xff\xff\xff\xff\xff\xff\xff", 9) + noise}) {
        silent.push_back(connected_to(port));
        say(*silent.back(), text);
      }
    }
    EXPECT_NE(lan.job("nodes").find("node-1"), std::string::npos) << "others are answered all the while";
  });
  EXPECT_TRUE(logged(lan, "somebody was not let in")) << lan.log_of_tracker();
  EXPECT_NE(lan.log_of_tracker().find("broken_handshakes"), std::string::npos);
  EXPECT_TRUE(wait_until([&] { return lan.log_of_node(0).find("somebody was not let in") != std::string::npos; }, 20))
      << lan.log_of_node(0);
}

TEST_F(BadPeersTest, members_say_what_their_role_may_and_nothing_else) {
  Lan lan(1, 1);
  expect_undisturbed(lan, [&] {
    Member node(lan.address(), AccessRole::Node);
    node.tell(cluster::Submit{});
    EXPECT_NE(node.refusal().find("may not send messages of the kind 140"), std::string::npos);
    node.tell(cluster::CancelRun{1});
    EXPECT_NE(node.refusal().find("may not"), std::string::npos);
    node.tell(cluster::Ask{1, "/v1/jobs"});
    EXPECT_NE(node.refusal().find("may not"), std::string::npos);
    node.tell(cluster::KillTask{1, "map-0"});
    EXPECT_NE(node.refusal().find("may not"), std::string::npos);
    Member person(lan.address(), AccessRole::Submit);
    person.tell(hello_of("thief"));
    EXPECT_NE(person.refusal().find("may not"), std::string::npos);
    person.tell(cluster::FromWorker{1, 1, 5, "", "/", {}});
    EXPECT_NE(person.refusal().find("may not"), std::string::npos);
    person.say({999, "what is this"});
    EXPECT_NE(person.refusal().find("may not"), std::string::npos);
    person.tell(cluster::CancelRun{77});
    EXPECT_NE(person.refusal().find("there is no job 77"), std::string::npos);
  });
  EXPECT_TRUE(logged(lan, "refused a message")) << lan.log_of_tracker();
  EXPECT_EQ(lan.job("nodes").find("thief"), std::string::npos);
}

TEST_F(BadPeersTest, broken_messages_and_those_of_other_versions_are_refused_one_by_one) {
  Lan lan(1, 1);
  expect_undisturbed(lan, [&] {
    Member node(lan.address(), AccessRole::Node);
    cluster::NodeHello old = hello_of("old");
    old.protocol_version = 999;
    node.tell(old);
    EXPECT_NE(node.refusal().find("different sinter versions"), std::string::npos);
    const net::Message whole = cluster::pack(hello_of("torn"));
    for (const std::size_t size : {std::size_t{0}, std::size_t{7}, whole.body.size() / 2, whole.body.size() - 1}) {
      node.say({whole.kind, whole.body.substr(0, size)});
      EXPECT_NE(node.refusal(), "") << size << " bytes of a NodeHello";
    }
    cluster::NodeHello greedy = hello_of("greedy");
    greedy.slots = 4'000'000;
    node.tell(greedy);
    EXPECT_NE(node.refusal().find("slots"), std::string::npos);
    node.say({static_cast<std::uint16_t>(Kind::WorkerIsUp), std::string(100'000, 'x')});
    EXPECT_NE(node.refusal().find("may not"), std::string::npos) << "larger than a message of the kind may be";
    Member person(lan.address(), AccessRole::Submit);
    cluster::Submit future;
    future.protocol_version = 2'000'000'000;
    person.tell(future);
    EXPECT_NE(person.refusal().find("different sinter versions"), std::string::npos);
    for (const Kind kind : {Kind::Submit, Kind::WatchRun, Kind::CancelRun}) {
      person.say({static_cast<std::uint16_t>(kind), "\x01garbage\xff"});
      EXPECT_NE(person.refusal(), "");
    }
  });
  EXPECT_TRUE(logged(lan, "a message was refused")) << lan.log_of_tracker();
  const std::string nodes = lan.job("nodes");
  EXPECT_EQ(std::count(nodes.begin(), nodes.end(), '\n'), 1) << nodes;
}

TEST_F(BadPeersTest, a_recorded_submission_cannot_be_played_again) {
  Lan lan(1, 1);
  const std::string job = make_readings_job(lan.directory(), 1'000);
  Relay relay(port_of(lan.address()));
  const std::string detour = "127.0.0.1:" + std::to_string(relay.port());
  const std::string home = lan.directory() / "home/127.0.0.1_";
  std::filesystem::copy(home + std::to_string(port_of(lan.address())), home + std::to_string(relay.port()));
  const CommandResult run = lan.sinter({"run", job, "--cluster", detour, "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::vector<std::string> recorded = relay.recorded();
  std::size_t longest = 0;
  for (const std::string& text : recorded) {
    longest = std::max(longest, text.size());
    const Socket replayed = connected_to(port_of(lan.address()));
    say(*replayed, text);
    char byte = 0;
    // Thrown out, at the latest when its handshake has taken too long.
    pollfd polled{replayed->number(), POLLIN, 0};
    while (::poll(&polled, 1, 10'000) > 0 && ::read(replayed->number(), &byte, 1) > 0) {
    }
  }
  EXPECT_GT(longest, 1'000u) << "the submission";
  const std::string jobs = lan.job("list");
  EXPECT_EQ(std::count(jobs.begin(), jobs.end(), '\n'), 1) << jobs;
  EXPECT_TRUE(logged(lan, "somebody was not let in")) << lan.log_of_tracker();
}

TEST_F(BadPeersTest, a_token_whose_time_is_over_lets_nobody_in) {
  Lan lan(0, 1);
  const std::string data = lan.directory() / "tracker-data";
  const auto files = make_posix_file_system();
  Log quiet(LogLevel::Error);
  lan.tracker().signal(SIGTERM);
  ASSERT_EQ(lan.tracker().wait(10), 0);
  {
    // As if it had been made at another time.
    const auto pair = net::load_or_make_key_pair(data + "/tracker.key");
    ASSERT_TRUE(pair.ok());
    TokenTerms terms;
    terms.lifetime_ms = 1'000;
    auto gatekeeper = Gatekeeper::open(*files, data + "/access", Log::system_time(), quiet);
    ASSERT_TRUE(gatekeeper.ok());
    const auto token = (*gatekeeper)->issue_token(pair->public_key, terms, Log::system_time());
    ASSERT_TRUE(token.ok());
    lan.directory().write("late-token", *token + "\n");
  }
  sleep_ms(1'100);
  lan.start_tracker_again();
  ::setenv("SINTER_HOME", (lan.directory() / "late").c_str(), 1);
  const CommandResult late = lan.sinter({"node", lan.address(), "--token-file", lan.directory() / "late-token", "--name", "late"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_NE(late.err.find("expired"), std::string::npos) << late.err;
  EXPECT_TRUE(logged(lan, "somebody was not let in")) << lan.log_of_tracker();
}

/// A node with a good key that does no work and says it did, each time in another way.
class Liar {
 public:
  explicit Liar(const std::string& address) : member_(address, AccessRole::Node) { member_.tell(hello_of("liar")); }

  /// Answers what it is asked for a while.
  void lie(int ms) {
    const SteadyMs until = clock_.now_ms() + ms;
    while (clock_.now_ms() < until)
      if (const auto message = member_.hear(static_cast<int>(until - clock_.now_ms()))) answer(*message);
  }
  int lies() const { return lies_; }

 private:
  void answer(const net::Message& message) {
    if (const auto start = cluster::unpack<cluster::StartWorker>(message); start.ok()) {
      member_.tell(cluster::WorkerIsUp{start->run, start->worker});
    } else if (const auto kill = cluster::unpack<cluster::KillWorker>(message); kill.ok()) {
      member_.tell(cluster::WorkerIsGone{kill->run, kill->worker, Loss::Killed, "was killed", {}, {}, {}});
    } else if (const auto to = cluster::unpack<cluster::ToWorker>(message); to.ok()) {
      if (const auto run = from_message<RunAttempt>({to->kind, to->body}); run.ok()) work(*to, run->attempt);
    }
  }

  void work(const cluster::ToWorker& to, const AttemptId& attempt) {
    const JobLayout layout("");
    AttemptDone done{attempt, {}, {}, 0};
    net::Message said = to_message(done);
    std::vector<std::string> names{layout.attempt_result(attempt).substr(1)};  // which nobody can fetch
    switch (lies_++) {
      case 0: break;
      case 1:  // results of others
        for (std::uint32_t task = 0; task < 100; ++task) names.push_back(layout.result({0, task}).substr(1));
        break;
      case 2:  // an attempt of somebody else
        done.attempt.task.ordinal += 1;
        said = to_message(done);
        names = {layout.attempt_result(done.attempt).substr(1)};
        break;
      default: said.body = "garbage"; break;
    }
    member_.tell(cluster::FromWorker{to.run, to.worker, said.kind, said.body, "/etc", names});
    if (lies_ == 3) member_.tell(cluster::WorkerIsGone{to.run, to.worker, Loss::Killed, "was killed", {}, {}, {}});
  }

  SteadyClock clock_;
  Member member_;
  int lies_ = 0;
};

TEST_F(BadPeersTest, a_node_that_lies_about_its_output_changes_nothing) {
  Lan lan(2, 1);
  Liar liar(lan.address());
  liar.lie(500);
  ASSERT_NE(lan.job("nodes").find("liar"), std::string::npos);
  const std::string job = make_readings_job(lan.directory(), kRows);
  const CommandResult here = lan.sinter({"run", job, "-q", "-j", "2", "-o", lan.directory() / "job/out/expected.csv"});
  ASSERT_EQ(here.exit_code, 0) << here.err;
  const auto client = lan.run_in_background(job, {"--set", "execution.split_size=16KiB"});
  for (int i = 0; i < 900 && client->running(); ++i) liar.lie(100);
  EXPECT_EQ(client->wait(1), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
  EXPECT_TRUE(read_whole_file(lan.directory() / "job/out/fused.csv") == read_whole_file(lan.directory() / "job/out/expected.csv"));
  EXPECT_GE(liar.lies(), 4);
}

}  // namespace
}  // namespace sinter::testing

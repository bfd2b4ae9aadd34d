// Chaos: jobs on a tracker and three nodes with networks of their own, while processes are killed and stopped, links cut and disks filled
// at times drawn from a seed. The output is that of an undisturbed run, and nothing is left behind.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <utility>

#include "base/random.hpp"
#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"

namespace sinter::testing {
namespace {

/// What a tracker keeps of a job that has ended, see docs/formats/status.md.
const std::set<std::string> kKeptOfJob{"ended", "history", "history.old", "numbers", "logs"};

constexpr int kNodes = 3;
/// The tracker is on host 0, clients on the last one.
constexpr int kHosts = kNodes + 2;
constexpr int kSmallDiskNode = 2;
/// A job that takes longer hangs.
constexpr int kJobLimitS = 120;
/// Longer than anybody waits for the words of another one.
constexpr int kLongMs = 6'000;
/// A slow node works so long, then rests so long.
constexpr int kPauseMs = 50;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

int elapsed_ms(std::chrono::steady_clock::time_point since) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since).count());
}

/// A disk of its own for one node's scratch, larger than what nodes keep free (kScratchHeadroomBytes). It goes before the directory it
/// lies in.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    EXPECT_EQ(::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=320m"), 0) << std::strerror(errno);
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  void fill() const {
    std::ofstream ballast(path_ + "/ballast", std::ios::binary);
    const std::string block(64 << 10, 'x');
    while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void clear() const { std::filesystem::remove(path_ + "/ballast"); }

 private:
  std::string path_;
};

/// What happens, from when to when after the job's submission.
struct Fault {
  std::string name;
  int at_ms = 0;
  int for_ms = 0;
  std::function<void()> begin;
  std::function<void()> end;
};

/// One life of a cluster: a job, its faults, and what is left of it.
class ChaosRun {
 public:
  ChaosRun(Network& network, std::uint64_t seed, int usual_ms) : network_(network), random_(seed), usual_ms_(usual_ms) {
    lan_.add_node(1);
    job_ = make_readings_job(lan_.directory(), 40'000);
  }

  Lan& lan() { return lan_; }

  void draw_faults() {
    const std::uint64_t count = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) faults_.push_back(draw());
    std::sort(faults_.begin(), faults_.end(), [](const Fault& left, const Fault& right) { return left.at_ms < right.at_ms; });
  }

  std::string story() const {
    std::string text;
    for (const Fault& fault : faults_)
      text += "  " + std::to_string(fault.at_ms) + " ms: " + fault.name + " for " + std::to_string(fault.for_ms) + " ms\n";
    return text;
  }

  /// Returns how long the job took.
  int run() {
    client_ = lan_.run_in_background(job_, {"--set", "execution.split_size=16KiB"});
    // Who cannot submit a job is told so; here there is one.
    const std::string submission = lan_.directory() / "tracker-data/jobs/1/submission";
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(submission); }, 20)) << "the job does not begin";
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::pair<int, std::function<void()>>> due;
    for (const Fault& fault : faults_) {
      due.emplace_back(fault.at_ms, fault.begin);
      due.emplace_back(fault.at_ms + fault.for_ms, fault.end);
    }
    std::stable_sort(due.begin(), due.end(), [](const auto& left, const auto& right) { return left.first < right.first; });
    int took = 0;
    // What began is ended, also when the job ends first.
    for (const auto& [at_ms, act] : due) {
      while (elapsed_ms(began) < at_ms) {
        if (took == 0 && !client_->running()) took = elapsed_ms(began);
        const bool pauses = elapsed_ms(began) / kPauseMs % 2 == 0;
        if (pauses != std::exchange(pausing_, pauses)) pause_slow_nodes();
        sleep_ms(2);
      }
      act();
    }
    exit_code_ = client_->wait(kJobLimitS);
    return took == 0 ? elapsed_ms(began) : took;
  }

  /// What is wrong with its output and with what it left, a line each.
  std::string judge(const std::string& fused, const std::string& rejects) {
    std::string wrong;
    const auto is = [&](const std::string& state) { return lan_.job("list").find("1  " + state) != std::string::npos; };
    const auto has_ended = [&] { return is("cancelled") || is("done") || is("failed"); };
    if (client_killed_ && !wait_until(has_ended, 60)) wrong += "the job does not end\n";
    const bool cancelled = client_killed_ && is("cancelled");
    if (!client_killed_ && exit_code_ != 0) wrong += "the client ended with " + std::to_string(exit_code_) + "\n";
    if (!cancelled && read("out/fused.csv") != fused) wrong += "another output\n";
    if (!cancelled && read("out/fused.csv.rejects.jsonl") != rejects) wrong += "other rejects\n";
    if (cancelled && std::filesystem::exists(lan_.directory() / "job/out/fused.csv")) wrong += "an output of a cancelled job\n";
    const auto nodes = [&] { return lan_.job("nodes"); };
    const auto all_idle = [&] {
      const std::string text = nodes();
      return std::count(text.begin(), text.end(), '\n') == kNodes && text.find("1 of 1") == std::string::npos;
    };
    // A job whose client was killed may also have been done before it was missed.
    const std::string job = lan_.job("list");
    if (!cancelled && job.find("1  done") == std::string::npos) wrong += "the job: " + job;
    if (!wait_until(all_idle, 60)) wrong += "not every node is back and idle:\n" + nodes();
    if (!wait_until([&] { return lan_.left_on_nodes().empty(); }, 20)) wrong += "left: " + lan_.left_on_nodes().front() + "\n";
    wrong += lan_.stop();
    for (int node = 0; node < kNodes; ++node)
      if (!std::filesystem::is_empty(lan_.scratch_of(node))) wrong += "scratch of node " + std::to_string(node) + " is not empty\n";
    for (const auto& entry : std::filesystem::directory_iterator(lan_.directory() / "tracker-data/jobs/1"))
      if (!kKeptOfJob.contains(entry.path().filename())) wrong += "left on the tracker: " + entry.path().string() + "\n";
    for (const auto& entry : std::filesystem::directory_iterator(lan_.directory() / "job/out"))
      if (!entry.path().filename().string().starts_with("fused.csv")) wrong += "left beside the output: " + entry.path().string() + "\n";
    if (!wait_until([&] { return network_.processes().empty(); }, 10)) wrong += "a process is left\n";
    return wrong;
  }

  /// Without the name of the directory, in which runs differ.
  std::string read(const std::string& name) const {
    std::string text = read_whole_file(lan_.directory() / ("job/" + name));
    const std::string directory = lan_.directory().path();
    for (std::size_t at = 0; (at = text.find(directory, at)) != std::string::npos;) text.erase(at, directory.size());
    return text;
  }

  std::string logs() const {
    std::string text = "--- client\n" + read_whole_file(lan_.directory() / "client.log") + "--- tracker\n" + lan_.log_of_tracker();
    for (int node = 0; node < kNodes; ++node) text += "--- node " + std::to_string(node) + "\n" + lan_.log_of_node(node);
    return text;
  }

 private:
  /// Mostly something short; now and then so long that others give up.
  int draw_duration() {
    return random_.below(6) == 0 ? kLongMs : static_cast<int>(random_.between(100, 1'500));
  }
  int draw_node() { return static_cast<int>(random_.below(kNodes)); }

  Fault draw() {
    Fault fault;
    fault.at_ms = static_cast<int>(random_.below(static_cast<std::uint64_t>(usual_ms_)));
    fault.for_ms = draw_duration();
    constexpr Fault (ChaosRun::*kKinds[])(Fault) = {
        &ChaosRun::kill_workers, &ChaosRun::stop_workers, &ChaosRun::kill_node, &ChaosRun::stop_node, &ChaosRun::slow_node,
        &ChaosRun::kill_tracker, &ChaosRun::stop_tracker, &ChaosRun::stop_client, &ChaosRun::kill_client, &ChaosRun::cut_one_way,
        &ChaosRun::cut_off, &ChaosRun::lose_packets, &ChaosRun::reset_connections, &ChaosRun::fill_disk, &ChaosRun::narrow_link,
        &ChaosRun::delay_packets, &ChaosRun::disorder_packets};
    return (this->*kKinds[random_.below(std::size(kKinds))])(std::move(fault));
  }

  /// On a busy machine that takes a while.
  static void kill_and_wait(BackgroundCommand& process) {
    process.signal(SIGKILL);
    EXPECT_NE(process.wait(20), -1) << "a process survives SIGKILL";
  }

  void pause_slow_nodes() {
    for (const int node : slow_nodes_) {
      lan_.node(node).signal(pausing_ ? SIGSTOP : SIGCONT);
      signal_workers(node, pausing_ ? SIGSTOP : SIGCONT);
    }
  }

  void signal_workers(int node, int signal) {
    for (const pid_t worker : lan_.workers(node)) ::kill(worker, signal);
  }

  Fault kill_workers(Fault fault) {
    const int node = draw_node();
    fault.name = "kill the worker of node " + std::to_string(node);
    fault.begin = [this, node] { signal_workers(node, SIGKILL); };
    fault.end = [] {};
    return fault;
  }
  Fault stop_workers(Fault fault) {
    const int node = draw_node();
    fault.name = "stop the worker of node " + std::to_string(node);
    fault.begin = [this, node] { signal_workers(node, SIGSTOP); };
    fault.end = [this, node] { signal_workers(node, SIGCONT); };
    return fault;
  }
  Fault kill_node(Fault fault) {
    const int node = draw_node();
    fault.name = "kill node " + std::to_string(node);
    fault.begin = [this, node] { kill_and_wait(lan_.node(node)); };
    fault.end = [this, node] {
      if (!lan_.node(node).running()) lan_.start_node_again(node);
    };
    return fault;
  }
  Fault stop_node(Fault fault) {
    const int node = draw_node();
    fault.name = "stop node " + std::to_string(node);
    fault.begin = [this, node] { lan_.node(node).signal(SIGSTOP); };
    fault.end = [this, node] { lan_.node(node).signal(SIGCONT); };
    return fault;
  }
  /// About half its speed, the node's and that of its workers.
  Fault slow_node(Fault fault) {
    const int node = draw_node();
    fault.name = "slow down node " + std::to_string(node);
    fault.begin = [this, node] { slow_nodes_.insert(node); };
    fault.end = [this, node] {
      slow_nodes_.erase(node);
      lan_.node(node).signal(SIGCONT);
      signal_workers(node, SIGCONT);
    };
    return fault;
  }
  Fault kill_tracker(Fault fault) {
    fault.name = "kill the tracker";
    fault.begin = [this] { kill_and_wait(lan_.tracker()); };
    fault.end = [this] {
      if (!lan_.tracker().running()) lan_.start_tracker_again();
    };
    return fault;
  }
  Fault stop_tracker(Fault fault) {
    fault.name = "stop the tracker";
    fault.begin = [this] { lan_.tracker().signal(SIGSTOP); };
    fault.end = [this] { lan_.tracker().signal(SIGCONT); };
    return fault;
  }
  Fault stop_client(Fault fault) {
    fault.name = "stop the client";
    fault.begin = [this] { client_->signal(SIGSTOP); };
    fault.end = [this] { client_->signal(SIGCONT); };
    return fault;
  }
  Fault kill_client(Fault fault) {
    fault.name = "kill the client";
    fault.begin = [this] {
      client_killed_ = client_killed_ || client_->running();
      client_->signal(SIGKILL);
    };
    fault.end = [] {};
    return fault;
  }
  Fault network_fault(Fault fault, const std::string& name, std::function<int()> begin) {
    fault.name = name;
    const auto number = std::make_shared<int>(-1);
    fault.begin = [number, begin = std::move(begin)] { *number = begin(); };
    fault.end = [this, number] { network_.mend(*number); };
    return fault;
  }
  Fault cut_one_way(Fault fault) {
    const int from = static_cast<int>(random_.below(kHosts));
    const int to = (from + 1 + static_cast<int>(random_.below(kHosts - 1))) % kHosts;
    return network_fault(std::move(fault), "drop what host " + std::to_string(from) + " sends to host " + std::to_string(to),
                         [this, from, to] { return network_.cut(from, to); });
  }
  Fault cut_off(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    return network_fault(std::move(fault), "cut off host " + std::to_string(host), [this, host] { return network_.cut_off(host); });
  }
  Fault lose_packets(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    const int percent = static_cast<int>(random_.between(2, 30));
    return network_fault(std::move(fault), "lose " + std::to_string(percent) + " % at host " + std::to_string(host),
                         [this, host, percent] { return network_.lose(host, percent); });
  }
  Fault reset_connections(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    return network_fault(std::move(fault), "reset connections of host " + std::to_string(host),
                         [this, host] { return network_.reset(host); });
  }
  Fault narrow_link(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    fault.name = "2 Mbit/s for host " + std::to_string(host);
    fault.begin = [this, host] { network_.limit(host, 2); };
    fault.end = [this, host] { network_.limit(host, 0); };
    return fault;
  }
  Fault delay_packets(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    const int ms = static_cast<int>(random_.between(50, 200));
    return network_fault(std::move(fault), std::to_string(ms) + " ms each way to host " + std::to_string(host),
                         [this, host, ms] { return network_.delay(host, {.ms = ms, .jitter_ms = ms / 4}); });
  }
  Fault disorder_packets(Fault fault) {
    const int host = static_cast<int>(random_.below(kHosts));
    const int ms = static_cast<int>(random_.between(5, 50));
    return network_fault(std::move(fault), "packets of host " + std::to_string(host) + " in disorder within " + std::to_string(ms) + " ms",
                         [this, host, ms] { return network_.delay(host, {.jitter_ms = ms, .reorders = true, .doubled_percent = 5}); });
  }
  Fault fill_disk(Fault fault) {
    fault.name = "fill the disk of node " + std::to_string(kSmallDiskNode);
    fault.begin = [this] { disk_.fill(); };
    fault.end = [this] { disk_.clear(); };
    return fault;
  }

  Network& network_;
  Random random_;
  int usual_ms_;
  Lan lan_{network_, kNodes - 1, 1};
  SmallDisk disk_{lan_.scratch_of(kSmallDiskNode)};
  std::string job_;
  std::vector<Fault> faults_;
  std::unique_ptr<BackgroundCommand> client_;
  std::set<int> slow_nodes_;
  bool pausing_ = false;
  int exit_code_ = -1;
  bool client_killed_ = false;
};

class ChaosTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Network::missing().empty()) use_private_mounts();
  }
  void SetUp() override {
    if (!Network::missing().empty()) GTEST_SKIP() << Network::missing();
  }
};

TEST_F(ChaosTest, hosts_are_apart_when_they_are_cut_off_and_together_again_when_that_is_mended) {
  Network network(3);
  Lan lan(network, 1, 1);
  EXPECT_NE(lan.job("nodes").find("node-0"), std::string::npos);
  const int fault = network.cut_off(0);
  const CommandResult apart = lan.sinter({"job", "nodes", "--cluster", lan.address()});
  EXPECT_EQ(apart.exit_code, 1);
  EXPECT_NE(apart.err.find("no tracker answered"), std::string::npos) << apart.err;
  network.mend(fault);
  EXPECT_TRUE(wait_until([&] { return lan.job("nodes").find("node-0") != std::string::npos; }, 20));
  EXPECT_EQ(lan.stop(), "");
  EXPECT_TRUE(network.processes().empty());
}

/// Milliseconds from a byte on its way from host 1 to host 0 until its answer is back; less than 0: there was none.
class Echo {
 public:
  explicit Echo(const Network& network) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    socklen_t size = sizeof(at);
    network.enter(0);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
    network.enter(1);
    one_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::inet_pton(AF_INET, network.address(0).c_str(), &at.sin_addr), 1);
    EXPECT_EQ(::connect(one_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0) << std::strerror(errno);
    other_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    network.leave();
  }
  ~Echo() {
    ::close(one_);
    ::close(other_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  int round_ms() const {
    const auto began = std::chrono::steady_clock::now();
    char byte = 'x';
    if (::send(one_, &byte, 1, 0) != 1 || ::recv(other_, &byte, 1, 0) != 1) return -1;
    if (::send(other_, &byte, 1, 0) != 1 || ::recv(one_, &byte, 1, 0) != 1) return -1;
    return elapsed_ms(began);
  }

 private:
  int one_ = -1, other_ = -1;
};

TEST_F(ChaosTest, packets_take_the_time_that_is_said_and_connections_live_through_it) {
  Network network(2);
  const Echo echo(network);
  EXPECT_GE(echo.round_ms(), 0);
  const int far = network.delay(0, {.ms = 300, .jitter_ms = 50});
  const int far_again = network.delay(0, {.ms = 5'000});
  EXPECT_GE(echo.round_ms(), 600);
  const int cut = network.cut_off(0);
  network.mend(cut);
  network.mend(far_again);
  EXPECT_GE(echo.round_ms(), 600);
  network.mend(far);
  const int disorder = network.delay(1, {.jitter_ms = 20, .reorders = true, .doubled_percent = 50});
  for (int round = 0; round < 20; ++round) EXPECT_GE(echo.round_ms(), 0);
  network.mend(disorder);
  EXPECT_TRUE(wait_until([&] { return echo.round_ms() < 300; }, 20));
}

TEST_F(ChaosTest, whatever_happens_the_output_is_the_same_and_nothing_is_left) {
  const std::uint64_t runs = number_from_environment("SINTER_CHAOS_RUNS", 10);
  const std::uint64_t first = number_from_environment("SINTER_CHAOS_FIRST_SEED", 1);
  Network network(kHosts);
  ChaosRun undisturbed(network, 0, 0);
  const int took_ms = undisturbed.run();
  // To live the same times again.
  const int usual_ms = static_cast<int>(number_from_environment("SINTER_CHAOS_USUAL_MS", static_cast<std::uint64_t>(took_ms)));
  const std::string fused = undisturbed.read("out/fused.csv");
  const std::string rejects = undisturbed.read("out/fused.csv.rejects.jsonl");
  ASSERT_GT(fused.size(), 10'000u) << undisturbed.logs();
  ASSERT_FALSE(rejects.empty());
  ASSERT_EQ(undisturbed.judge(fused, rejects), "");
  std::cout << "undisturbed: " << usual_ms << " ms\n";
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    ChaosRun run(network, seed, usual_ms);
    run.draw_faults();
    const int job_ms = run.run();
    const std::string wrong = run.judge(fused, rejects);
    std::cout << "seed " << seed << ": " << job_ms << " ms\n" << run.story() << std::flush;
    EXPECT_EQ(wrong, "") << "SINTER_CHAOS_FIRST_SEED=" << seed << " SINTER_CHAOS_RUNS=1 SINTER_CHAOS_USUAL_MS=" << usual_ms << "\n"
                         << run.story() << run.logs();
  }
}

}  // namespace
}  // namespace sinter::testing

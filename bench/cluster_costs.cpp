// What a cluster costs, each figure beside its target in issue 4: the exchange over a link beside iperf3 and bare CURVE sockets, a killed
// node, a no-op job, an idle node, a restart of the tracker; and what compression gains. Real processes in network namespaces; as root.
// Plain program.
// Usage: cluster_costs [all|link|codec|kill|idle|noop|restart]...
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/memory_budget.hpp"
#include "base/net/bulk_socket.hpp"
#include "base/random.hpp"
#include "bench/exchange_rates.hpp"
#include "framework/runtime/job_journal.hpp"
#include "framework/runtime/placed_files.hpp"
#include "shuffle/build/run_builder.hpp"
#include "shuffle/exchange/exchange_client.hpp"
#include "shuffle/exchange/exchange_format.hpp"
#include "shuffle/exchange/exchange_server.hpp"
#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"

namespace sinter::testing {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void print(const std::string& what, double value, const std::string& unit, const std::string& target = "", bool met = true) {
  const char* verdict = target.empty() ? "" : met ? "  met" : "  MISSED";
  std::printf("%-62s %10.1f %-6s %s%s\n", what.c_str(), value, unit.c_str(), target.c_str(), verdict);
  std::fflush(stdout);
}

void stop_if(bool failed, const std::string& text) {
  if (!failed) return;
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(1);
}

/// Both ends of an exchange: secured, one on each host; or, as nothing goes over a link in the clear, both on the loopback of one.
class Ends {
 public:
  enum class Link { Veth, Loopback };
  Ends(Network& network, const std::string& directory, Link link = Link::Veth)
      : network_(network), directory_(directory), is_secured_(link == Link::Veth) {
    allowed_->allow(reader_->public_key);
  }

  Rate bare(std::uint64_t bytes) {
    network_.enter(server_host());
    const auto listener = must(net::make_zmq_bulk_listener(endpoint(), kMaxExchangeRequestBytes, listening()));
    network_.enter(1);
    const auto connector = must(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes, [this](const std::string&) { return reading(); }));
    const Rate rate = bare_pair(*listener, *connector, bytes);
    network_.leave();
    return rate;
  }

  Rate exchanged(const std::vector<std::string>& names, bool compress) {
    const SteadyClock clock;
    Log log;
    const auto files = make_posix_file_system();
    ExchangeServerOptions server_options;
    server_options.may_ask = [](const std::string&) { return true; };
    network_.enter(server_host());
    const auto server = ExchangeServer::start(
        must(net::make_zmq_bulk_listener(endpoint(), kMaxExchangeRequestBytes, listening())), *files,
        [this](const std::string& name) -> Result<std::string> { return directory_ + "/" + name; }, server_options, clock, log);
    network_.enter(1);
    ExchangeClientOptions options;
    options.compress = compress;
    const auto client = ExchangeClient::start(
        must(net::make_zmq_bulk_connector(kMaxExchangeAnswerBytes, [this](const std::string&) { return reading(); })), options, clock, log);
    const Rate rate = exchange(*client, server->endpoint(), names, true);
    network_.leave();
    return rate;
  }

  double iperf() const {
    BackgroundCommand server(network_.on(server_host(), {"iperf3", "-s", "-1"}), directory_ + "/iperf-server");
    CommandResult client;
    stop_if(!wait_until(
                [&] {
                  client = run_command(network_.on(1, {"iperf3", "-c", address(), "-t", "3", "-f", "M"}), 30);
                  return client.exit_code == 0;
                },
                10),
            "iperf3 does not work here: " + client.out + client.err);
    // "[  5]   0.00-3.00   sec  330 MBytes  110 MBytes/sec                  receiver", in mebibytes.
    const std::string line = client.out.substr(0, client.out.rfind("receiver"));
    const std::size_t unit = line.rfind(" MBytes/sec");
    return std::stod(line.substr(line.rfind(' ', unit - 1))) * 1.048576;
  }

 private:
  int server_host() const { return is_secured_ ? 0 : 1; }
  std::string address() const { return is_secured_ ? network_.address(server_host()) : "127.0.0.1"; }
  std::string endpoint() const { return "tcp://" + address() + ":*"; }
  net::SocketSecurity listening() const {
    return is_secured_ ? net::SocketSecurity::for_listener(server_, allowed_) : net::SocketSecurity();
  }
  net::SocketSecurity reading() const {
    return is_secured_ ? net::SocketSecurity::for_connection(reader_, server_->public_key) : net::SocketSecurity();
  }

  Network& network_;
  std::string directory_;
  bool is_secured_;
  std::shared_ptr<const net::KeyPair> server_ = std::make_shared<net::KeyPair>(net::make_key_pair());
  std::shared_ptr<const net::KeyPair> reader_ = std::make_shared<net::KeyPair>(net::make_key_pair());
  std::shared_ptr<net::AllowedKeys> allowed_ = std::make_shared<net::AllowedKeys>();
};

void measure_link() {
  constexpr std::size_t kStreams = 4;
  constexpr std::uint64_t kBytes = 512 * kMiB;
  const TemporaryDirectory directory;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kStreams; ++i) {
    names.push_back("file-" + std::to_string(i));
    directory.write(names.back(), std::string(kBytes / kStreams, 'y'));
  }
  Network network(2);
  Ends clear(network, directory.path(), Ends::Link::Loopback);
  const double loopback = clear.iperf();
  std::vector<double> rates;
  for (int round = 0; round < 3; ++round) rates.push_back(clear.exchanged(names, /*compress=*/false).megabytes_per_second);
  print("loopback: iperf3", loopback, "MB/s");
  print("loopback: shuffle without CURVE, 4 streams", median(rates), "MB/s");
  print("loopback: shuffle / iperf3", 100 * median(rates) / loopback, "%", ">= 60", median(rates) >= 0.6 * loopback);
  Ends ends(network, directory.path());
  for (const int megabits : {0, 1'000}) {
    network.limit(0, megabits);
    network.limit(1, megabits);
    const std::string link = megabits == 0 ? "veth, unlimited: " : "veth, 1 Gbit/s: ";
    const double iperf = ends.iperf();
    std::vector<double> bare, shuffled;
    for (int round = 0; round < 3; ++round) {
      bare.push_back(ends.bare(kBytes).megabytes_per_second);
      shuffled.push_back(ends.exchanged(names, /*compress=*/false).megabytes_per_second);
    }
    print(link + "iperf3", iperf, "MB/s");
    print(link + "bare CURVE socket pair", median(bare), "MB/s");
    print(link + "shuffle with CURVE, 4 streams", median(shuffled), "MB/s");
    if (megabits != 0) print(link + "shuffle / iperf3", 100 * median(shuffled) / iperf, "%", ">= 60", median(shuffled) >= 0.6 * iperf);
    print(link + "shuffle / bare CURVE pair", 100 * median(shuffled) / median(bare), "%", ">= 60",
          median(shuffled) >= 0.6 * median(bare));
  }
}

/// A run of claims about books, as a map attempt leaves it.
void write_claims(const std::string& directory, std::uint64_t bytes) {
  static constexpr const char* kWords[] = {"history", "of", "the", "night", "garden", "small", "and", "river", "a", "house", "letters"};
  const auto files = make_posix_file_system();
  MemoryBudget budget("claims", 128 * kMiB);
  RunBuilderOptions options;
  options.spill_directory = directory + "/spills";
  options.run_path = directory + "/claims";
  const auto builder = must(RunBuilder::create(*files, budget, options));
  Random random(1);
  for (std::uint64_t written = 0; written < bytes;) {
    const std::string key = "978" + std::to_string(1'000'000'000 + random.below(400'000'000)) + '\0';
    std::string value = "shop-" + std::to_string(random.below(20)) + '\t';
    for (std::uint64_t words = 2 + random.below(5); words > 0; --words) value += std::string(kWords[random.below(std::size(kWords))]) + ' ';
    value += '\t' + std::to_string(random.between(100, 9'999)) + "\t20" + std::to_string(random.between(10, 26)) + "-0" +
             std::to_string(random.between(1, 9)) + "\tpaperback";
    stop_if(!builder->add(key, key.size(), value).ok(), "claims cannot be sorted");
    written += key.size() + value.size();
  }
  (void)must(builder->finish());
}

void measure_codecs() {
  constexpr std::uint64_t kBytes = 128 * kMiB;
  const TemporaryDirectory directory;
  write_claims(directory.path(), kBytes);
  std::string noise(kBytes, '\0');
  Random random(2);
  for (std::size_t at = 0; at < noise.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random.next();
    std::memcpy(noise.data() + at, &word, sizeof(word));
  }
  directory.write("noise", noise);
  Network network(2);
  Ends ends(network, directory.path());
  for (const int megabits : {0, 2'000, 1'000, 100}) {
    network.limit(0, megabits);
    network.limit(1, megabits);
    for (const std::string what : {"claims", "noise"}) {
      const std::string link = "veth, " + (megabits == 0 ? "unlimited" : std::to_string(megabits) + " Mbit/s") + ": a run of " + what;
      for (const bool compress : {false, true}) {
        std::vector<double> speeds, costs;
        for (int round = 0; round < (megabits == 100 ? 1 : 3); ++round) {
          const Rate rate = ends.exchanged({what}, compress);
          speeds.push_back(rate.megabytes_per_second);
          costs.push_back(rate.processor_seconds_per_gigabyte);
        }
        const std::string how = compress ? ", compressed when it pays" : ", as it is";
        print(link + how, median(speeds), "MB/s");
        print(link + how, median(costs), "s/GB");
      }
    }
  }
}

/// How long `sinter run` takes.
double run_job(Lan& lan, const std::string& job, const std::vector<std::string>& words, const std::function<void()>& meanwhile = {}) {
  const auto began = Clock::now();
  const auto client = lan.run_in_background(job, words);
  if (meanwhile) meanwhile();
  const int code = client->wait(600);
  stop_if(code != 0, read_whole_file(lan.directory() / "client.log"));
  return ms_since(began);
}

void measure_killed_node() {
  Network network(5);
  std::vector<double> undisturbed, killed;
  for (int round = 0; round < 3; ++round) {
    Lan lan(network, 3, 1);
    const std::string job = make_readings_job(lan.directory(), 2'000'000);
    const std::vector<std::string> words{"--force", "--set", "execution.split_size=512KiB", "--set", "execution.reduce_size=512KiB"};
    undisturbed.push_back(run_job(lan, job, words));
    killed.push_back(run_job(lan, job, words, [&] {
      sleep_ms(static_cast<int>(undisturbed.back() / 2));
      lan.node(1).signal(SIGKILL);
    }));
  }
  print("a job over three hosts", median(undisturbed), "ms");
  print("the same, a node killed half way", median(killed), "ms", "<= 1.5 x + 5,000", median(killed) <= 1.5 * median(undisturbed) + 5'000);
}

std::uint64_t number_of(pid_t process, const std::string& file, const std::string& name) {
  std::ifstream lines("/proc/" + std::to_string(process) + "/" + file);
  std::string line;
  while (std::getline(lines, line))
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  return 0;
}

/// Pages that only this process has, and those that others may have as well.
struct MemoryOf {
  explicit MemoryOf(pid_t process) {
    const auto mb = [&](const char* name) { return static_cast<double>(number_of(process, "smaps_rollup", name)) / 1'000; };
    unshared_mb = mb("Private_Clean:") + mb("Private_Dirty:");
    shared_mb = mb("Rss:") - unshared_mb;
  }
  double unshared_mb = 0, shared_mb = 0;
};

double processor_ms(pid_t process) {
  const std::string stat = read_whole_file("/proc/" + std::to_string(process) + "/stat");
  unsigned long user = 0, system = 0;
  std::sscanf(stat.c_str() + stat.rfind(')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return 1'000.0 * static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void measure_idle_node() {
  Network network(3);
  Lan lan(network, 1, 2);
  sleep_ms(1'000);
  const pid_t node = lan.node(0).pid();
  stop_if(lan.standby(0).size() != 1, "no worker stands by");
  const double before = processor_ms(node) + processor_ms(lan.standby(0).front());
  constexpr int kSeconds = 20;
  sleep_ms(kSeconds * 1'000);
  const std::vector<pid_t> standby = lan.standby(0);
  stop_if(standby.size() != 1, "no worker stands by");
  const MemoryOf own(node), its(standby.front());
  // Both run one program: what they share is there once.
  const double memory = own.unshared_mb + its.unshared_mb + std::max(own.shared_mb, its.shared_mb);
  const double share = (processor_ms(node) + processor_ms(standby.front()) - before) / (10.0 * kSeconds);
  print("an idle node and its standby worker: resident memory", memory, "MB", "< 20", memory < 20);
  print("the same, shared pages counted twice", own.unshared_mb + own.shared_mb + its.unshared_mb + its.shared_mb, "MB");
  print("an idle node: processor", share, "%", "< 1", share < 1);
}

void measure_no_op() {
  Lan lan(1, 1);
  const std::string job = make_readings_job(lan.directory(), 1);
  std::vector<double> times, lists;
  for (int round = 0; round < 30; ++round) times.push_back(run_job(lan, job, {"--force", "-q"}));
  for (int round = 0; round < 30; ++round) {
    const auto began = Clock::now();
    (void)lan.job("list");
    lists.push_back(ms_since(began));
  }
  const std::string listed = lan.job("list");
  print("`sinter job list`: a process, a handshake, an answer", median(lists), "ms");
  print("a job over one row, `sinter run` from begin to end", median(times), "ms", "< 30", median(times) < 30);
}

/// Tasks of the job's first stage, once its tracker has written it down. Looks at a copy, as the tracker writes on.
std::uint32_t opened_tasks(const std::string& journal_path) {
  const auto files = make_posix_file_system();
  std::error_code not_there;
  std::filesystem::copy_file(journal_path, journal_path + ".copy", std::filesystem::copy_options::overwrite_existing, not_there);
  std::vector<JobRecord> records;
  if (not_there || !JobJournal::open(*files, journal_path + ".copy", records).ok()) return 0;
  for (const JobRecord& record : records)
    if (const auto* stage = std::get_if<journal::StageFound>(&record)) return stage->tasks;
  return 0;
}

/// Writes down that the first `tasks` maps of the job have committed, as its tracker would have.
void write_commits(const std::string& journal_path, std::uint32_t tasks) {
  const auto files = make_posix_file_system();
  std::vector<JobRecord> records;
  const auto journal = must(JobJournal::open(*files, journal_path, records));
  stop_if(records.empty(), "the job's journal is empty");
  for (std::uint32_t task = 0; task < tasks; ++task) {
    const AttemptId attempt{{0, task}, 1};
    const Place place{1, "node-0", "tcp://10.77.1.2:40123", std::string(63, 'k'), "/tmp/scratch/.sinter-scratch-1234-abcdef/run-1",
                      "attempts/stage-0-" + std::to_string(task) + "-1/result", attempt};
    journal->append(journal::ResultAt{attempt, encode(place), {}});
    journal->append(JournalRecord(journal::Committed{attempt, 1, {{"rows", 1}, {"bytes", 1'000}}, 7}));
  }
  stop_if(!journal->sync().ok(), "the journal cannot be written");
}

/// The job waits for a node; that its tasks were done by one is written into its journal, which is what a tracker reads when it starts.
void measure_restart() {
  constexpr std::uint32_t kTasks = 100'000;
  Lan lan(0, 1);
  std::string rows = "sensor,value\n";
  while (rows.size() < kTasks * (kKiB + 1)) rows += "s" + std::to_string(rows.size() % 1'000) + ",7mm\n";
  const std::string job = make_readings_job(lan.directory(), 1);
  lan.directory().write("job/one.csv", rows);
  stop_if(lan.run(job, {"--detach", "--set", "execution.split_size=1KiB"}).exit_code != 0, "the job is not taken");
  const std::string journal = lan.directory() / "tracker-data/jobs/1/journal";
  stop_if(!wait_until([&] { return opened_tasks(journal) >= kTasks; }, 60), "the job is not planned");
  lan.tracker().signal(SIGKILL);
  stop_if(lan.tracker().wait(10) == -1, "the tracker does not die");
  write_commits(journal, kTasks);
  const auto began = Clock::now();
  lan.start_tracker_again();
  print("a tracker with a job of 100,000 finished tasks listens again", ms_since(began), "ms");
  stop_if(!wait_until([&] { return lan.log_of_tracker().find("a job goes on from its journal") != std::string::npos; }, 60),
          lan.log_of_tracker());
  print("and knows of them", ms_since(began), "ms", "< 5,000", ms_since(began) < 5'000);
}

}  // namespace
}  // namespace sinter::testing

int main(int argc, char** argv) {
  using namespace sinter::testing;
  const std::string missing = Network::missing();
  stop_if(!missing.empty(), missing);
  std::set<std::string> wanted(argv + 1, argv + argc);
  const bool all = wanted.empty() || wanted.contains("all");
  const auto measure = [&](const char* name, void (*what)()) {
    if (all || wanted.contains(name)) what();
  };
  measure("link", measure_link);
  measure("codec", measure_codecs);
  measure("kill", measure_killed_node);
  measure("idle", measure_idle_node);
  measure("noop", measure_no_op);
  measure("restart", measure_restart);
  return 0;
}

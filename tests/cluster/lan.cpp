// Lan: real processes on loopback. One thread.
#include "tests/cluster/lan.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

namespace sinter::testing {
namespace {

const std::string kProgram = std::string(SINTER_BIN_DIR) + "/sinter";

bool log_says(const std::string& path, const std::string& words) {
  return std::filesystem::exists(path) && read_whole_file(path).find(words) != std::string::npos;
}

std::string verb_of(pid_t process) {
  const std::string words = read_whole_file("/proc/" + std::to_string(process) + "/cmdline");
  const std::size_t end = words.find('\0');
  return end == std::string::npos ? "" : words.substr(end + 1).c_str();
}
bool is_on_standby(pid_t process) {
  return verb_of(process) == "standby" && read_whole_file("/proc/" + std::to_string(process) + "/comm") != "sinter\n";
}
/// Of the command, or a program of its own. A node's child that is between its fork and its exec is neither this nor on standby.
bool is_worker(pid_t process) { return verb_of(process) != "node" && !is_on_standby(process); }

}  // namespace

Lan::Lan(int nodes, int slots, const std::string& listen, std::vector<std::string> tracker_words)
    : listen_(listen), tracker_words_(std::move(tracker_words)) {
  ::setenv("SINTER_HOME", (directory_ / "home").c_str(), 1);
  start_tracker();
  for (int i = 0; i < nodes; ++i) add_node(slots);
}

Lan::Lan(const Network& network, int nodes, int slots) : network_(&network), listen_("0.0.0.0:7077") {
  ::setenv("SINTER_HOME", (directory_ / "home").c_str(), 1);
  start_tracker();
  address_ = network.address(0) + ":7077";
  // The user who started the tracker is known to it; here with the name that it has for other hosts.
  std::filesystem::copy(directory_ / "home/127.0.0.1_7077", directory_ / ("home/" + network.address(0) + "_7077"),
                        std::filesystem::copy_options::recursive);
  for (int i = 0; i < nodes; ++i) add_node(slots);
}

void Lan::start_tracker() {
  const std::string log = directory_ / "tracker.log";
  std::vector<std::string> words{kProgram, "tracker", "--listen", listen_, "--data", directory_ / "tracker-data"};
  words.insert(words.end(), tracker_words_.begin(), tracker_words_.end());
  if (network_ != nullptr) words = network_->on(0, std::move(words));
  tracker_ = std::make_unique<BackgroundCommand>(words, log);
  EXPECT_TRUE(wait_until([&] { return log_says(log, "its data:"); }, 20)) << "the tracker does not start";
  const std::string text = read_whole_file(log);
  const std::string before = "the tracker listens on ";
  const std::size_t begin = text.find(before) + before.size();
  if (address_.empty()) address_ = text.substr(begin, text.find('\n', begin) - begin);
  if (network_ == nullptr) listen_ = address_;
}

void Lan::restart_tracker(int signal) {
  tracker_->signal(signal);
  EXPECT_NE(tracker_->wait(10), -1);
  start_tracker_again();
}

void Lan::start_tracker_again() {
  std::filesystem::remove(directory_ / "tracker.log");
  start_tracker();
}

bool Lan::has_joined(int index) const { return log_says(directory_ / ("node-" + std::to_string(index) + ".log"), "joined the tracker"); }

void Lan::add_node(int slots, const std::vector<std::string>& words) {
  const int index = static_cast<int>(nodes_.size());
  nodes_.emplace_back();
  node_words_.push_back({"--slots", std::to_string(slots)});
  node_words_.back().insert(node_words_.back().end(), words.begin(), words.end());
  start_node(index);
  EXPECT_TRUE(wait_until([&] { return has_joined(index); }, 20)) << "node " << index << " does not join";
}

void Lan::start_node(int index) {
  const std::string name = "node-" + std::to_string(index);
  std::vector<std::string> words{kProgram, "node", address_, "--name", name, "--scratch", scratch_of(index), "--host", name};
  const std::vector<std::string>& more = node_words_[static_cast<std::size_t>(index)];
  words.insert(words.end(), more.begin(), more.end());
  if (network_ != nullptr) {
    // A user of its own on that host, who comes in by token the first time.
    const std::string home = directory_ / ("home-of-" + name);
    if (!std::filesystem::exists(home)) words.insert(words.end(), {"--token-file", directory_ / "tracker-data/join-token"});
    words.insert(words.begin(), {"env", "SINTER_HOME=" + home});
    words = network_->on(index + 1, std::move(words));
  }
  nodes_[static_cast<std::size_t>(index)] = std::make_unique<BackgroundCommand>(words, directory_ / (name + ".log"));
}

void Lan::start_node_again(int index) {
  const std::string log = directory_ / ("node-" + std::to_string(index) + ".log");
  std::filesystem::rename(log, log + ".before");
  start_node(index);
}

std::string Lan::stop() {
  std::string wrong;
  const auto end = [&](BackgroundCommand& one, const std::string& name) {
    one.signal(SIGTERM);
    const int code = one.wait(20);
    if (code != 0) wrong += name + (code == -1 ? " does not end\n" : " ended with " + std::to_string(code) + "\n");
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) end(*nodes_[i], "node " + std::to_string(i));
  end(*tracker_, "the tracker");
  return wrong;
}

std::vector<pid_t> Lan::workers(int node) {
  std::vector<pid_t> all = children_of(this->node(node).pid());
  std::erase_if(all, [](pid_t process) { return !is_worker(process); });
  return all;
}

std::vector<pid_t> Lan::standby(int node) {
  std::vector<pid_t> all = children_of(this->node(node).pid());
  std::erase_if(all, [](pid_t process) { return !is_on_standby(process); });
  return all;
}

CommandResult Lan::sinter(std::vector<std::string> words, int timeout_s) const {
  words.insert(words.begin(), kProgram);
  return run_command(as_client(std::move(words)), timeout_s);
}

std::vector<std::string> Lan::as_client(std::vector<std::string> words) const {
  return network_ == nullptr ? words : network_->on(network_->hosts() - 1, std::move(words));
}

std::vector<std::string> Lan::run_words(const std::string& job, std::vector<std::string> words) const {
  words.insert(words.begin(), {kProgram, "run", job, "--cluster", address_, "--progress", "none"});
  return as_client(std::move(words));
}

CommandResult Lan::run(const std::string& job, std::vector<std::string> words) const {
  return run_command(run_words(job, std::move(words)), 120);
}

std::unique_ptr<BackgroundCommand> Lan::run_in_background(const std::string& job, std::vector<std::string> words) const {
  return std::make_unique<BackgroundCommand>(run_words(job, std::move(words)), directory_ / "client.log");
}

std::string Lan::job(const std::string& verb, const std::string& run) const {
  std::vector<std::string> words{"job", verb, "--cluster", address_};
  if (!run.empty()) words.push_back(run);
  return sinter(words).out;
}

std::vector<std::string> Lan::left_on_nodes() const {
  std::vector<std::string> left;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    // Without exceptions: nodes remove what we look at.
    std::error_code gone;
    auto entry = std::filesystem::recursive_directory_iterator(directory_ / ("node-" + std::to_string(i)), gone);
    for (; !gone && entry != std::filesystem::recursive_directory_iterator(); entry.increment(gone))
      if (entry->path().string().find("/run-") != std::string::npos) left.push_back(entry->path());
  }
  return left;
}

}  // namespace sinter::testing

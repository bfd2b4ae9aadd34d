// Lan: real processes on loopback. One thread.
#include "tests/cluster/lan.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace sinter::testing {
namespace {

const std::string kProgram = std::string(SINTER_BIN_DIR) + "/sinter";

bool log_says(const std::string& path, const std::string& words) {
  return std::filesystem::exists(path) && read_whole_file(path).find(words) != std::string::npos;
}

}  // namespace

Lan::Lan(int nodes, int slots, const std::string& listen, std::vector<std::string> tracker_words)
    : tracker_words_(std::move(tracker_words)) {
  ::setenv("SINTER_HOME", (directory_ / "home").c_str(), 1);
  start_tracker(listen);
  for (int i = 0; i < nodes; ++i) add_node(slots);
}

void Lan::start_tracker(const std::string& listen) {
  const std::string log = directory_ / "tracker.log";
  std::vector<std::string> words{kProgram, "tracker", "--listen", listen, "--data", directory_ / "tracker-data"};
  words.insert(words.end(), tracker_words_.begin(), tracker_words_.end());
  tracker_ = std::make_unique<BackgroundCommand>(words, log);
  EXPECT_TRUE(wait_until([&] { return log_says(log, "its data:"); }, 10)) << "the tracker does not start";
  const std::string text = read_whole_file(log);
  const std::string before = "the tracker listens on ";
  const std::size_t begin = text.find(before) + before.size();
  address_ = text.substr(begin, text.find('\n', begin) - begin);
}

void Lan::restart_tracker(int signal) {
  tracker_->signal(signal);
  EXPECT_NE(tracker_->wait(10), -1);
  std::filesystem::remove(directory_ / "tracker.log");
  start_tracker(address_);
}

void Lan::add_node(int slots, const std::vector<std::string>& words) {
  const std::string name = "node-" + std::to_string(nodes_.size());
  std::vector<std::string> all{kProgram, "node", address_, "--name", name, "--slots", std::to_string(slots),
                               "--scratch", directory_ / name, "--host", name};
  all.insert(all.end(), words.begin(), words.end());
  nodes_.push_back(std::make_unique<BackgroundCommand>(all, directory_ / (name + ".log")));
  EXPECT_TRUE(wait_until([&] { return log_says(directory_ / (name + ".log"), "joined the tracker"); }, 10)) << name << " does not join";
}

std::vector<pid_t> Lan::workers(int node) { return children_of(this->node(node).pid()); }

CommandResult Lan::sinter(std::vector<std::string> words, int timeout_s) const {
  words.insert(words.begin(), kProgram);
  return run_command(words, timeout_s);
}

std::vector<std::string> Lan::run_words(const std::string& job, std::vector<std::string> words) const {
  words.insert(words.begin(), {kProgram, "run", job, "--cluster", address_, "--progress", "none"});
  return words;
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

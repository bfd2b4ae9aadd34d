// Lan: a tracker and nodes as a person starts them, on loopback or on hosts of a Network, each with scratch of its own, stopped and checked
// at the end. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/network.hpp"
#include "tests/support/command.hpp"
#include "tests/support/process_watch.hpp"

namespace sinter::testing {

class Lan {
 public:
  /// Starts the tracker and `nodes` nodes of `slots` slots each, and waits until they have joined. Every node takes itself for a host of
  /// its own, so what others read of it they fetch.
  Lan(int nodes, int slots, const std::string& listen = "127.0.0.1:*", std::vector<std::string> tracker_words = {});
  /// The same with the tracker on host 0, nodes on hosts 1 to `nodes`, and clients on the host behind them.
  Lan(const Network& network, int nodes, int slots);

  /// Where clients find it.
  const std::string& address() const { return address_; }
  BackgroundCommand& tracker() { return *tracker_; }
  BackgroundCommand& node(int index) { return *nodes_[static_cast<std::size_t>(index)]; }
  /// Worker processes of a node that jobs have.
  std::vector<pid_t> workers(int node);
  /// Those that wait for a job.
  std::vector<pid_t> standby(int node);
  /// Ends the tracker by this signal and starts another one at the same address with the same data.
  void restart_tracker(int signal);
  /// Starts the tracker again that has died or was ended, with the same data; waits until it listens.
  void start_tracker_again();
  /// One more node.
  void add_node(int slots, const std::vector<std::string>& words = {});
  /// Another life of a node that has died; does not wait until it has joined.
  void start_node_again(int index);
  /// Ends nodes and tracker in good order. Returns what was wrong about it, a line each.
  std::string stop();
  /// `sinter` with these words.
  CommandResult sinter(std::vector<std::string> words, int timeout_s = 60) const;
  /// `sinter run JOB --cluster ADDRESS` with more words.
  CommandResult run(const std::string& job, std::vector<std::string> words = {}) const;
  std::unique_ptr<BackgroundCommand> run_in_background(const std::string& job, std::vector<std::string> words = {}) const;
  /// Text of what `sinter job VERB` prints.
  std::string job(const std::string& verb, const std::string& run = "") const;
  /// Files and directories that jobs have left in the scratch of nodes.
  std::vector<std::string> left_on_nodes() const;
  std::string scratch_of(int node) const { return directory_ / ("node-" + std::to_string(node)); }

  const TemporaryDirectory& directory() const { return directory_; }
  std::string log_of_tracker() const { return read_whole_file(directory_ / "tracker.log"); }
  std::string log_of_node(int index) const { return read_whole_file(directory_ / ("node-" + std::to_string(index) + ".log")); }

 private:
  void start_tracker();
  void start_node(int index);
  bool has_joined(int index) const;
  /// On the host of clients, if there are hosts.
  std::vector<std::string> as_client(std::vector<std::string> words) const;
  std::vector<std::string> run_words(const std::string& job, std::vector<std::string> words) const;

  const Network* network_ = nullptr;
  std::string listen_;
  TemporaryDirectory directory_;
  const std::vector<std::string> tracker_words_;
  std::string address_;
  std::unique_ptr<BackgroundCommand> tracker_;
  std::vector<std::unique_ptr<BackgroundCommand>> nodes_;
  std::vector<std::vector<std::string>> node_words_;  // of each: what it was given beside its name and places
};

}  // namespace sinter::testing

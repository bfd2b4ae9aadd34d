// FileDesk: where a tracker takes in the files that clients send, and serves them to nodes and what jobs left to clients. Called on the
// tracker's thread; disks are waited for on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/curve_key.hpp"
#include "framework/cluster/blob_store.hpp"
#include "framework/cluster/file_endpoint.hpp"
#include "framework/cluster/file_messages.hpp"
#include "framework/cluster/served_runs.hpp"

namespace sinter::cluster {

class FileDesk {
 public:
  struct Options {
    std::string data_directory;  // the tracker's
    std::string listen;          // the tracker's endpoint; files are served at another port of its address
    std::uint16_t port = 0;      // that one; 0: the one it had before, or any
    std::uint64_t quota_bytes = 0;
    std::string host;            // see ShippedInputs
    std::shared_ptr<const net::KeyPair> key;
    FileSystem& files;
    const Clock& clock;
    Log& log;
    std::function<void(net::PeerId, net::Message)> answer;  // called on any thread
  };
  static Result<std::unique_ptr<FileDesk>> open(Options options);
  ~FileDesk();
  FileDesk(const FileDesk&) = delete;
  FileDesk& operator=(const FileDesk&) = delete;

  /// Answered when it is done. `key` is the one that the peer has proven.
  void offer(net::PeerId peer, const net::PublicKey& key, OfferFiles offer);
  /// Error: it sends more than it may before it is answered.
  Status put(net::PeerId peer, PutBytes put);
  void peer_lost(net::PeerId peer);

  /// The files of a job that begins, or goes on: kept until release(). Error: one is not here.
  Status hold(RunId run, const std::vector<ShippedFile>& files);
  void release(RunId run);
  /// Serves what hold() was told of to the holder of the job's key. What its workers must know.
  ShippedInputs serve_inputs(RunId run, const net::PublicKey& run_key, std::vector<ShippedFile> files);
  /// Serves these to the holder of the job's key, by their number.
  void serve_outputs(RunId run, const net::PublicKey& run_key, std::vector<std::string> paths);
  void stop_serving(RunId run) { served_->remove(run); }

  std::string path_of(const std::string& hash) const { return store_.path_of(hash); }
  /// With kSameAddress.
  std::string endpoint() const;
  std::string key_text() const { return net::public_key_text(options_.key->public_key); }

 private:
  explicit FileDesk(Options options)
      : options_(std::move(options)),
        store_(options_.files, options_.data_directory + "/files", options_.quota_bytes) {}
  Status listen();
  void work();
  void command(std::function<void()> act);
  void take(net::PeerId peer, const std::string& owner, const PutBytes& put);
  void refuse(net::PeerId peer, const Error& error);

  const Options options_;
  BlobStore store_;
  std::unique_ptr<ServedRuns> served_;
  std::map<net::PeerId, std::string> owners_;  // of the tracker's thread
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> commands_;           // under mutex_
  std::map<net::PeerId, std::uint64_t> waiting_bytes_;  // under mutex_
  bool closing_ = false;                                 // under mutex_
  std::thread thread_;  // last: it uses everything above
};

}  // namespace sinter::cluster

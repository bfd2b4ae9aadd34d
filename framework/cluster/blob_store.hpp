// BlobStore: files that clients have sent, by their content hash, in a directory of the tracker. Files arrive piece by piece and count when
// their bytes have the hash; those that no job needs stay until their room is wanted. offer(), append() and leave() belong to one thread;
// the others may be called from any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/net/content_hash.hpp"
#include "base/result.hpp"

namespace sinter::cluster {

/// Smaller ones are not synced one by one, but looked at when the tracker starts.
inline constexpr std::uint64_t kSyncedBlobBytes = 1u << 20;

class BlobStore {
 public:
  struct Wanted {
    std::string hash;
    std::uint64_t size_bytes = 0;
  };
  struct Lacking {
    std::string hash;
    std::uint64_t have_bytes = 0;  // of an earlier, broken attempt to send it
  };
  enum class Arrival : std::uint8_t { Growing, Complete, Spoiled };

  /// Files lie in `directory`/<hash>. At most `max_bytes` are kept.
  BlobStore(FileSystem& files, std::string directory, std::uint64_t max_bytes)
      : files_(files), directory_(std::move(directory)), max_bytes_(max_bytes) {}

  /// Takes over what is there. Small files whose bytes do not have their hash are removed: the power failed while they arrived.
  Status load();
  std::string path_of(const std::string& hash) const { return directory_ + "/" + hash; }
  std::uint64_t used_bytes() const;

  /// `owner` wants to use these: those that are here stay until leave(), room is reserved for the others, which are returned.
  /// `owner` is a name that stays the same when the client comes back. Errors: no room (the user's), named with the quota and the disk.
  Result<std::vector<Lacking>> offer(const std::string& owner, const std::vector<Wanted>& wanted);
  /// Bytes at `offset` of a file that was offered and lacks; what was here before is skipped. Spoiled: the whole has another hash, and is
  /// gone. Errors: bytes that were not asked for (the user's), the disk.
  Result<Arrival> append(const std::string& owner, const std::string& hash, std::uint64_t offset, std::string_view bytes);
  /// The owner uses them no more; what has arrived of a file stays for when it comes back.
  void leave(const std::string& owner);

  /// Files stay until unpin() of the same name. Error (the environment's, retriable): one is not here, or has another size.
  Status pin(const std::string& pinner, const std::vector<Wanted>& wanted);
  void unpin(const std::string& pinner);

 private:
  struct Blob {
    std::uint64_t size_bytes = 0;
    std::uint64_t used = 0;  // counts up: the least was used longest ago
    std::uint32_t pins = 0;
  };
  struct Arriving {
    std::uint64_t size_bytes = 0;
    std::uint64_t taken_bytes = 0;
    std::unique_ptr<WritableFile> file;
    net::ContentHasher hasher;
  };
  using ArrivingKey = std::pair<std::string, std::string>;  // owner, hash

  std::string arriving_directory() const { return directory_ + "/arriving"; }
  std::string arriving_path(const ArrivingKey& key) const { return arriving_directory() + "/" + key.first + "-" + key.second; }
  Status take_over(const std::string& name);
  Status open_arriving(const ArrivingKey& key, Arriving& arriving);
  Result<Arrival> complete(const ArrivingKey& key, Arriving& arriving);
  std::uint64_t reserved_bytes() const;
  Result<std::vector<std::string>> left_behind(const std::string& owner, std::uint64_t& bytes) const;
  Status make_room(const std::string& owner, std::uint64_t needed_bytes);
  std::vector<std::string> evict(std::uint64_t above_bytes);
  void pin_locked(const std::string& pinner, const std::string& hash);

  FileSystem& files_;
  const std::string directory_;
  const std::uint64_t max_bytes_;
  std::map<ArrivingKey, Arriving> arriving_;
  mutable std::mutex mutex_;
  std::map<std::string, Blob> blobs_;                  // under mutex_
  std::map<std::string, std::set<std::string>> pins_;  // under mutex_: hashes by pinner
  std::uint64_t bytes_ = 0;                            // under mutex_: of blobs_
  std::uint64_t uses_ = 0;                             // under mutex_
};

}  // namespace sinter::cluster

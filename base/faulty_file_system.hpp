// FaultyFileSystem: a FileSystem that fails on request, fills up, tears writes and loses power. For tests. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"

namespace sinter {

enum class FileOperation : std::uint8_t {
  Open, Read, Map, Create, Append, Sync, Close, Info, List, MakeDirectories, Rename, Remove, SyncDirectory
};

class FaultyFileSystem final : public FileSystem {
 public:
  /// Wraps `inner`, which outlives it. What is there already counts as durable.
  explicit FaultyFileSystem(FileSystem& inner);
  ~FaultyFileSystem() override;

  /// The n-th (0 = next) operation of this kind from now, and the `count - 1` after it, fail with `error_number` and do nothing.
  /// A failing Append keeps its first `kept_bytes` bytes (a torn write). One plan per kind; the last wins.
  void fail(FileOperation operation, std::uint64_t nth, int error_number, std::uint64_t count = 1, std::size_t kept_bytes = 0);
  /// From now on only `bytes` more can be appended, over all files; the append that crosses it keeps what fits and fails with ENOSPC.
  void set_free_bytes(std::optional<std::uint64_t> bytes);
  /// After `operations` more operations that change something, everything fails with EIO until crash(): try each crash point in a loop.
  void lose_power_after(std::optional<std::uint64_t> operations);

  /// Operations of a kind so far; of all that change something.
  std::uint64_t operations(FileOperation operation) const;
  std::uint64_t changing_operations() const;

  /// What a machine finds after a power cut: file contents as of their last sync(), directories as of their last sync_directory(), and new
  /// ones if that was of where their names are; with a seed, each unsynced file keeps a random prefix of what was added. File objects of
  /// before fail with EIO. Power is back.
  Status crash(std::optional<std::uint64_t> seed = std::nullopt);

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace sinter

// ScratchQuota: whether a node's disk has room for another attempt. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"

namespace sinter::cluster {

/// A disk is never filled up by new attempts: so much stays free for those that run, and for everybody else.
inline constexpr std::uint64_t kScratchHeadroomBytes = 256u << 20;
/// What was measured holds for so long; a look costs a system call for each file.
inline constexpr SteadyMs kScratchLookMs = 500;

class ScratchQuota {
 public:
  /// `limit_bytes`: for all files below `directory` together; 0 is as much as there is. `node` is for people. Files and clock outlive it.
  ScratchQuota(FileSystem& files, const Clock& clock, std::string node, std::string directory, std::uint64_t limit_bytes);

  /// Good, or (the environment's, another node may have room) what is full, with the limit and how to have more.
  Status room();

 private:
  Status measure() const;

  FileSystem& files_;
  const Clock& clock_;
  const std::string node_;
  const std::string directory_;
  const std::uint64_t limit_bytes_;
  std::mutex mutex_;
  SteadyMs measured_ms_ = 0;       // under mutex_
  std::optional<Status> measured_;  // under mutex_
};

/// Sizes of all files below `directory`. What goes while it is counted counts nothing.
std::uint64_t bytes_below(FileSystem& files, const std::string& directory);

}  // namespace sinter::cluster

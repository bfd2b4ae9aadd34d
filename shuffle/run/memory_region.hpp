// MemoryRegion: anonymous memory straight from the operating system, so that giving it back really lowers the process's size.
// Owned by one sort buffer or table; one thread.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"

namespace sinter {

/// Zeroed, page-aligned bytes. Pages cost memory only once touched. Movable.
class MemoryRegion {
 public:
  /// Errors: the system refuses (environment).
  static Result<MemoryRegion> create(std::size_t size_bytes);
  MemoryRegion() = default;
  MemoryRegion(MemoryRegion&& other) noexcept;
  MemoryRegion& operator=(MemoryRegion&& other) noexcept;
  ~MemoryRegion();

  char* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }
  /// Gives every page back and leaves zeroes. Cost: one system call, later page faults.
  void discard() { discard_from(0); }
  /// The same for whole pages from `offset` on.
  void discard_from(std::size_t offset);

 private:
  MemoryRegion(char* data, std::size_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  char* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

/// Regions that one attempt leaves for the next of the same process: clearing fresh pages was a tenth of a sort's time. Their owner
/// empties it when the memory is wanted for something else. One thread.
class RegionCache {
 public:
  /// A kept region of that size, with whatever bytes it holds, or a new one.
  Result<MemoryRegion> take(std::size_t size_bytes);
  void keep(MemoryRegion region);
  void clear() { kept_.clear(); }

 private:
  std::vector<MemoryRegion> kept_;
};

}  // namespace sinter

// MemoryRegion over mmap: malloc would keep freed buffers inside the process. One thread per region.
#include "shuffle/run/memory_region.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace sinter {
namespace {

/// Below this a huge page would be a large part of the region, and clearing it the main cost of a small task.
constexpr std::size_t kHugePagesFromBytes = std::size_t{8} << 20;

}  // namespace

Result<MemoryRegion> MemoryRegion::create(std::size_t size_bytes) {
  if (size_bytes == 0) return MemoryRegion();
  void* data = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return system_error("reserve", std::to_string(size_bytes) + " bytes of sort memory", errno);
  // Advice only: without it every probe of a large table costs a TLB miss more.
  if (size_bytes >= kHugePagesFromBytes) (void)::madvise(data, size_bytes, MADV_HUGEPAGE);
  return MemoryRegion(static_cast<char*>(data), size_bytes);
}

MemoryRegion::MemoryRegion(MemoryRegion&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MemoryRegion& MemoryRegion::operator=(MemoryRegion&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) ::munmap(data_, size_bytes_);
    data_ = std::exchange(other.data_, nullptr);
    size_bytes_ = std::exchange(other.size_bytes_, 0);
  }
  return *this;
}

MemoryRegion::~MemoryRegion() {
  if (data_ != nullptr) ::munmap(data_, size_bytes_);
}

void MemoryRegion::discard_from(std::size_t offset) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t from = (offset + page - 1) / page * page;
  if (from < size_bytes_) (void)::madvise(data_ + from, size_bytes_ - from, MADV_DONTNEED);
}

Result<MemoryRegion> RegionCache::take(std::size_t size_bytes) {
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const MemoryRegion& region) { return region.size_bytes() == size_bytes; });
  if (found == kept_.end()) return MemoryRegion::create(size_bytes);
  MemoryRegion region = std::move(*found);
  kept_.erase(found);
  return region;
}

void RegionCache::keep(MemoryRegion region) {
  if (region.size_bytes() > 0) kept_.push_back(std::move(region));
}

}  // namespace sinter

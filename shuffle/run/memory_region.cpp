// MemoryRegion over mmap: malloc would keep freed buffers inside the process. One thread per region.
#include "shuffle/run/memory_region.hpp"

#include <sys/mman.h>

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

void MemoryRegion::discard() {
  if (data_ != nullptr) (void)::madvise(data_, size_bytes_, MADV_DONTNEED);
}

}  // namespace sinter

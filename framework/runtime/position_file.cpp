// PositionFile over mmap.
#include "framework/runtime/position_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace sinter {
namespace {

enum Holds : std::uint32_t { kNothing = 0, kRecord = 1, kGroup = 2 };

}  // namespace

/// `holds` is cleared before and set after the rest is written, so a death in between says nothing instead of something wrong.
struct PositionFile::Page {
  std::atomic<std::uint32_t> holds;
  std::uint32_t key_size;
  RecordAt record;
  char key[kMaxPositionKeyBytes];
};

Result<PositionFile> PositionFile::create(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return system_error("create", path, errno);
  // Allocated now: a full disk is an error here, not a SIGBUS later.
  if (const int error = ::posix_fallocate(file, 0, sizeof(Page)); error != 0) {
    ::close(file);
    return system_error("allocate", path, error);
  }
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (page == MAP_FAILED) return system_error("map", path, error);
  return PositionFile(static_cast<Page*>(page));
}

Result<PositionFile> PositionFile::create_unnamed() {
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return system_error("map", "a page of memory", errno);
  return PositionFile(static_cast<Page*>(page));
}

PositionFile::~PositionFile() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

void PositionFile::at_record(const RecordAt& record) {
  page_->holds.store(kNothing, std::memory_order_release);
  page_->record = record;
  page_->holds.store(kRecord, std::memory_order_release);
}

void PositionFile::at_group(std::string_view key) {
  page_->holds.store(kNothing, std::memory_order_release);
  page_->key_size = static_cast<std::uint32_t>(std::min(key.size(), kMaxPositionKeyBytes));
  std::memcpy(page_->key, key.data(), page_->key_size);
  page_->holds.store(kGroup, std::memory_order_release);
}

void PositionFile::nowhere() { page_->holds.store(kNothing, std::memory_order_release); }

ReadPosition ReadPosition::of(const std::string& path) {
  ReadPosition position;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return position;
  PositionFile::Page page;
  const bool whole = ::read(file, static_cast<void*>(&page), sizeof(page)) == static_cast<ssize_t>(sizeof(page));
  ::close(file);
  if (!whole) return position;
  const std::uint32_t holds = page.holds.load();
  if (holds == kRecord) position.record = page.record;
  if (holds == kGroup && page.key_size <= kMaxPositionKeyBytes) position.group.emplace(page.key, page.key_size);
  return position;
}

}  // namespace sinter

// TextArena: short-lived bytes that keep their address until clear(): unescaped fields, problem sentences. One thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sinter {

class TextArena {
 public:
  /// Room for `size` bytes; give back what is not used with shrink_last().
  char* allocate(std::size_t size) {
    if (size > left_) next_block(size);
    last_ = at_;
    at_ += size;
    left_ -= size;
    return last_;
  }
  /// The last allocation needed only `size` bytes.
  void shrink_last(std::size_t size) {
    left_ += static_cast<std::size_t>(at_ - (last_ + size));
    at_ = last_ + size;
  }
  std::string_view copy(std::string_view text) {
    char* to = allocate(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  /// Forgets everything. Keeps the first block, so that a steady load allocates nothing.
  void clear() {
    if (blocks_.size() > 1) blocks_.resize(1);
    at_ = blocks_.empty() ? nullptr : blocks_.front().get();
    left_ = blocks_.empty() ? 0 : kBlockBytes;
  }

  static constexpr std::size_t kBlockBytes = 64 * 1024;

 private:
  void next_block(std::size_t size) {
    if (blocks_.empty()) blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    if (size <= kBlockBytes && at_ == nullptr) {
      at_ = blocks_.front().get();
      left_ = kBlockBytes;
      return;
    }
    left_ = std::max(size, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    at_ = blocks_.back().get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;  // the first has kBlockBytes
  char* at_ = nullptr;
  char* last_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace sinter

// ValueMerger: see the header. One thread.
#include "shuffle/run/value_merger.hpp"

namespace sinter {

void ValueMerger::start(std::string_view value) {
  if (parts_.empty()) parts_.emplace_back();
  parts_[0].assign(value);
  depth_ = 1;
  held_bytes_ = value.size();
}

void ValueMerger::push(std::string_view key, std::string_view value) {
  if (parts_.size() == depth_) parts_.emplace_back();
  parts_[depth_++].assign(value);
  held_bytes_ += value.size();
  while (depth_ > 1 && 2 * parts_[depth_ - 1].size() >= parts_[depth_ - 2].size()) merge_top(key);
}

void ValueMerger::merge_top(std::string_view key) {
  std::string& below = parts_[depth_ - 2];
  const std::string& top = parts_[depth_ - 1];
  held_bytes_ -= below.size() + top.size();
  if (!combiner_.merge_in_place(key, below, top)) {
    combiner_.merge(key, below, top, scratch_);
    below.swap(scratch_);
  }
  held_bytes_ += below.size();
  --depth_;
}

std::string_view ValueMerger::result(std::string_view key) {
  while (depth_ > 1) merge_top(key);
  return parts_[0];
}

}  // namespace sinter

// ValueMerger: folds the values of one key by a combiner, whatever their number and growth. Used by spills and merges; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shuffle/record/combiner.hpp"

namespace sinter {

/// Keeps a stack of partial merges, each at least twice as large as the one above, so that values which grow by merging
/// (sets) cost O(n log n) bytes and not O(n^2). Values of fixed size never leave the first entry.
/// Source: the merge policy of log-structured trees (O'Neil et al. 1996), applied to one key.
class ValueMerger {
 public:
  /// `limit_bytes` bounds what is held; see full_for().
  ValueMerger(Combiner& combiner, std::size_t limit_bytes) : combiner_(combiner), limit_bytes_(limit_bytes) {}

  /// Begins a key with its first value.
  void start(std::string_view value);
  /// True when one more value would pass the limit: emit result() and start() again; combining is never obliged.
  bool full_for(std::string_view value) const { return held_bytes_ + value.size() > limit_bytes_; }
  void add(std::string_view key, std::string_view value) {
    if (depth_ == 1 && combiner_.merge_in_place(key, parts_[0], value)) [[likely]] return;
    push(key, value);
  }
  /// The merged value; valid until the next start().
  std::string_view result(std::string_view key);

 private:
  void push(std::string_view key, std::string_view value);
  void merge_top(std::string_view key);

  Combiner& combiner_;
  std::size_t limit_bytes_;
  std::vector<std::string> parts_;  // strings are reused from key to key
  std::size_t depth_ = 0;
  std::size_t held_bytes_ = 0;
  std::string scratch_;
};

}  // namespace sinter

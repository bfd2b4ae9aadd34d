// Combiner: merges two values of one key. What every combining place in the shuffle calls: table, spill, merge.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace [[gnu::visibility("default")]] sinter {

/// A law-abiding merge of encoded values: associative and commutative over the values of one group.
/// One object belongs to one thread. A key is passed so that a combiner may look at it; all values share it.
class Combiner {
 public:
  virtual ~Combiner() = default;
  /// Merges `value` into `into` without changing its size; false, and `into` untouched, when the result would not fit.
  /// The hot path: called once per record whose key is already in the table.
  virtual bool merge_in_place(std::string_view key, std::span<char> into, std::string_view value) = 0;
  /// Replaces `merged` by merge(a, b). `merged` aliases neither.
  virtual void merge(std::string_view key, std::string_view a, std::string_view b, std::string& merged) = 0;
};

}  // namespace sinter

// MergeCursor: the records of many runs in one order, equal keys merged by a combiner when there is one. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "shuffle/merge/loser_tree.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/run/run_cursor.hpp"
#include "shuffle/run/value_merger.hpp"

namespace sinter {

/// Most bytes that merging the values of one key may hold; see ValueMerger::full_for(). Small memories get less.
inline constexpr std::size_t kMaxCombinedValueBytes = std::size_t{1} << 20;
inline constexpr std::size_t kCombinedValueShare = 16;

class MergeCursor {
 public:
  /// Without a combiner, records come by (key, value bytes). With one, values of a key come merged into one, except where
  /// they would pass `combined_limit_bytes`. Errors: reading the first blocks.
  static Result<std::unique_ptr<MergeCursor>> open(std::vector<std::unique_ptr<RunCursor>> runs, Combiner* combiner,
                                                   std::size_t combined_limit_bytes);

  /// False at the end and on an error: ask status().
  bool advance() { return merger_ == nullptr ? advance_plain() : advance_combined(); }
  const Status& status() const { return status_; }

  /// Of the current record; valid until advance().
  std::string_view key() const { return merger_ == nullptr ? current_->key() : std::string_view(key_); }
  std::size_t group_size() const { return merger_ == nullptr ? current_->group_size() : group_size_; }
  std::string_view value() const { return merger_ == nullptr ? current_->value() : value_; }

 private:
  struct Before {
    const MergeCursor* cursor = nullptr;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return cursor->before(a, b); }
  };

  MergeCursor(std::vector<std::unique_ptr<RunCursor>> runs, Combiner* combiner, std::size_t combined_limit_bytes);
  Status start();
  bool before(std::uint32_t a, std::uint32_t b) const;
  std::uint64_t step(std::uint32_t source);
  bool advance_plain();
  bool advance_combined();

  std::vector<std::unique_ptr<RunCursor>> runs_;
  std::vector<char> live_;
  LoserTree<Before> tree_;
  std::size_t skip_ = 0;  // key bytes that all records share
  RunCursor* current_ = nullptr;
  bool started_ = false;
  Status status_;

  // Combining only: one record is read ahead, so the merged one is kept apart.
  std::unique_ptr<ValueMerger> merger_;
  std::string key_;
  std::size_t group_size_ = 0;
  std::string_view value_;
  bool ahead_ = false;
};

}  // namespace sinter

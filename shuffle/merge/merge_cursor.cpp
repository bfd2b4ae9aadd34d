// MergeCursor: loser tree over run cursors. One thread.
#include "shuffle/merge/merge_cursor.hpp"

#include <algorithm>
#include <utility>

namespace sinter {

Result<std::unique_ptr<MergeCursor>> MergeCursor::open(std::vector<std::unique_ptr<RunCursor>> runs, Combiner* combiner,
                                                       std::size_t combined_limit_bytes) {
  std::unique_ptr<MergeCursor> cursor(new MergeCursor(std::move(runs), combiner, combined_limit_bytes));
  SINTER_TRY(cursor->start());
  return cursor;
}

MergeCursor::MergeCursor(std::vector<std::unique_ptr<RunCursor>> runs, Combiner* combiner, std::size_t combined_limit_bytes)
    : runs_(std::move(runs)), live_(runs_.size(), 1), tree_(Before{this}) {
  if (combiner != nullptr) merger_ = std::make_unique<ValueMerger>(*combiner, combined_limit_bytes);
}

Status MergeCursor::start() {
  if (runs_.empty()) return {};
  // All keys lie between the lowest and the highest, so what these two share, all share.
  std::string_view lowest = runs_[0]->lowest_key();
  std::string_view highest = runs_[0]->highest_key();
  for (const auto& run : runs_) {
    lowest = std::min(lowest, std::string_view(run->lowest_key()));
    highest = std::max(highest, std::string_view(run->highest_key()));
  }
  skip_ = common_prefix(lowest.data(), highest.data(), std::min(lowest.size(), highest.size()));
  std::vector<std::uint64_t> prefixes;
  // Before the first read, so that what must be fetched from one host is asked for in one request.
  for (const auto& run : runs_) run->announce();
  for (std::uint32_t s = 0; s < runs_.size(); ++s) {
    prefixes.push_back(step(s));
    if (!status_.ok()) return status_;
  }
  tree_.build(prefixes);
  return {};
}

/// Moves a source on and returns the prefix it has then.
std::uint64_t MergeCursor::step(std::uint32_t source) {
  RunCursor& run = *runs_[source];
  if (run.advance()) [[likely]] return run.key_prefix(skip_);
  live_[source] = 0;
  if (!run.status().ok()) status_ = run.status();
  return LoserTree<Before>::kExhaustedPrefix;
}

/// Order of two sources with equal prefixes.
bool MergeCursor::before(std::uint32_t a, std::uint32_t b) const {
  if (live_[a] == 0 || live_[b] == 0) return live_[b] == 0 && (live_[a] != 0 || a < b);
  const int keys = runs_[a]->key().compare(runs_[b]->key());
  if (keys != 0) return keys < 0;
  if (merger_ == nullptr) {
    const int values = runs_[a]->value().compare(runs_[b]->value());
    if (values != 0) return values < 0;
  }
  return a < b;
}

bool MergeCursor::advance_plain() {
  if (runs_.empty() || !status_.ok()) return false;
  if (started_) {
    const std::uint32_t source = tree_.winner();
    const std::uint64_t prefix = step(source);
    if (!status_.ok()) [[unlikely]] return false;
    tree_.replay(prefix);
  }
  started_ = true;
  const std::uint32_t winner = tree_.winner();
  current_ = runs_[winner].get();
  return live_[winner] != 0;
}

bool MergeCursor::advance_combined() {
  if (!ahead_ && !advance_plain()) return false;
  key_.assign(current_->key());
  group_size_ = current_->group_size();
  merger_->start(current_->value());
  while (true) {
    ahead_ = advance_plain();
    if (!ahead_) break;
    if (current_->key() != key_ || merger_->full_for(current_->value())) break;
    merger_->add(key_, current_->value());
  }
  if (!status_.ok()) return false;
  value_ = merger_->result(key_);
  return true;
}

}  // namespace sinter

// GroupCursor over MergeInputs: group borders are where the group bytes change. One thread.
#include "shuffle/merge/group_cursor.hpp"

#include <algorithm>
#include <utility>

#include "shuffle/merge/merge_inputs.hpp"

namespace sinter {
namespace {

class MergingGroupCursor final : public GroupCursor {
 public:
  MergingGroupCursor(Reservation reservation, MergeInputs inputs, std::unique_ptr<MergeCursor> records)
      : reservation_(std::move(reservation)), inputs_(std::move(inputs)), records_(std::move(records)) {}

  Result<bool> next_group() override {
    while (state_ == State::InGroup) SINTER_TRY(step());
    if (state_ == State::Start) SINTER_TRY(step());
    if (state_ == State::End) return false;
    group_.assign(records_->key().substr(0, records_->group_size()));
    state_ = State::InGroup;
    unread_ = true;
    return true;
  }

  std::string_view group() const override { return group_; }

  Result<bool> next_value() override {
    if (unread_) {
      unread_ = false;
      return true;
    }
    if (state_ != State::InGroup) return false;
    SINTER_TRY(step());
    return state_ == State::InGroup;
  }

  std::string_view key() const override { return records_->key(); }
  std::string_view value() const override { return records_->value(); }

 private:
  enum class State { Start, InGroup, AtNextGroup, End };

  /// Reads one record, and says in state_ whether it belongs to the current group.
  Status step() {
    unread_ = false;
    if (!records_->advance()) {
      state_ = State::End;
      return records_->status();
    }
    const bool same = state_ == State::InGroup && records_->group_size() == group_.size() && records_->key().starts_with(group_);
    state_ = same ? State::InGroup : State::AtNextGroup;
    return {};
  }

  Reservation reservation_;
  MergeInputs inputs_;  // its spills live as long as the cursor
  std::unique_ptr<MergeCursor> records_;
  State state_ = State::Start;
  bool unread_ = false;
  std::string group_;
};

}  // namespace

Result<std::unique_ptr<GroupCursor>> GroupCursor::open(FileSystem& files, MemoryBudget& budget, MergeOptions options) {
  MergeInputsOptions inputs_options;
  inputs_options.range = std::move(options.range);
  inputs_options.max_fan_in = options.max_fan_in;
  inputs_options.spill_directory = std::move(options.spill_directory);
  inputs_options.combiner = options.combiner;
  SINTER_ASSIGN(MergeInputs inputs, MergeInputs::open(files, options.run_paths, std::move(inputs_options)));
  // Other tasks share the budget, so what is free may change at any moment: the reservation decides.
  const std::uint64_t wanted = inputs.wanted_bytes();
  const std::uint64_t allowed = std::min(budget.free_bytes(), options.max_memory_bytes);
  const std::uint64_t asked = std::max(std::min(wanted, allowed), std::min(wanted, inputs.needed_bytes()));
  SINTER_ASSIGN(Reservation reservation, budget.reserve(asked, "the read buffers of a merge"));
  SINTER_ASSIGN(std::unique_ptr<MergeCursor> records, inputs.cursor(reservation.bytes()));
  return std::unique_ptr<GroupCursor>(
      std::make_unique<MergingGroupCursor>(std::move(reservation), std::move(inputs), std::move(records)));
}

}  // namespace sinter

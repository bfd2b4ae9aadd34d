// CellWorkspace: what a rule over a claim set may use beside the cursor, so that it need not hold anything per claim: sorters that spill,
// and a place for a long answer. Owned by one reduce attempt; one thread.
#pragma once

#include <array>

#include "jobs/fusion/rules/answer_builder.hpp"
#include "jobs/fusion/rules/spill_sorter.hpp"

namespace sinter::fusion {

class CellWorkspace {
 public:
  /// Channels of each sorter.
  static constexpr std::size_t kChannels = 2;
  static constexpr std::size_t kSorters = 2;

  explicit CellWorkspace(const SpillSpace& space)
      : sorters_{SpillSorter(kChannels, space, "first"), SpillSorter(kChannels, space, "second")}, answer_(*space.files, space.directory) {}

  /// An empty sorter; what was in it is forgotten. Errors: files.
  Result<SpillSorter*> sorter(std::size_t number) {
    SINTER_TRY(sorters_.at(number).clear());
    return &sorters_[number];
  }
  AnswerBuilder& answer() { return answer_; }

  /// Forgets the records of the last cell: files and memory go back. Errors: files.
  Status end_cell() {
    for (SpillSorter& sorter : sorters_) SINTER_TRY(sorter.clear());
    return {};
  }
  /// Forgets the long answers of the last entity. Errors: files.
  Status end_entity() { return answer_.clear(); }

 private:
  std::array<SpillSorter, kSorters> sorters_;
  AnswerBuilder answer_;
};

}  // namespace sinter::fusion

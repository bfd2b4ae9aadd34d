// The author's verdict on a round, as a counter of the round's merge: so it is committed, journalled and made again with it. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "framework/control/task_id.hpp"

namespace sinter {

/// No counter of a job begins so.
inline constexpr std::string_view kConvergedCounterPrefix = "\1converged:";

/// Set by the merge of this round when no further one is wanted.
inline std::string converged_counter(std::uint32_t round) { return std::string(kConvergedCounterPrefix) + std::to_string(round); }

/// Takes the verdicts out of what people see.
inline void drop_verdicts(Counters& counters) {
  std::erase_if(counters, [](const auto& one) { return one.first.starts_with(kConvergedCounterPrefix); });
}

}  // namespace sinter

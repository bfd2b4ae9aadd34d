// Where the tasks of ranges had best run: on the host that has most of what they read. Pure; any thread.
#pragma once

#include <vector>

#include "framework/control/task_id.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {

/// For each range the host on which most bytes of its records lie, of equals the one with the smallest number, 0 where nothing is known.
/// A block counts for the range in which it begins. Requires: runs.size() == hosts.size(), 0 for a run on no host; ranges as cut_ranges()
/// gives them. Empty when there is nothing to choose: fewer than two hosts. Cost: O(blocks log ranges + ranges * hosts).
std::vector<HostId> nearest_hosts(const std::vector<RunSummary>& runs, const std::vector<HostId>& hosts,
                                  const std::vector<KeyRange>& ranges);

}  // namespace sinter

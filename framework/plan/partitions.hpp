// Partitions: groups whose keys share their first field go to one reduce task. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "framework/api/job_definition.hpp"
#include "framework/plan/stages.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {

/// Bytes of the first field of a key, of either order; the whole key when it does not begin with a field.
std::size_t partition_size(std::string_view key);

/// Whether tasks that read what the tasks of `input` have emitted read whole partitions.
bool keeps_partitions(const JobDefinition& job, const Stage& input);

/// Moves each border between ranges down to the start of its partition, and leaves out ranges that have become empty.
std::vector<KeyRange> widen_to_partitions(std::vector<KeyRange> ranges);

}  // namespace sinter

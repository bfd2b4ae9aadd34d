// StageReader: the groups that a task of a stage reads: runs of the stage before, and behind the map also the job's sorted inputs.
// Owned by the attempt; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/messages.hpp"
#include "shuffle/merge/group_cursor.hpp"
#include "shuffle/record/combiner.hpp"

namespace sinter {

struct StageReader {
  std::vector<std::unique_ptr<Combiner>> combiners;  // what `groups` uses
  std::unique_ptr<GroupCursor> groups;
};

/// Opens `run.range` of all that the stage reads. Calls user code: the combiner and its factory. Errors: a sorted input that has changed
/// since the job was planned; as GroupCursor::open().
Result<StageReader> open_stage_reader(const AttemptSurroundings& around, const RunAttempt& run, const std::string& spill_directory);

}  // namespace sinter

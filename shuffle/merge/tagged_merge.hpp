// Tagged merge: several sorted sources read as one, group by group, each record with the tag of its source between group and order: a
// merge join of inputs that are in key order already. Owned by the reduce attempt; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "shuffle/merge/group_cursor.hpp"

namespace sinter {

/// Runs of one source. A combiner belongs to one source.
struct TaggedSource {
  MergeOptions merge;
  /// Put between group and order of each key; all tags have one size. Empty: the keys have their tags already.
  std::string tag;
};

/// Groups of all sources in key order, each with its values in (tag, order, value bytes) order. Requires: at least two sources, of which
/// at most one has an empty tag; no two have one tag; no group's bytes are a prefix of another's.
/// Cost: a comparison of groups per source and group, nothing is sorted. Errors: as GroupCursor::open().
Result<std::unique_ptr<GroupCursor>> open_tagged_merge(FileSystem& files, MemoryBudget& budget, std::vector<TaggedSource> sources);

}  // namespace sinter

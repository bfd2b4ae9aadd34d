// TaggedGroups: one group of several maps, split into the values of each, in the order of the maps. Belongs to one attempt and one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// The tag of map number `source`: a key field between group and order, so that values come map by map.
std::string tag_bytes(std::size_t source);

/// Where the reading of the whole group is.
class TaggedGroups {
 public:
  explicit TaggedGroups(RawGroup& group) : group_(group) {}

  RawGroup& group() { return group_; }
  /// Moves to the next value of map `source`; false when it has no more. Values of earlier maps that nobody has read are passed over.
  /// Errors: the values of `source` have been passed over.
  Result<bool> next(std::size_t source);

 private:
  Status advance();

  RawGroup& group_;
  std::size_t at_ = 0;        // source of the value that is waiting
  std::size_t passed_ = 0;    // of sources before this one, values have been passed over
  bool waiting_ = false;      // a value has been read that nobody has taken
  bool ended_ = false;
};

/// The values of one map.
class TaggedGroup final : public RawGroup {
 public:
  TaggedGroup(TaggedGroups& groups, std::size_t source) : groups_(&groups), source_(source) {}
  std::string_view key() const override { return groups_->group().key(); }
  std::string_view value() const override { return groups_->group().value(); }
  std::string_view full_key() const override { return groups_->group().full_key(); }
  Result<bool> next() override { return groups_->next(source_); }

 private:
  TaggedGroups* groups_;
  std::size_t source_;
};

}  // namespace sinter

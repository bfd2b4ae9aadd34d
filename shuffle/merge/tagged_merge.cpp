// The least group of all sources, then the least tag within it. One thread.
#include "shuffle/merge/tagged_merge.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace sinter {
namespace {

class TaggedMergeCursor final : public GroupCursor {
 public:
  TaggedMergeCursor(std::vector<std::unique_ptr<GroupCursor>> cursors, std::vector<std::string> tags, std::size_t tag_size)
      : tag_size_(tag_size) {
    for (std::size_t i = 0; i < cursors.size(); ++i) sources_.push_back({std::move(cursors[i]), std::move(tags[i])});
  }

  Result<bool> next_group() override {
    for (Source& source : sources_) {
      if (!source.in_group) continue;
      SINTER_ASSIGN(source.has_group, source.cursor->next_group());
      source.in_group = false;
    }
    current_ = nullptr;
    const Source* least = nullptr;
    for (const Source& source : sources_)
      if (source.has_group && (least == nullptr || source.cursor->group() < least->cursor->group())) least = &source;
    if (least == nullptr) return false;
    group_.assign(least->cursor->group());
    for (Source& source : sources_) {
      source.in_group = source.has_group && source.cursor->group() == group_;
      if (!source.in_group) continue;
      SINTER_ASSIGN(source.waiting, source.cursor->next_value());
    }
    return true;
  }

  std::string_view group() const override { return group_; }

  Result<bool> next_value() override {
    if (current_ != nullptr) {
      SINTER_ASSIGN(current_->waiting, current_->cursor->next_value());
    }
    current_ = nullptr;
    for (Source& source : sources_)
      if (source.in_group && source.waiting && (current_ == nullptr || tag_of(source) < tag_of(*current_))) current_ = &source;
    if (current_ == nullptr) return false;
    if (!current_->tag.empty()) {
      key_.assign(group_).append(current_->tag);
      key_.append(current_->cursor->key().substr(group_.size()));
    }
    return true;
  }

  std::string_view key() const override { return current_->tag.empty() ? current_->cursor->key() : std::string_view(key_); }
  std::string_view value() const override { return current_->cursor->value(); }

 private:
  struct Source {
    std::unique_ptr<GroupCursor> cursor;
    std::string tag;
    bool has_group = true;  // its cursor stands at a group, or has not begun
    bool in_group = true;   // that group is the current one; at first all are to be moved
    bool waiting = false;   // its cursor stands at a value that has not been passed
  };

  std::string_view tag_of(const Source& source) const {
    return source.tag.empty() ? source.cursor->key().substr(group_.size(), tag_size_) : std::string_view(source.tag);
  }

  std::size_t tag_size_;
  std::vector<Source> sources_;
  Source* current_ = nullptr;  // of the current value
  std::string group_;
  std::string key_;
};

}  // namespace

Result<std::unique_ptr<GroupCursor>> open_tagged_merge(FileSystem& files, MemoryBudget& budget, std::vector<TaggedSource> sources) {
  require(sources.size() >= 2, "a tagged merge has at least two sources");
  std::vector<std::unique_ptr<GroupCursor>> cursors;
  std::vector<std::string> tags;
  std::size_t tag_size = 0;
  for (TaggedSource& source : sources) {
    // The first one must leave memory for the others.
    const std::size_t left = sources.size() - cursors.size();
    source.merge.max_fan_in = std::max<std::uint32_t>(2, source.merge.max_fan_in / static_cast<std::uint32_t>(sources.size()));
    source.merge.max_memory_bytes = budget.free_bytes() / left;
    tag_size = std::max(tag_size, source.tag.size());
    SINTER_ASSIGN(std::unique_ptr<GroupCursor> cursor, GroupCursor::open(files, budget, std::move(source.merge)));
    cursors.push_back(std::move(cursor));
    tags.push_back(std::move(source.tag));
  }
  return std::unique_ptr<GroupCursor>(std::make_unique<TaggedMergeCursor>(std::move(cursors), std::move(tags), tag_size));
}

}  // namespace sinter

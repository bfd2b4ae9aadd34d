// Group: the typed values of one key, read once from front to back. Belongs to one attempt and one thread.
#pragma once

#include <cstddef>
#include <iterator>

#include "framework/api/codec.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A single-pass input range: `for (const V& value : group)`. Values are not kept, so a group may be larger than memory. An error of the
/// shuffle ends the range; it is kept, and the attempt fails with it. Starting a second pass is such an error.
template <class V>
class Group {
 public:
  /// Stands on the current value; valid until it is incremented.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = V;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Group* group) : group_(group) {}
    const V& operator*() const { return group_->value_; }
    const V* operator->() const { return &group_->value_; }
    Iterator& operator++() {
      group_->advance();
      return *this;
    }
    void operator++(int) { group_->advance(); }
    bool operator==(std::default_sentinel_t) const { return group_->ended_; }

   private:
    Group* group_;
  };

  explicit Group(RawGroup& source) : source_(&source) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  Iterator begin() {
    if (started_) {
      status_ = user_error("the values of a group can be read only once, and this reducer starts a second pass");
      ended_ = true;
    } else {
      started_ = true;
      advance();
    }
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

  /// The first error, or good.
  const Status& status() const { return status_; }

 private:
  void advance() {
    if (ended_) return;
    const Result<bool> more = source_->next();
    if (!more.ok()) status_ = more.error();
    else if (*more) status_ = decode_value(source_->value(), value_);
    ended_ = !status_.ok() || !*more;
  }

  RawGroup* source_;
  V value_{};
  Status status_;
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace sinter

// Group: the typed values of one key, read once from front to back. Belongs to one attempt and one thread.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>

#include "framework/api/codec.hpp"
#include "framework/api/grouped.hpp"
#include "framework/api/replay_store.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Iterator of a single-pass range over V: what `Pointer` points to has value(), ended() and advance().
template <class V, class Pointer>
class PassIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = V;
  using difference_type = std::ptrdiff_t;
  explicit PassIterator(Pointer range) : range_(std::move(range)) {}
  const V& operator*() const { return range_->value(); }
  const V* operator->() const { return &range_->value(); }
  PassIterator& operator++() {
    range_->advance();
    return *this;
  }
  void operator++(int) { range_->advance(); }
  bool operator==(std::default_sentinel_t) const { return range_->ended(); }

 private:
  Pointer range_;
};

/// What the reading of a group keeps for the attempt: the first error. One for all groups and replays of an attempt.
struct GroupReading {
  TaskContext& task;
  Status status;
  std::uint64_t replays = 0;  // numbers their files

  /// Keeps the first error; says whether all is well.
  bool keep(Status found) {
    if (!found.ok() && status.ok()) status = std::move(found);
    return status.ok();
  }
};

/// The values of a group, kept: any number of passes, one after the other or nested. In memory as far as the budget goes, then on disk.
template <class V>
class Replay {
 public:
  /// One pass over the kept values.
  class Pass {
   public:
    Pass(ReplayStore& store, GroupReading& reading) : pass_(store), reading_(&reading) { advance(); }
    const V& value() const { return value_; }
    bool ended() const { return ended_; }
    void advance() {
      std::string_view bytes;
      const Result<bool> more = pass_.next(bytes);
      ended_ = !reading_->keep(!more.ok() ? more.error() : *more ? decode_value(bytes, value_) : Status()) || !*more;
    }

   private:
    ReplayStore::Pass pass_;
    GroupReading* reading_;
    V value_{};
    bool ended_ = false;
  };
  using Iterator = PassIterator<V, std::unique_ptr<Pass>>;

  Replay(std::unique_ptr<ReplayStore> store, GroupReading& reading) : store_(std::move(store)), reading_(&reading) {}
  Iterator begin() { return Iterator(std::make_unique<Pass>(*store_, *reading_)); }
  std::default_sentinel_t end() const { return {}; }
  std::uint64_t size() const { return store_->size(); }
  bool empty() const { return store_->size() == 0; }

 private:
  std::unique_ptr<ReplayStore> store_;
  GroupReading* reading_;
};

/// A single-pass input range: `for (const V& value : group)`. Values are not kept, so a group may be larger than memory. An error of the
/// shuffle ends the range; it is kept, and the attempt fails with it. Starting a second pass is such an error: see replayable().
/// `Group<V, O>` is the group of a key `Grouped<G, O>`: it is a Group<V> that also knows the order part of the current value's key.
template <class V, class O = NoOrder>
class Group;

template <class V>
class Group<V, NoOrder> {
 public:
  using Iterator = PassIterator<V, Group*>;

  Group(RawGroup& source, GroupReading& reading) : source_(&source), reading_(&reading) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  Iterator begin() {
    if (started_) {
      reading_->keep(user_error("the values of a group can be read only once, and this reducer starts a second pass")
                         .with_hint("Take `auto values = group.replayable();` and read `values` as often as you like"));
      ended_ = true;
    } else {
      started_ = true;
      advance();
    }
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

  /// The values that are left, kept for more than one pass: in memory while the worker's budget has room, then in the attempt's scratch.
  /// Cost: one copy of the values' bytes, and decoding them in each pass.
  Replay<V> replayable() {
    TaskContext& task = reading_->task;
    auto store = std::make_unique<ReplayStore>(task.files(), task.memory(),
                                               task.scratch_directory() + "/replay-" + std::to_string(reading_->replays++));
    started_ = true;
    while (!ended_) {
      const Result<bool> more = source_->next();
      ended_ = !reading_->keep(!more.ok() ? more.error() : *more ? store->append(source_->value()) : Status()) || !*more;
    }
    return Replay<V>(std::move(store), *reading_);
  }

  const V& value() const { return value_; }
  bool ended() const { return ended_; }
  void advance() {
    if (ended_) return;
    const Result<bool> more = source_->next();
    if (!more.ok()) [[unlikely]] {
      ended_ = !reading_->keep(more.error());
    } else if (!*more) {
      ended_ = true;
    } else if (Status read = decode_value(source_->value(), value_); !read.ok()) [[unlikely]] {
      ended_ = !reading_->keep(std::move(read));
    }
  }

 protected:
  RawGroup* source_;
  GroupReading* reading_;

 private:
  V value_{};
  bool started_ = false;
  bool ended_ = false;
};

template <class V, class O>
class Group : public Group<V, NoOrder> {
 public:
  /// `tag_size`: bytes between the group and the order.
  Group(RawGroup& source, GroupReading& reading, std::size_t tag_size)
      : Group<V, NoOrder>(source, reading), order_at_(source.key().size() + tag_size) {}

  /// The order part of the current value's key. Decoded when asked for.
  const O& order() {
    this->reading_->keep(decode_key(this->source_->full_key().substr(order_at_), order_));
    return order_;
  }

 private:
  std::size_t order_at_;
  O order_{};
};

}  // namespace sinter

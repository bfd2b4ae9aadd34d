// Sorting and spilling: see spill_sorter.hpp. One thread.
#include "jobs/fusion/rules/spill_sorter.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

/// Memory of one sorter, as a share of the worker's budget: the rest belongs to read buffers, the other sorters and output.
constexpr std::uint64_t kBudgetShare = 8;
/// Reserved at once, so that the budget is asked rarely.
constexpr std::uint64_t kReservationStep = 64 * kKiB;
/// Claims are as long as records may be, keys are not: the rest of a long one travels as the value of its record, which orders
/// records of equal key.
constexpr std::size_t kHeadBytes = 32 * kKiB;
/// Offsets into the arena are 32 bits wide.
constexpr std::uint64_t kMaxArenaBytes = 1 * kGiB;
/// Memory of the run builder for each byte of the longest record: wanted, and the least (it takes records up to an eighth of its memory).
constexpr std::uint64_t kLongestShare = 16;
constexpr std::uint64_t kLeastLongestShare = 9;
/// The channel's key and what headers need, beside a record's own bytes.
constexpr std::uint64_t kKeySlackBytes = 64;

std::uint64_t prefix_of(std::string_view bytes) {
  if (bytes.size() >= 8) return load_big_endian_u64(bytes.data());
  char padded[8] = {};
  std::memcpy(padded, bytes.data(), bytes.size());
  return load_big_endian_u64(padded);
}

}  // namespace

class SpillSorter::MemoryCursor final : public ByteCursor {
 public:
  explicit MemoryCursor(const SpillSorter& sorter) : sorter_(sorter) {}

  void open(std::size_t channel) {
    channel_ = channel;
    at_ = 0;
  }
  Status rewind() override {
    at_ = 0;
    return {};
  }
  Result<bool> next(std::string_view& bytes) override {
    const std::vector<Entry>& entries = sorter_.entries_[channel_];
    if (at_ == entries.size()) return false;
    bytes = sorter_.bytes_of(entries[at_++]);
    return true;
  }

 private:
  const SpillSorter& sorter_;
  std::size_t channel_ = 0;
  std::size_t at_ = 0;
};

class SpillSorter::SpilledCursor final : public ByteCursor {
 public:
  SpilledCursor(const SpillSorter& sorter, std::size_t channel) : sorter_(sorter), channel_(channel) {}

  Status rewind() override {
    MergeOptions options;
    options.run_paths = sorter_.run_paths_;
    append_key_int64(options.range.begin, static_cast<std::int64_t>(channel_));
    append_key_int64(options.range.end, static_cast<std::int64_t>(channel_) + 1);
    options.spill_directory = sorter_.space_.directory;
    groups_.reset();  // gives its read buffers back before the new ones are taken
    SINTER_ASSIGN(groups_, GroupCursor::open(*sorter_.space_.files, *sorter_.space_.memory, std::move(options)));
    SINTER_ASSIGN(has_group_, groups_->next_group());
    return {};
  }
  Result<bool> next(std::string_view& bytes) override {
    if (!groups_) SINTER_TRY(rewind());
    if (!has_group_) return false;
    SINTER_ASSIGN(const bool more, groups_->next_value());
    if (!more) return false;
    bytes = groups_->key().substr(groups_->group().size());
    if (!groups_->value().empty()) {
      joined_.assign(bytes);
      joined_.append(groups_->value());
      bytes = joined_;
    }
    return true;
  }

 private:
  const SpillSorter& sorter_;
  std::size_t channel_;
  std::unique_ptr<GroupCursor> groups_;
  bool has_group_ = false;
  std::string joined_;
};

SpillSorter::SpillSorter(std::size_t channels, SpillSpace space, std::string name)
    : space_(std::move(space)), name_(std::move(name)), entries_(channels), cursor_(std::make_unique<MemoryCursor>(*this)) {
  require(space_.files != nullptr && space_.memory != nullptr, "a spilling sorter needs files and a memory budget");
  if (space_.memory_bytes == 0) space_.memory_bytes = space_.memory->limit_bytes() / kBudgetShare;
  // Half for records in memory, half for the run builder: both exist while spilling.
  space_.memory_bytes = std::clamp<std::uint64_t>(space_.memory_bytes / 2, kMinSortMemoryBytes, kMaxArenaBytes);
}

SpillSorter::~SpillSorter() { (void)clear(); }  // the attempt's scratch directory goes away as a whole

Status SpillSorter::clear() {
  bytes_.clear();
  for (std::vector<Entry>& entries : entries_) entries.clear();
  entry_count_ = 0;
  sorted_ = false;
  if (!spilled()) return {};
  cursor_ = std::make_unique<MemoryCursor>(*this);
  builder_.reset();
  longest_ = 0;
  Status status;
  for (const std::string& path : std::exchange(run_paths_, {})) {
    if (Status removed = space_.files->remove(path); !removed.ok()) status = std::move(removed);
  }
  return status;
}

Result<bool> SpillSorter::has_room(std::size_t size) {
  const std::uint64_t wanted = bytes_.size() + size + (entry_count_ + 1) * sizeof(Entry);
  if (wanted > space_.memory_bytes) return false;
  if (wanted <= reservation_.bytes()) return true;
  const std::uint64_t step = std::min(space_.memory_bytes, (wanted + wanted / 2 + kReservationStep) / kReservationStep * kReservationStep);
  if (reservation_.bytes() > 0) return reservation_.resize(step);
  Result<Reservation> reserved = space_.memory->reserve(step, "sorting the claims of one entity");
  if (!reserved.ok()) return false;  // the budget is full: spill
  reservation_ = std::move(reserved).value();
  return true;
}

Status SpillSorter::add(std::size_t channel, std::string_view bytes) {
  require(channel < entries_.size(), "a record of an unknown channel");
  require(!sorted_, "records are added after sort()");
  longest_ = std::max<std::uint64_t>(longest_, bytes.size());
  if (builder_) return add_to_run(channel, bytes);
  SINTER_ASSIGN(const bool room, has_room(bytes.size()));
  if (!room) {
    SINTER_TRY(spill());
    return add_to_run(channel, bytes);
  }
  entries_[channel].push_back({prefix_of(bytes), static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(bytes.size())});
  bytes_.append(bytes);
  ++entry_count_;
  return {};
}

Status SpillSorter::open_builder() {
  // A run builder takes records up to a share of its memory; records as long as those seen must fit, with room to spare when there is.
  const std::uint64_t free = space_.memory->free_bytes();
  const std::uint64_t for_longest = std::max(std::min(longest_ * kLongestShare, free / 2),
                                             std::min(longest_ * kLeastLongestShare, free - free / 8));
  RunBuilderOptions options;
  options.memory_bytes = std::max(space_.memory_bytes, for_longest);
  options.block_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(kDefaultRunBlockBytes, space_.memory_bytes / 8));
  options.spill_directory = space_.directory;
  options.run_path = space_.directory + "/" + name_ + "-" + std::to_string(runs_++) + ".run";
  builder_path_ = options.run_path;
  longest_in_builder_ = options.memory_bytes / kLeastLongestShare;
  SINTER_TRY(space_.files->make_directories(space_.directory));
  SINTER_ASSIGN(builder_, RunBuilder::create(*space_.files, *space_.memory, std::move(options)));
  return {};
}

Status SpillSorter::close_builder() {
  const Result<RunSummary> summary = builder_->finish();
  builder_.reset();
  run_paths_.push_back(std::move(builder_path_));
  return summary.ok() ? Status() : Status(summary.error());
}

Status SpillSorter::spill() {
  SINTER_TRY(open_builder());
  for (std::size_t channel = 0; channel < entries_.size(); ++channel) {
    for (const Entry& entry : entries_[channel]) SINTER_TRY(add_to_run(channel, bytes_of(entry)));
    std::vector<Entry>().swap(entries_[channel]);
  }
  std::string().swap(bytes_);
  entry_count_ = 0;
  reservation_ = Reservation();
  return {};
}

Status SpillSorter::add_to_run(std::size_t channel, std::string_view bytes) {
  if (bytes.size() + kKeySlackBytes > longest_in_builder_) {
    SINTER_TRY(close_builder());
    SINTER_TRY(open_builder());
  }
  key_.clear();
  append_key_int64(key_, static_cast<std::int64_t>(channel));
  const std::size_t group_size = key_.size();
  key_.append(bytes.substr(0, kHeadBytes));
  return builder_->add(key_, group_size, bytes.size() > kHeadBytes ? bytes.substr(kHeadBytes) : std::string_view());
}

Status SpillSorter::sort() {
  sorted_ = true;
  if (builder_) return close_builder();
  for (std::vector<Entry>& entries : entries_) {
    if (entries.size() < 2) continue;
    std::sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      return bytes_of(a) < bytes_of(b);
    });
  }
  return {};
}

Result<ByteCursor*> SpillSorter::open(std::size_t channel) {
  require(builder_ == nullptr, "open() before sort()");
  if (!run_paths_.empty()) {
    cursor_.reset();  // one set of read buffers at a time
    cursor_ = std::make_unique<SpilledCursor>(*this, channel);
    SINTER_TRY(cursor_->rewind());
    return cursor_.get();
  }
  static_cast<MemoryCursor&>(*cursor_).open(channel);
  return cursor_.get();
}

Result<std::uint64_t> count_distinct(ByteCursor& sorted) {
  std::uint64_t distinct = 0;
  std::string last;
  std::string_view bytes;
  while (true) {
    SINTER_ASSIGN(const bool more, sorted.next(bytes));
    if (!more) return distinct;
    if (distinct > 0 && bytes == last) continue;
    last.assign(bytes);
    ++distinct;
  }
}

}  // namespace sinter::fusion

// RunBuilder: sort buffer, combine table, spills and the final merge of one map attempt. One thread.
#include "shuffle/build/run_builder.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "shuffle/merge/merge_inputs.hpp"
#include "shuffle/run/combine_table.hpp"
#include "shuffle/run/run_writer.hpp"
#include "shuffle/run/sort_buffer.hpp"
#include "shuffle/run/value_merger.hpp"

namespace sinter {
namespace {

/// A block buffer twice, the write buffer, table and arena must fit: memory_bytes is at least so many blocks.
constexpr std::uint64_t kBlocksPerMemory = 6;
/// Largest record as a share of the memory: two read buffers and a writer with LZ4 hold six of them.
constexpr std::uint64_t kRecordShare = 8;
constexpr std::uint64_t kTableShare = 4;
constexpr std::uint64_t kWriteShare = 16;
constexpr std::uint64_t kLargestWriteBytes = kMiB;
/// Spills have blocks so small that a full fan-in of them fits in the memory, with LZ4 too.
constexpr std::uint64_t kSpillBlockShare = 96;
/// Records ahead that are fetched into the cache while writing in key order.
constexpr std::size_t kPrefetchDistance = 16;

struct Shares {
  RunWriterOptions final_writer;
  RunWriterOptions spill_writer;
  std::size_t combined_limit_bytes = 0;
  std::size_t table_bytes = 0;
  std::size_t arena_bytes = 0;
};

Result<Shares> divide(const RunBuilderOptions& options) {
  const std::uint64_t memory = options.memory_bytes;
  const std::uint64_t least = std::max<std::uint64_t>(kMinSortMemoryBytes, kBlocksPerMemory * options.block_bytes);
  if (memory < least) {
    return user_error("sort memory of " + std::to_string(memory) + " bytes is too small: blocks of " +
                      std::to_string(options.block_bytes) + " bytes need at least " + std::to_string(least))
        .with_hint("Raise execution.memory");
  }
  Shares shares;
  shares.final_writer.path = options.run_path;
  shares.final_writer.block_bytes = options.block_bytes;
  shares.final_writer.first_block_bytes = options.first_block_bytes;
  shares.final_writer.compression = options.compression;
  shares.final_writer.write_bytes = std::min(memory / kWriteShare, kLargestWriteBytes);
  shares.spill_writer = shares.final_writer;
  shares.spill_writer.first_block_bytes = kMaxBlockBytes;
  shares.spill_writer.block_bytes = std::clamp<std::uint32_t>(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(memory / kSpillBlockShare, kMaxBlockBytes)), kMinBlockBytes, options.block_bytes);
  std::uint64_t left = memory - RunWriter::memory_bytes(shares.final_writer, 0);
  if (options.combiner != nullptr) {
    shares.combined_limit_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(memory / kCombinedValueShare, kMaxCombinedValueBytes));
    shares.table_bytes = std::bit_floor(static_cast<std::size_t>(memory / kTableShare));
    left -= 2 * shares.combined_limit_bytes + shares.table_bytes;
  }
  shares.arena_bytes = static_cast<std::size_t>(left);
  return shares;
}

class SortingRunBuilder final : public RunBuilder {
 public:
  SortingRunBuilder(FileSystem& files, RunBuilderOptions options, Reservation reservation, Shares shares, SortBuffer buffer)
      : files_(files),
        options_(std::move(options)),
        reservation_(std::move(reservation)),
        shares_(std::move(shares)),
        buffer_(std::move(buffer)),
        arena_limit_bytes_(buffer_->limit_bytes()),
        usual_record_bytes_(std::min({std::uint64_t{options_.block_bytes}, kMaxKeyBytes, options_.memory_bytes / kRecordShare})) {}

  ~SortingRunBuilder() override { remove_spills(); }

  Status create_table() {
    if (options_.combiner == nullptr) return {};
    SINTER_ASSIGN(table_, CombineTable::create(*options_.combiner, *buffer_, shares_.table_bytes, options_.regions));
    return {};
  }

  Status add(std::string_view key, std::size_t group_size, std::string_view value) override {
    if (key.size() + value.size() > usual_record_bytes_) [[unlikely]] SINTER_TRY(prepare_giant(key, value));
    if (!buffer_->append(key, group_size, value)) [[unlikely]] SINTER_TRY(make_room_and_append(key, group_size, value));
    ++statistics_.records_in;
    if (table_) table_->appended(key);
    return {};
  }

  Result<RunSummary> finish() override {
    require(buffer_.has_value(), "RunBuilder::finish() is called once");
    Result<RunSummary> summary = finish_run();
    remove_spills();
    if (!summary.ok()) return summary;
    statistics_.records_out = summary->records;
    statistics_.combined_records = statistics_.records_in - statistics_.records_out;
    return summary;
  }

  const RunBuilderStatistics& statistics() const override { return statistics_; }

 private:
  Status prepare_giant(std::string_view key, std::string_view value);
  Status make_room_and_append(std::string_view key, std::size_t group_size, std::string_view value);
  Status spill();
  Result<RunSummary> finish_run();
  Result<RunSummary> write_buffer(const RunWriterOptions& writer_options);
  Status write_entries(RunWriter& writer, std::span<const SortEntry> entries);
  /// Two cache lines: most records reach into the second.
  void prefetch(const SortEntry& entry) const {
    const char* const record = buffer_->address_of(entry.position);
    __builtin_prefetch(record);
    __builtin_prefetch(record + 64);
  }
  Status write_combined(RunWriter& writer, std::span<const SortEntry> entries);
  void keep_regions();
  std::string next_spill_path();
  void remove_spills();

  FileSystem& files_;
  RunBuilderOptions options_;
  Reservation reservation_;
  Shares shares_;
  std::optional<SortBuffer> buffer_;  // empty after finish(), which gives its memory back
  std::optional<CombineTable> table_;
  std::size_t arena_limit_bytes_;
  std::size_t usual_record_bytes_;
  std::size_t largest_record_bytes_ = 0;
  std::vector<std::string> spill_paths_;
  RunBuilderStatistics statistics_;
};

/// Refuses what is over a limit, and sets room aside for the block buffers that a giant record needs when it is written.
Status SortingRunBuilder::prepare_giant(std::string_view key, std::string_view value) {
  if (key.size() > kMaxKeyBytes) {
    return user_error("a key of " + std::to_string(key.size()) + " bytes is above kMaxKeyBytes = " + std::to_string(kMaxKeyBytes));
  }
  if (value.size() > kMaxRecordBytes) {
    return user_error("a shuffle value of " + std::to_string(value.size()) + " bytes is above kMaxRecordBytes = " +
                      std::to_string(kMaxRecordBytes));
  }
  const std::size_t bytes = key.size() + value.size();
  if (bytes > options_.memory_bytes / kRecordShare) {
    return user_error("a shuffle record of " + std::to_string(bytes) + " bytes is larger than 1/" + std::to_string(kRecordShare) +
                      " of the sort memory of " + std::to_string(options_.memory_bytes) + " bytes")
        .with_hint("Raise execution.memory");
  }
  if (bytes <= largest_record_bytes_) return {};
  largest_record_bytes_ = bytes;
  const std::size_t extra =
      RunWriter::memory_bytes(shares_.final_writer, bytes) - RunWriter::memory_bytes(shares_.final_writer, 0);
  if (extra == 0) return {};
  const std::size_t limit = arena_limit_bytes_ - std::min(extra, arena_limit_bytes_);
  if (table_) table_->flush();
  if (buffer_->records() > 0 && !buffer_->limit(limit)) SINTER_TRY(spill());
  if (buffer_->records() > 0) return {};
  // Pages above the new limit were perhaps used before; they are the room that the writer takes.
  buffer_->discard();
  require(buffer_->limit(limit), "an empty sort buffer takes any limit");
  return {};
}

Status SortingRunBuilder::make_room_and_append(std::string_view key, std::size_t group_size, std::string_view value) {
  if (table_) table_->flush();
  if (buffer_->append(key, group_size, value)) return {};
  SINTER_TRY(spill());
  if (buffer_->append(key, group_size, value)) return {};
  return user_error("a shuffle record of " + std::to_string(key.size() + value.size()) + " bytes does not fit in the sort memory of " +
                    std::to_string(options_.memory_bytes) + " bytes")
      .with_hint("Raise execution.memory");
}

Status SortingRunBuilder::spill() {
  SINTER_TRY(files_.make_directories(options_.spill_directory));
  RunWriterOptions writer = shares_.spill_writer;
  writer.path = next_spill_path();
  spill_paths_.push_back(writer.path);
  Result<RunSummary> summary = write_buffer(writer);
  if (!summary.ok()) return std::move(summary).error().with_context("while spilling to '" + writer.path + "'");
  ++statistics_.spills;
  statistics_.spilled_bytes += summary->file_bytes;
  return {};
}

/// Sorts the buffer, writes it as one run, and empties it.
Result<RunSummary> SortingRunBuilder::write_buffer(const RunWriterOptions& writer_options) {
  if (table_) table_->flush();
  const std::span<const SortEntry> entries = buffer_->sort(/*by_value=*/options_.combiner == nullptr);
  SINTER_ASSIGN(const std::unique_ptr<RunWriter> writer, RunWriter::create(files_, writer_options));
  SINTER_TRY(options_.combiner == nullptr ? write_entries(*writer, entries) : write_combined(*writer, entries));
  SINTER_ASSIGN(RunSummary summary, writer->finish());
  buffer_->clear();
  if (table_) table_->clear();
  return summary;
}

Status SortingRunBuilder::write_entries(RunWriter& writer, std::span<const SortEntry> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kPrefetchDistance < entries.size()) prefetch(entries[i + kPrefetchDistance]);
    const StoredRecord record = buffer_->record_at(entries[i].position);
    SINTER_TRY(writer.add(record.key, record.group_size, record.value_view()));
  }
  return {};
}

Status SortingRunBuilder::write_combined(RunWriter& writer, std::span<const SortEntry> entries) {
  const auto same_key = [&](const SortEntry& a, const SortEntry& b) {
    return a.prefix == b.prefix && a.extra == b.extra && buffer_->key_at(a.position) == buffer_->key_at(b.position);
  };
  ValueMerger merger(*options_.combiner, shares_.combined_limit_bytes);
  for (std::size_t i = 0; i < entries.size();) {
    if (i + kPrefetchDistance < entries.size()) prefetch(entries[i + kPrefetchDistance]);
    const StoredRecord record = buffer_->record_at(entries[i].position);
    const std::size_t first = i++;
    if (i == entries.size() || !same_key(entries[first], entries[i])) {
      SINTER_TRY(writer.add(record.key, record.group_size, record.value_view()));
      continue;
    }
    merger.start(record.value_view());
    for (; i < entries.size() && same_key(entries[first], entries[i]); ++i) {
      const std::string_view value = buffer_->value_at(entries[i].position);
      if (merger.full_for(value)) break;
      merger.add(record.key, value);
    }
    SINTER_TRY(writer.add(record.key, record.group_size, merger.result(record.key)));
  }
  return {};
}

Result<RunSummary> SortingRunBuilder::finish_run() {
  const auto write = [&]() -> Result<RunSummary> {
    if (spill_paths_.empty()) {
      SINTER_ASSIGN(RunSummary summary, write_buffer(shares_.final_writer));
      keep_regions();
      return summary;
    }
    if (buffer_->records() > 0) SINTER_TRY(spill());
    table_.reset();
    buffer_.reset();  // the merge takes its buffers from the memory that this frees
    MergeInputsOptions inputs_options;
    inputs_options.max_fan_in = options_.max_fan_in;
    inputs_options.spill_directory = options_.spill_directory;
    inputs_options.compression = options_.compression;
    inputs_options.combiner = options_.combiner;
    SINTER_ASSIGN(MergeInputs inputs, MergeInputs::open(files_, spill_paths_, std::move(inputs_options)));
    const std::uint64_t writer_bytes = RunWriter::memory_bytes(shares_.final_writer, largest_record_bytes_);
    SINTER_ASSIGN(const std::unique_ptr<MergeCursor> cursor, inputs.cursor(options_.memory_bytes - writer_bytes));
    return write_merged(files_, *cursor, shares_.final_writer);
  };
  Result<RunSummary> summary = write();
  table_.reset();
  buffer_.reset();
  reservation_ = Reservation();
  if (!summary.ok()) {
    (void)files_.remove(options_.run_path);  // no half run is left; that it may not exist is fine
    return std::move(summary).with_context("while building run '" + options_.run_path + "'");
  }
  return summary;
}

/// Leaves the memory to the next attempt. Not after a spill: the merge takes its buffers from what is freed.
void SortingRunBuilder::keep_regions() {
  if (options_.regions == nullptr) return;
  if (table_) options_.regions->keep(std::move(*table_).take_region());
  options_.regions->keep(std::move(*buffer_).take_region());
}

std::string SortingRunBuilder::next_spill_path() {
  for (std::size_t number = spill_paths_.size();; ++number) {
    std::string path = options_.spill_directory + "/spill-" + std::to_string(number) + ".run";
    if (!files_.exists(path)) return path;
  }
}

void SortingRunBuilder::remove_spills() {
  // Best effort: the owner of the spill directory removes the whole of it anyway.
  for (const std::string& path : spill_paths_) (void)files_.remove(path);
  spill_paths_.clear();
}

}  // namespace

Result<std::unique_ptr<RunBuilder>> RunBuilder::create(FileSystem& files, MemoryBudget& budget, RunBuilderOptions options) {
  SINTER_ASSIGN(Shares shares, divide(options));
  SINTER_ASSIGN(Reservation reservation, budget.reserve(options.memory_bytes, "sorting into run '" + options.run_path + "'"));
  SINTER_ASSIGN(SortBuffer buffer, SortBuffer::create(shares.arena_bytes, options.regions));
  auto builder = std::make_unique<SortingRunBuilder>(files, std::move(options), std::move(reservation), std::move(shares),
                                                     std::move(buffer));
  SINTER_TRY(builder->create_table());
  return std::unique_ptr<RunBuilder>(std::move(builder));
}

}  // namespace sinter

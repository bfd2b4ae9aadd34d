// CombineTable: finds the record of the sort buffer that has the same key, and merges into it. Owned by a RunBuilder; one thread.
//
//   add() -> tail of the sort buffer -> (64 pending) -> hash, prefetch, probe -> hit:  merge into the earlier record, take the tail back
//                                                                             -> miss: the record stays where it is, the table points to it
//
// The table holds no records, only {hash, position} of records in the buffer. So evicting an entry copies nothing: its record is
// already where it would be evicted to, and equal keys left in the buffer meet again when it is sorted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "shuffle/record/combiner.hpp"
#include "shuffle/run/combine_policy.hpp"
#include "shuffle/run/memory_region.hpp"
#include "shuffle/run/sort_buffer.hpp"

namespace sinter {

/// Smallest table: fits in the L1 cache.
inline constexpr std::size_t kMinCombineTableBytes = std::size_t{16} << 10;
/// A merged value larger than this is not merged into any more before the sort: moving it around would cost more than it saves.
inline constexpr std::size_t kMaxTableValueBytes = 4096;

class CombineTable {
 public:
  /// `max_bytes` is rounded down to a power of two. The table starts small and doubles in place while keys keep coming.
  /// The memory comes from `regions` when there is one.
  static Result<CombineTable> create(Combiner& combiner, SortBuffer& buffer, std::size_t max_bytes, RegionCache* regions = nullptr);
  /// The memory for another table; this one is of no use afterwards.
  MemoryRegion take_region() && { return std::move(region_); }
  CombineTable(CombineTable&&) = default;
  CombineTable& operator=(CombineTable&&) = default;

  /// After each record appended to the buffer. May take records back from its tail, or move them.
  void appended(std::string_view key) {
    if (policy_.active()) [[likely]] {
      const std::uint32_t hash = hash_of(key);
      __builtin_prefetch(&buckets_[hash & mask_]);
      pending_[pending_records_++] = hash;
      if (pending_records_ == kBatch) flush();
    } else {
      pending_from_ = buffer_->tail();
      if (++window_.records == kCombineWindowRecords) end_window();
    }
  }
  /// Probes what is pending. Call before the buffer is sorted, or found full.
  void flush();
  /// After the buffer was cleared.
  void clear();

  std::size_t table_bytes() const { return (std::size_t{mask_} + 1) * sizeof(Bucket); }
  bool active() const { return policy_.active(); }

 private:
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kWays = 8;
  /// One cache line. A key lives in exactly one bucket; the front ways are those hit most often lately.
  struct alignas(64) Bucket {
    std::array<std::uint32_t, kWays> hash;
    std::array<std::uint32_t, kWays> position;  // SortBuffer::kNowhere: empty
  };

  CombineTable(Combiner& combiner, SortBuffer& buffer, MemoryRegion region);
  static std::uint32_t hash_of(std::string_view key);
  static unsigned ways_with(const Bucket& bucket, std::uint32_t hash);
  /// Way of the key, or kWays.
  std::size_t find(const Bucket& bucket, std::uint32_t hash, std::string_view key) const;
  void insert(std::uint32_t hash, std::uint32_t position);
  bool merge_or_keep(std::uint32_t hash, std::uint32_t from, std::uint32_t to);
  bool merge_within_stride(const StoredRecord& earlier, std::uint32_t position, const StoredRecord& record);
  void prefetch_candidate(std::uint32_t hash) const;
  void merge_deferred();
  void merge_one_deferred(std::uint32_t hash, std::uint32_t position);
  void grow();
  void end_window();

  Combiner* combiner_;
  SortBuffer* buffer_;
  MemoryRegion region_;
  Bucket* buckets_ = nullptr;
  std::uint32_t mask_ = 0;
  std::uint32_t max_mask_ = 0;
  std::size_t keys_ = 0;
  std::size_t evictions_ = 0;  // since the table last grew
  std::array<std::uint32_t, kBatch> pending_;
  std::size_t pending_records_ = 0;
  std::uint32_t pending_from_ = 1;
  struct Deferred {
    std::uint32_t hash;
    std::uint32_t position;
  };
  std::vector<Deferred> deferred_;  // hits whose merged value did not fit; merged once the tail is tidy
  std::string scratch_;
  CombinePolicy policy_;
  CombineWindow window_;
};

}  // namespace sinter

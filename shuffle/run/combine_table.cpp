// CombineTable: eight-way buckets of {hash, position} over the sort buffer. One thread.
#include "shuffle/run/combine_table.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/checksum.hpp"

namespace sinter {
namespace {

constexpr std::uint64_t kHashSeed = 0x73696e746572;
/// Where in a record its second cache line surely begins to matter.
constexpr std::size_t kPrefetchedTailBytes = 40;
/// Look-ups ahead whose records are fetched into the cache. All of a batch at once would wait for the lines that a core can ask for.
constexpr std::size_t kCandidateDistance = 12;

}  // namespace

Result<CombineTable> CombineTable::create(Combiner& combiner, SortBuffer& buffer, std::size_t max_bytes, RegionCache* regions) {
  require(max_bytes >= kMinCombineTableBytes, "a combine table has at least kMinCombineTableBytes");
  const std::size_t bytes = std::bit_floor(max_bytes);
  SINTER_ASSIGN(MemoryRegion region, regions == nullptr ? MemoryRegion::create(bytes) : regions->take(bytes));
  return CombineTable(combiner, buffer, std::move(region));
}

CombineTable::CombineTable(Combiner& combiner, SortBuffer& buffer, MemoryRegion region)
    : combiner_(&combiner), buffer_(&buffer), region_(std::move(region)), buckets_(reinterpret_cast<Bucket*>(region_.data())) {
  mask_ = kMinCombineTableBytes / sizeof(Bucket) - 1;
  max_mask_ = static_cast<std::uint32_t>(std::min<std::size_t>(region_.size_bytes() / sizeof(Bucket), std::size_t{1} << 31) - 1);
  deferred_.reserve(kBatch);
  // Memory from a cache holds anything; grow() overwrites what it takes in use.
  std::memset(static_cast<void*>(buckets_), 0, table_bytes());
}

std::uint32_t CombineTable::hash_of(std::string_view key) { return static_cast<std::uint32_t>(hash64(key, kHashSeed)); }

/// Bit i: way i has this hash. All ways at once: which of them holds the key cannot be predicted, whether one does usually can.
unsigned CombineTable::ways_with(const Bucket& bucket, std::uint32_t hash) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(hash));
  const auto* const hashes = reinterpret_cast<const __m128i*>(bucket.hash.data());
  const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(hashes), wanted);
  const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(hashes + 1), wanted);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128())));
#else
  unsigned ways = 0;
  for (unsigned way = 0; way < kWays; ++way) ways |= static_cast<unsigned>(bucket.hash[way] == hash) << way;
  return ways;
#endif
}

std::size_t CombineTable::find(const Bucket& bucket, std::uint32_t hash, std::string_view key) const {
  for (unsigned candidates = ways_with(bucket, hash); candidates != 0; candidates &= candidates - 1) {
    const auto way = static_cast<std::size_t>(std::countr_zero(candidates));
    if (bucket.position[way] == SortBuffer::kNowhere) continue;
    const std::string_view found = buffer_->record_at(bucket.position[way]).key;
    if (found.size() == key.size() && same_short(found.data(), key.data(), key.size())) return way;
  }
  return kWays;
}

void CombineTable::insert(std::uint32_t hash, std::uint32_t position) {
  Bucket& bucket = buckets_[hash & mask_];
  std::size_t way = 0;
  while (way < kWays - 1 && bucket.position[way] != SortBuffer::kNowhere) ++way;
  // A full bucket gives up its last way, where the coldest keys are; hot ones have moved to the front.
  bucket.position[way] == SortBuffer::kNowhere ? ++keys_ : ++evictions_;
  bucket.hash[way] = hash;
  bucket.position[way] = position;
}

/// Merges the pending record at `from` away and says true, or moves it down to `to`, where the table finds it.
bool CombineTable::merge_or_keep(std::uint32_t hash, std::uint32_t from, std::uint32_t to) {
  Bucket& bucket = buckets_[hash & mask_];
  const StoredRecord record = buffer_->record_at(from);
  const std::size_t way = find(bucket, hash, record.key);
  if (way == kWays) {
    buffer_->close_gap(to, from);
    insert(hash, to);
    return false;
  }
  ++window_.hits;
  const StoredRecord earlier = buffer_->record_at(bucket.position[way]);
  const std::size_t ahead = way - (way > 0 ? 1 : 0);  // one place nearer to the front; no branch, for the same reason
  std::swap(bucket.hash[way], bucket.hash[ahead]);
  std::swap(bucket.position[way], bucket.position[ahead]);
  if (combiner_->merge_in_place(record.key, earlier.value, record.value_view())) return true;
  if (merge_within_stride(earlier, bucket.position[ahead], record)) return true;
  buffer_->close_gap(to, from);
  deferred_.push_back({hash, to});  // the merged record has to move to the tail, which is not tidy yet
  return false;
}

/// Merges into scratch_ and from there into the earlier record when the bytes that it occupies suffice.
bool CombineTable::merge_within_stride(const StoredRecord& earlier, std::uint32_t position, const StoredRecord& record) {
  if (earlier.value.size() + record.value.size() > kMaxTableValueBytes) return false;
  combiner_->merge(record.key, earlier.value_view(), record.value_view(), scratch_);
  return buffer_->set_value(position, scratch_);
}

inline void CombineTable::prefetch_candidate(std::uint32_t hash) const {
  const Bucket& bucket = buckets_[hash & mask_];
  const unsigned ways = ways_with(bucket, hash);
  if (ways == 0) return;
  // Key and value of a usual record lie in two cache lines; each not asked for in time costs as much as all the rest of the merge.
  const char* const record = buffer_->address_of(bucket.position[static_cast<std::size_t>(std::countr_zero(ways))]);
  __builtin_prefetch(record, 1);
  __builtin_prefetch(record + kPrefetchedTailBytes, 1);
  // g++ takes a function that only prefetches for one without effect, and drops its calls: a group-by was a quarter slower.
  asm volatile("");
}

void CombineTable::flush() {
  if (pending_records_ == 0) return;
  const std::size_t count = std::exchange(pending_records_, 0);
  if (window_.records == 0) window_.known_keys = keys_;
  for (std::size_t i = 0; i < std::min(count, kCandidateDistance); ++i) prefetch_candidate(pending_[i]);
  std::uint32_t from = pending_from_;
  std::uint32_t to = pending_from_;
  std::size_t merged = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kCandidateDistance < count) prefetch_candidate(pending_[i + kCandidateDistance]);
    const std::uint32_t following = buffer_->next(from);
    if (merge_or_keep(pending_[i], from, to)) {
      ++merged;
    } else {
      to = buffer_->next(to);
    }
    from = following;
  }
  buffer_->truncate(to, merged);
  if (!deferred_.empty()) merge_deferred();
  pending_from_ = buffer_->tail();
  const std::size_t slots = (std::size_t{mask_} + 1) * kWays;
  if ((keys_ > slots / 2 || evictions_ > slots / 16) && mask_ < max_mask_) grow();
  window_.records += count;
  if (window_.records >= kCombineWindowRecords) end_window();
}

void CombineTable::merge_deferred() {
  for (const Deferred& deferred : deferred_) merge_one_deferred(deferred.hash, deferred.position);
  deferred_.clear();
}

void CombineTable::merge_one_deferred(std::uint32_t hash, std::uint32_t position) {
  Bucket& bucket = buckets_[hash & mask_];
  const StoredRecord record = buffer_->record_at(position);
  const std::size_t way = find(bucket, hash, record.key);
  if (way == kWays) return insert(hash, position);
  std::uint32_t& slot = bucket.position[way];
  const StoredRecord earlier = buffer_->record_at(slot);
  if (combiner_->merge_in_place(record.key, earlier.value, record.value_view())) return buffer_->kill(position);
  if (earlier.value.size() + record.value.size() <= kMaxTableValueBytes) {
    if (merge_within_stride(earlier, slot, record)) return buffer_->kill(position);
    const std::uint32_t moved = buffer_->tail();
    if (buffer_->append_with_room(record.key, record.group_size, scratch_)) {
      buffer_->kill(slot);
      buffer_->kill(position);
      slot = moved;
      return;
    }
  }
  slot = position;  // the earlier record stays in the buffer; the sort brings both together
}

void CombineTable::grow() {
  const std::uint32_t old_buckets = mask_ + 1;
  for (std::uint32_t i = 0; i < old_buckets; ++i) {
    Bucket& low = buckets_[i];
    Bucket& high = buckets_[i + old_buckets];
    std::size_t low_ways = 0;
    std::size_t high_ways = 0;
    for (std::size_t way = 0; way < kWays && low.position[way] != SortBuffer::kNowhere; ++way) {
      Bucket& to = (low.hash[way] & old_buckets) != 0 ? high : low;
      std::size_t& ways = (low.hash[way] & old_buckets) != 0 ? high_ways : low_ways;
      to.hash[ways] = low.hash[way];
      to.position[ways++] = low.position[way];
    }
    std::fill(low.position.begin() + static_cast<std::ptrdiff_t>(low_ways), low.position.end(), SortBuffer::kNowhere);
    std::fill(high.position.begin() + static_cast<std::ptrdiff_t>(high_ways), high.position.end(), SortBuffer::kNowhere);
  }
  mask_ = 2 * old_buckets - 1;
  evictions_ = 0;
}

void CombineTable::end_window() {
  if (policy_.active()) {
    const std::size_t records = std::max<std::size_t>(buffer_->records(), 1);
    const std::size_t record_bytes = std::max<std::size_t>(buffer_->used_bytes() / records, 1);
    const std::size_t slots = (std::size_t{max_mask_} + 1) * kWays;
    window_.capacity_keys = std::min(buffer_->limit_bytes() / (record_bytes + sizeof(SortEntry)), slots);
    window_.bytes_per_key = record_bytes + sizeof(Bucket) / kWays * 2;
    policy_.judge(window_);
  } else {
    policy_.bypassed();
  }
  window_ = {};
}

void CombineTable::clear() {
  require(pending_records_ == 0, "the combine table is flushed before the buffer is cleared");
  pending_from_ = buffer_->tail();
  evictions_ = 0;
  if (keys_ > 0) std::memset(static_cast<void*>(buckets_), 0, table_bytes());
  keys_ = 0;
}

}  // namespace sinter

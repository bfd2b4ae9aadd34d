// The bytes of a run around its records: file magic, block header, index, footer. See docs/formats/run.md. Stateless; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "shuffle/run/run_format.hpp"

namespace sinter {

inline constexpr std::string_view kRunMagic = "SNTRRUN1";
inline constexpr std::string_view kRunEndMagic = "1NURRTNS";
inline constexpr std::uint32_t kRunVersion = 1;
inline constexpr std::size_t kBlockHeaderBytes = 24;
inline constexpr std::size_t kRunFooterBytes = 64;
/// LZ4 cannot expand further than this, so a header that claims more is damaged.
inline constexpr std::uint64_t kMaxExpansion = 255;

/// In front of each block's stored bytes. The checksum covers the other fields and the stored bytes.
struct BlockHeader {
  std::uint64_t checksum = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t records = 0;
  std::uint32_t codec = 0;
};
static_assert(sizeof(BlockHeader) == kBlockHeaderBytes);

/// Where a block lies and what it must hold: an index entry without its key.
struct BlockPlace {
  std::uint64_t offset_bytes = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t records = 0;
};

/// Header bytes with their checksum.
std::string seal_block_header(BlockHeader header, std::string_view stored);
/// Checks header and stored bytes (`block` holds both) against each other and against the index.
/// Errors: environment, naming the file, the block's number and offset.
Status check_block(std::string_view block, const BlockPlace& place, const std::string& path, std::size_t number);

/// Index, with its checksum in front.
std::string encode_run_index(const RunSummary& summary);
std::string encode_run_footer(const RunSummary& summary, std::uint64_t index_offset, std::uint64_t index_bytes);

/// Reads footer and index of an open file.
Result<RunSummary> read_run_summary(const ReadableFile& file, const std::string& path);

/// Reads exactly `size` bytes. Errors name the file and the position where it ended.
Status read_exactly(const ReadableFile& file, const std::string& path, std::uint64_t offset, char* to, std::size_t size);

}  // namespace sinter

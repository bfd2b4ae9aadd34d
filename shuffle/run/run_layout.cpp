// Encoding and checking of block headers, index and footer; every count read is bounded before it is believed. Any thread.
#include "shuffle/run/run_layout.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/limits.hpp"

namespace sinter {
namespace {

constexpr std::size_t kChecksumBytes = 8;
/// An index entry has five one-byte varints at least.
constexpr std::uint64_t kMinIndexEntryBytes = 5;

Error damaged(const std::string& path, const std::string& what) {
  return environment_error("run '" + path + "' is damaged: " + what).with_hint("The task that wrote it can be run again");
}

struct Footer {
  std::uint64_t index_offset = 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint32_t version = 0;
  std::uint32_t reserved = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(Footer) + kRunEndMagic.size() == kRunFooterBytes);

Result<Footer> read_footer(const ReadableFile& file, const std::string& path) {
  const std::uint64_t size = file.size_bytes();
  if (size < kRunMagic.size() + kChecksumBytes + kRunFooterBytes) {
    return damaged(path, "it has " + std::to_string(size) + " bytes, fewer than an empty run");
  }
  char bytes[kRunFooterBytes];
  SINTER_TRY(read_exactly(file, path, size - kRunFooterBytes, bytes, sizeof(bytes)));
  const std::string_view view(bytes, sizeof(bytes));
  if (view.substr(sizeof(Footer)) != kRunEndMagic) return damaged(path, "its footer has no magic; it is cut short or no run");
  const auto footer = load_fixed<Footer>(bytes);
  if (checksum64(view.substr(0, sizeof(Footer) - kChecksumBytes)) != footer.checksum) {
    return damaged(path, "the checksum of its footer differs");
  }
  if (footer.version != kRunVersion) {
    return damaged(path, "it has format version " + std::to_string(footer.version) + ", this program reads version " +
                             std::to_string(kRunVersion));
  }
  const std::uint64_t end = size - kRunFooterBytes;
  if (footer.index_offset < kRunMagic.size() || footer.index_offset > end || footer.index_bytes != end - footer.index_offset ||
      footer.index_bytes < kChecksumBytes || footer.blocks > footer.index_bytes / kMinIndexEntryBytes || footer.reserved != 0) {
    return damaged(path, "its footer places the index outside of the file");
  }
  char magic[kRunMagic.size()];
  SINTER_TRY(read_exactly(file, path, 0, magic, sizeof(magic)));
  if (std::string_view(magic, sizeof(magic)) != kRunMagic) return damaged(path, "it does not start with the magic of a run");
  return footer;
}

/// One index entry; `offset` is where its block must begin, and is moved to its end.
bool read_index_entry(ByteReader& reader, std::uint64_t& offset, std::uint64_t end, BlockEntry& entry) {
  std::uint64_t stored = 0;
  std::uint64_t raw = 0;
  std::uint64_t records = 0;
  std::uint64_t group_size = 0;
  std::string_view key;
  if (!reader.read_varint(stored) || !reader.read_varint(raw) || !reader.read_varint(records) || !reader.read_sized(key) ||
      !reader.read_varint(group_size)) {
    return false;
  }
  if (end - offset < kBlockHeaderBytes || stored > end - offset - kBlockHeaderBytes) return false;
  if (raw > UINT32_MAX || raw > stored * kMaxExpansion + kMaxExpansion || records == 0 || records > raw) return false;
  if (key.size() > kMaxKeyBytes || group_size > key.size()) return false;
  entry.first_key.assign(key);
  entry.first_group_size = static_cast<std::uint32_t>(group_size);
  entry.offset_bytes = offset;
  entry.stored_bytes = static_cast<std::uint32_t>(stored);
  entry.raw_bytes = static_cast<std::uint32_t>(raw);
  entry.records = static_cast<std::uint32_t>(records);
  offset += kBlockHeaderBytes + stored;
  return stored <= UINT32_MAX;
}

Status decode_index(std::string_view index, const Footer& footer, RunSummary& summary) {
  ByteReader reader(index.substr(kChecksumBytes));
  std::uint64_t offset = kRunMagic.size();
  std::uint64_t records = 0;
  std::uint64_t raw_bytes = 0;
  summary.blocks.resize(footer.blocks);
  for (std::size_t i = 0; i < summary.blocks.size(); ++i) {
    BlockEntry& entry = summary.blocks[i];
    if (!read_index_entry(reader, offset, footer.index_offset, entry)) {
      return damaged(summary.path, "index entry " + std::to_string(i) + " is not a possible block");
    }
    records += entry.records;
    raw_bytes += entry.raw_bytes;
  }
  std::string_view last_key;
  if (!reader.read_sized(last_key) || !reader.at_end() || last_key.size() > kMaxKeyBytes || offset != footer.index_offset ||
      records != footer.records || raw_bytes != footer.raw_bytes) {
    return damaged(summary.path, "its index and its footer disagree");
  }
  summary.last_key.assign(last_key);
  return {};
}

}  // namespace

std::string seal_block_header(BlockHeader header, std::string_view stored) {
  std::string bytes;
  append_fixed(bytes, header);
  const std::string_view fields = std::string_view(bytes).substr(kChecksumBytes);
  header.checksum = hash64(stored, checksum64(fields));
  bytes.replace(0, kChecksumBytes, reinterpret_cast<const char*>(&header.checksum), kChecksumBytes);
  return bytes;
}

Status check_block(std::string_view block, const BlockPlace& place, const std::string& path, std::size_t number) {
  const auto describe = [&](const std::string& what) {
    return damaged(path, "block " + std::to_string(number) + " at byte " + std::to_string(place.offset_bytes) + ": " + what);
  };
  const auto header = load_fixed<BlockHeader>(block.data());
  const std::string_view fields = block.substr(kChecksumBytes, kBlockHeaderBytes - kChecksumBytes);
  if (hash64(block.substr(kBlockHeaderBytes), checksum64(fields)) != header.checksum) return describe("its checksum differs");
  if (header.stored_bytes != place.stored_bytes || header.raw_bytes != place.raw_bytes || header.records != place.records) {
    return describe("its header and the index disagree");
  }
  const bool stored_raw = header.codec == static_cast<std::uint32_t>(Compression::None) && header.raw_bytes == header.stored_bytes;
  if (!stored_raw && header.codec != static_cast<std::uint32_t>(Compression::Lz4)) {
    return describe("it has the unknown codec " + std::to_string(header.codec));
  }
  return {};
}

std::string encode_run_index(const RunSummary& summary) {
  std::string index(kChecksumBytes, '\0');
  for (const BlockEntry& entry : summary.blocks) {
    append_varint(index, entry.stored_bytes);
    append_varint(index, entry.raw_bytes);
    append_varint(index, entry.records);
    append_sized(index, entry.first_key);
    append_varint(index, entry.first_group_size);
  }
  append_sized(index, summary.last_key);
  const std::uint64_t checksum = checksum64(std::string_view(index).substr(kChecksumBytes));
  index.replace(0, kChecksumBytes, reinterpret_cast<const char*>(&checksum), kChecksumBytes);
  return index;
}

std::string encode_run_footer(const RunSummary& summary, std::uint64_t index_offset, std::uint64_t index_bytes) {
  Footer footer{index_offset, index_bytes, summary.records, summary.raw_bytes, summary.blocks.size(), kRunVersion, 0, 0};
  std::string bytes;
  append_fixed(bytes, footer);
  footer.checksum = checksum64(std::string_view(bytes).substr(0, sizeof(Footer) - kChecksumBytes));
  bytes.clear();
  append_fixed(bytes, footer);
  bytes += kRunEndMagic;
  return bytes;
}

Result<RunSummary> read_run_summary(const ReadableFile& file, const std::string& path) {
  SINTER_ASSIGN(const Footer footer, read_footer(file, path));
  std::string index(footer.index_bytes, '\0');
  SINTER_TRY(read_exactly(file, path, footer.index_offset, index.data(), index.size()));
  if (checksum64(std::string_view(index).substr(kChecksumBytes)) != load_fixed<std::uint64_t>(index.data())) {
    return damaged(path, "the checksum of its index differs");
  }
  RunSummary summary;
  summary.path = path;
  summary.records = footer.records;
  summary.raw_bytes = footer.raw_bytes;
  summary.file_bytes = file.size_bytes();
  SINTER_TRY(decode_index(index, footer, summary));
  return summary;
}

Result<RunSummary> read_run_summary(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, files.open(path));
  return read_run_summary(*file, path);
}

Status read_exactly(const ReadableFile& file, const std::string& path, std::uint64_t offset, char* to, std::size_t size) {
  SINTER_ASSIGN(const std::size_t got, file.read_at(offset, to, size));
  if (got == size) return {};
  return damaged(path, "it ends at byte " + std::to_string(offset + got) + ", " + std::to_string(size - got) + " bytes too early");
}

}  // namespace sinter

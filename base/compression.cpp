// The one source that sees LZ4, and zstd for blocks. Any thread.
#include "base/compression.hpp"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>

#include "base/limits.hpp"

namespace sinter {
namespace {

static_assert(kMaxCompressedBlockBytes <= LZ4_MAX_INPUT_SIZE, "LZ4 takes its sizes as int");

Error too_large(std::size_t size_bytes) {
  return environment_error("a block of " + std::to_string(size_bytes) + " bytes is above kMaxCompressedBlockBytes = " +
                               std::to_string(kMaxCompressedBlockBytes),
                           /*retriable=*/false);
}

Error damaged(std::string_view from, std::size_t size_bytes) {
  return environment_error("a compressed block of " + std::to_string(from.size()) + " bytes is damaged: it does not decode to the " +
                           std::to_string(size_bytes) + " bytes it promises");
}

}  // namespace

std::size_t lz4_bound(std::size_t size_bytes) { return size_bytes + size_bytes / 255 + 16; }

Result<std::size_t> lz4_compress(std::string_view from, std::string& to) {
  if (from.size() > kMaxCompressedBlockBytes) return too_large(from.size());
  const std::size_t start = to.size();
  to.resize(start + lz4_bound(from.size()));
  const int written = LZ4_compress_default(from.data(), to.data() + start, static_cast<int>(from.size()),
                                           static_cast<int>(to.size() - start));
  require(written > 0, "LZ4 always fits its own bound");
  to.resize(start + static_cast<std::size_t>(written));
  return static_cast<std::size_t>(written);
}

Status lz4_decompress(std::string_view from, char* to, std::size_t size_bytes) {
  if (size_bytes > kMaxCompressedBlockBytes) return too_large(size_bytes);
  if (from.size() > lz4_bound(kMaxCompressedBlockBytes)) return too_large(from.size());
  const int got = LZ4_decompress_safe(from.data(), to, static_cast<int>(from.size()), static_cast<int>(size_bytes));
  if (got < 0 || static_cast<std::size_t>(got) != size_bytes) return damaged(from, size_bytes);
  return {};
}

Status lz4_decompress(std::string_view from, std::size_t size_bytes, std::string& to) {
  if (size_bytes > kMaxCompressedBlockBytes) return too_large(size_bytes);
  const std::size_t start = to.size();
  to.resize(start + size_bytes);
  Status decoded = lz4_decompress(from, to.data() + start, size_bytes);
  if (!decoded.ok()) to.resize(start);
  return decoded;
}

std::size_t lz4_compress_into(std::string_view from, char* to, std::size_t room_bytes) {
  if (from.size() > kMaxCompressedBlockBytes) return 0;
  const int room = static_cast<int>(std::min(room_bytes, lz4_bound(from.size())));
  return static_cast<std::size_t>(LZ4_compress_default(from.data(), to, static_cast<int>(from.size()), room));
}

std::size_t zstd_compress_into(std::string_view from, char* to, std::size_t room_bytes) {
  if (from.size() > kMaxCompressedBlockBytes) return 0;
  constexpr int kLevel = 1;
  const std::size_t written = ZSTD_compress(to, room_bytes, from.data(), from.size(), kLevel);
  return ZSTD_isError(written) != 0 ? 0 : written;
}

Status zstd_decompress(std::string_view from, char* to, std::size_t size_bytes) {
  if (size_bytes > kMaxCompressedBlockBytes) return too_large(size_bytes);
  const std::size_t got = ZSTD_decompress(to, size_bytes, from.data(), from.size());
  if (ZSTD_isError(got) != 0 || got != size_bytes) return damaged(from, size_bytes);
  return {};
}

}  // namespace sinter

// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), for run blocks and messages, and zstd frames (RFC 8878) for
// messages. Stateless; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter {

/// Appends the LZ4 block of `from` to `to` and returns how many bytes that were: at most lz4_bound(from.size()).
/// Errors: `from` is larger than kMaxCompressedBlockBytes (limits.hpp). About 640 MB/s.
Result<std::size_t> lz4_compress(std::string_view from, std::string& to);

/// Most bytes that lz4_compress() can append for `size_bytes` of input.
std::size_t lz4_bound(std::size_t size_bytes);

/// Decodes one block of exactly `size_bytes` into `to`. Never reads or writes outside, whatever `from` holds;
/// bytes that are no such block are an environment error (damaged data). About 5 GB/s.
Status lz4_decompress(std::string_view from, char* to, std::size_t size_bytes);

/// The same, appending to a string. Errors also when `size_bytes` is above kMaxCompressedBlockBytes, before any memory is taken.
Status lz4_decompress(std::string_view from, std::size_t size_bytes, std::string& to);

/// Compresses into the `room_bytes` at `to` and returns the bytes that were written; 0 when they are too few, or `from` is larger than
/// kMaxCompressedBlockBytes.
std::size_t lz4_compress_into(std::string_view from, char* to, std::size_t room_bytes);
/// The same by zstd at its fastest usual level. About 300 MB/s, and of claims half the bytes that LZ4 leaves.
std::size_t zstd_compress_into(std::string_view from, char* to, std::size_t room_bytes);

/// Decodes zstd frames of exactly `size_bytes` into `to`, as safe as lz4_decompress(). About 1 GB/s.
Status zstd_decompress(std::string_view from, char* to, std::size_t size_bytes);

}  // namespace sinter

// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), for run blocks and messages. Stateless; any thread.
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

}  // namespace sinter

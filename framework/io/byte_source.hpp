// ByteSource: the decompressed bytes of a file, or of a range of a plain one, in order. One thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/input.hpp"

namespace sinter {

/// Compressed bytes read at a time.
inline constexpr std::size_t kCompressedReadBytes = 256 * 1024;

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills `to`; fewer than `size` bytes only at the end, 0 behind it. Errors name file and offset: the file shrank while
  /// it was read (environment), compressed data is truncated or corrupt (user).
  virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

/// Bytes [begin, end) of a plain file; `end` at most its size.
Result<std::unique_ptr<ByteSource>> open_plain_source(FileSystem& files, const std::string& path, std::uint64_t begin_bytes,
                                                      std::uint64_t end_bytes);

/// The bytes of `file` by its codec. Compressed files are read whole: requires begin_bytes == 0 for them; `end_bytes` is then ignored.
Result<std::unique_ptr<ByteSource>> open_byte_source(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                     std::uint64_t begin_bytes, std::uint64_t end_bytes);

}  // namespace sinter

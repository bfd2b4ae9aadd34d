// zstd decompression as a ByteSource. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/byte_source.hpp"

namespace sinter {

/// Streams zstd data, including several frames one after another. `path` is for messages. The budget must outlive it.
Result<std::unique_ptr<ByteSource>> open_zstd_source(std::unique_ptr<ReadableFile> file, const std::string& path, MemoryBudget& budget);

}  // namespace sinter

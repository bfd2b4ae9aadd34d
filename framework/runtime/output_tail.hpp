// The last words of a worker: what it wrote to its standard error before its end. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.hpp"

namespace sinter {

/// The last bytes of the file at `path`, without line ends behind them; empty when there is nothing, or nothing can be read.
std::string output_tail(FileSystem& files, const std::string& path, std::uint64_t max_bytes);

}  // namespace sinter

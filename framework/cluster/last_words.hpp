// Last words: what people get to see of an attempt that failed or died on its node. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.hpp"
#include "base/timestamp.hpp"

namespace sinter::cluster {

/// Of an attempt's log, and of what its worker wrote to standard error: the last of it.
inline constexpr std::uint64_t kMaxLastWordsBytes = 1u << 20;
/// Of one line of standard error.
inline constexpr std::size_t kMaxOutputLineBytes = 4'096;

struct LastWords {
  std::string task;               // "map-3"
  std::uint32_t attempt = 0;
  std::string log_path;           // need not be there
  std::string output_path;        // the worker's standard error
  std::uint64_t output_from = 0;  // its bytes when the attempt began
};

/// Makes the log what is worth being fetched: its last lines, and behind them those of standard error, as lines of a log. Changes nothing
/// when neither is needed.
Status write_last_words(FileSystem& files, const LastWords& words, Timestamp now);

}  // namespace sinter::cluster

// Running a program to its end: what it is told, what it says. Any thread; blocks it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinter::cli {

/// Of what a program writes, more is cut off.
inline constexpr std::size_t kMaxProgramOutputBytes = 1u << 20;

struct ProgramResult {
  int exit_code = 0;  ///< 128 + signal when it was killed
  bool timed_out = false;
  std::string out;
  std::string err;
};

/// Looks for words[0] on the PATH. `input` is its standard input: never seen by others, unlike its words. One that takes longer is killed.
/// Errors: it cannot be started.
Result<ProgramResult> run_program(const std::vector<std::string>& words, std::string_view input, std::int64_t timeout_ms);

}  // namespace sinter::cli

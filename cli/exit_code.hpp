// Exit codes of the sinter command, documented in docs/command.md. Plain constants.
#pragma once

namespace sinter::cli {

enum ExitCode : int {
  kOk = 0,
  kRunFailed = 1,
  kUsage = 2,
  kQualityFailed = 3,
  kCancelled = 5,
  kBadJobFile = 78,
  kInterrupted = 130,
  kTerminated = 143,
};

}  // namespace sinter::cli

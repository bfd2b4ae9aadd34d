// An installation of this build in a prefix that was moved after `cmake --install`, and a job of a stranger beside it. One thread.
#pragma once

#include <string>

#include "tests/support/command.hpp"

namespace sinter::testing {

/// Runs a bash script that stops at its first failing command, in `directory`.
CommandResult shell(const std::string& directory, const std::string& script, int timeout_s = 300);

/// What a person would read when a command failed.
std::string output_of(const CommandResult& result);

class Installation {
 public:
  /// Installs into a temporary prefix and renames that. Check made() first.
  Installation();
  const CommandResult& made() const { return made_; }
  std::string prefix() const { return directory_ / "moved"; }
  /// `sinter init --template cpp` of the moved program; the directory of the project.
  std::string init_project() const;
  std::string operator/(const std::string& name) const { return directory_ / name; }

 private:
  TemporaryDirectory directory_;
  CommandResult made_;
};

}  // namespace sinter::testing

// Running programs in tests: output captured, a deadline, nothing left behind. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sinter::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + signal when killed
  std::string out;
  std::string err;
};

/// Runs argv[0] with its arguments and waits; kills its process group after `timeout_s`.
CommandResult run_command(const std::vector<std::string>& argv, int timeout_s = 120);

/// A directory of its own under the system's temporary one, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file (making its directories) and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

std::string read_whole_file(const std::string& path);

/// The folder of shared test data, or empty when it is not on this machine: tests then skip and say so.
std::string data_directory();

}  // namespace sinter::testing

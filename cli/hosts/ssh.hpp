// Scripts on other hosts by the ssh that the user has, with the configuration that the user has. Any thread; each call blocks it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter::cli {

struct SshOptions {
  std::string config;              ///< a file for ssh -F; empty: what ssh takes
  std::int64_t timeout_ms = 60'000;  ///< for each call
};

/// A word as a shell reads it back, whatever it holds.
std::string shell_quoted(std::string_view word);

/// What `script` writes to its standard output. It reaches `sh` by standard input, so nothing in it stands in a list of processes.
/// Errors: ssh cannot come in, or the script ends with another code than 0: the last of what it wrote to standard error.
Result<std::string> run_script(const SshOptions& options, const std::string& host, std::string_view script);

/// Writes `bytes` to a file there. `path` is in double quotes of the login shell, so that $HOME may be in it.
Status send_file(const SshOptions& options, const std::string& host, const std::string& path, std::string_view bytes);

/// The host's name or address on the network, as ssh's configuration says it.
Result<std::string> network_name(const SshOptions& options, const std::string& host);

/// act(0) to act(count - 1), up to `parallel` at once, begun in that order.
void in_parallel(std::size_t count, std::size_t parallel, const std::function<void(std::size_t)>& act);

}  // namespace sinter::cli

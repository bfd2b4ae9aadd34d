// Over the ssh command: its keys, agents, jumps and aliases are the user's business. Any thread.
#include "cli/hosts/ssh.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "cli/hosts/program_run.hpp"

namespace sinter::cli {
namespace {

/// ssh's own failures.
constexpr int kSshFailed = 255;

std::vector<std::string> ssh_words(const SshOptions& options) {
  std::vector<std::string> words{"ssh"};
  if (!options.config.empty()) words.insert(words.end(), {"-F", options.config});
  return words;
}

std::string last_lines(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  constexpr std::size_t kShownBytes = 600;
  if (text.size() > kShownBytes) text.erase(0, text.size() - kShownBytes);
  return text;
}

Result<std::string> run_there(const SshOptions& options, const std::string& host, const std::string& command, std::string_view input) {
  std::vector<std::string> words = ssh_words(options);
  // Nobody is there to type a password or to answer whether a host's key is right.
  words.insert(words.end(), {"-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, command});
  SINTER_ASSIGN(ProgramResult result, run_program(words, input, options.timeout_ms));
  if (result.timed_out)
    return environment_error("'" + host + "' did not answer within " + std::to_string(options.timeout_ms) +
                             " ms: " + last_lines(result.err));
  if (result.exit_code == kSshFailed)
    return environment_error("ssh does not get to '" + host + "': " + last_lines(result.err))
        .with_hint("`ssh " + host + "` must work without a password and without questions");
  if (result.exit_code != 0)
    return environment_error("on '" + host + "' (exit " + std::to_string(result.exit_code) + "): " + last_lines(result.err));
  return std::move(result.out);
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

Result<std::string> run_script(const SshOptions& options, const std::string& host, std::string_view script) {
  return run_there(options, host, "sh -s", script);
}

Status send_file(const SshOptions& options, const std::string& host, const std::string& path, std::string_view bytes) {
  SINTER_TRY(run_there(options, host, "cat > \"" + path + "\"", bytes));
  return {};
}

Result<std::string> network_name(const SshOptions& options, const std::string& host) {
  std::vector<std::string> words = ssh_words(options);
  words.insert(words.end(), {"-G", host});
  SINTER_ASSIGN(const ProgramResult result, run_program(words, "", options.timeout_ms));
  constexpr std::string_view kLine = "\nhostname ";
  const std::size_t at = ("\n" + result.out).find(kLine);
  if (result.exit_code != 0 || at == std::string::npos)
    return environment_error("ssh does not say what '" + host + "' is: " + last_lines(result.err));
  const std::size_t begin = at + kLine.size() - 1;
  return result.out.substr(begin, result.out.find('\n', begin) - begin);
}

void in_parallel(std::size_t count, std::size_t parallel, const std::function<void(std::size_t)>& act) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(count, parallel); ++i)
    threads.emplace_back([&] {
      for (std::size_t one = next++; one < count; one = next++) act(one);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sinter::cli

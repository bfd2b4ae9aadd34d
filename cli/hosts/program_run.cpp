// Files in memory in place of pipes: nobody waits for a reader, whatever a program and those it leaves behind do with them.
#include "cli/hosts/program_run.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/descriptor.hpp"

namespace sinter::cli {
namespace {

constexpr auto kLook = std::chrono::milliseconds(5);

Status fill(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0) return system_error("hand over the input of", "a program", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file, 0, SEEK_SET);
  return {};
}

std::string text_of(int file) {
  std::string text(kMaxProgramOutputBytes, '\0');
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

/// Its wait status; kills it when the time is over.
int wait_for(pid_t child, std::int64_t timeout_ms, bool& timed_out) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= deadline) {
      timed_out = true;
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(kLook);
  }
  return status;
}

}  // namespace

Result<ProgramResult> run_program(const std::vector<std::string>& words, std::string_view input, std::int64_t timeout_ms) {
  const Descriptor in(::memfd_create("input", MFD_CLOEXEC));
  const Descriptor out(::memfd_create("output", MFD_CLOEXEC));
  const Descriptor err(::memfd_create("errors", MFD_CLOEXEC));
  if (in.number() < 0 || out.number() < 0 || err.number() < 0) return system_error("make files in memory for", words.front(), errno);
  SINTER_TRY(fill(in.number(), input));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.number(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.number(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.number(), STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return system_error("run", words.front(), failed);
  ProgramResult result;
  const int status = wait_for(child, timeout_ms, result.timed_out);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.out = text_of(out.number());
  result.err = text_of(err.number());
  return result;
}

}  // namespace sinter::cli

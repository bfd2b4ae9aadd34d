// Processes and temporary files of tests: see command.hpp. One thread.
#include "tests/support/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sinter::testing {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) == 0) {
      read_end = ends[0];
      write_end = ends[1];
    }
  }
};

pid_t spawn(const std::vector<std::string>& argv, const Pipe& out, const Pipe& err) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);
  ::dup2(out.write_end, STDOUT_FILENO);
  ::dup2(err.write_end, STDERR_FILENO);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  std::vector<char*> arguments;
  for (const std::string& one : argv) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

/// Drains both pipes until they close or the deadline passes; false then.
bool drain(const Pipe& out, const Pipe& err, CommandResult& result, std::chrono::steady_clock::time_point deadline) {
  pollfd polled[2] = {{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}};
  std::string* texts[2] = {&result.out, &result.err};
  int open = 2;
  while (open > 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0 || ::poll(polled, 2, static_cast<int>(left)) < 0) return false;
    for (int i = 0; i < 2; ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t size = ::read(polled[i].fd, buffer, sizeof buffer);
      if (size > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(size));
      } else {
        polled[i].fd = -1;
        --open;
      }
    }
  }
  return true;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& argv, int timeout_s) {
  const Pipe out;
  const Pipe err;
  const pid_t child = spawn(argv, out, err);
  ::close(out.write_end);
  ::close(err.write_end);
  CommandResult result;
  const bool ended = drain(out, err, result, std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s));
  if (!ended) {
    ::kill(-child, SIGKILL);
    result.err += "\n[killed by the test after " + std::to_string(timeout_s) + " s]";
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(out.read_end);
  ::close(err.read_end);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sinter-test-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& text) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

std::string read_whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string data_directory() {
  if (const char* named = std::getenv("SINTER_DATA"); named != nullptr) return named;
  const std::filesystem::path beside = std::filesystem::path(SINTER_SOURCE_DIR) / ".." / "shared" / "data";
  return std::filesystem::is_directory(beside) ? beside.lexically_normal().string() : "";
}

}  // namespace sinter::testing

// Processes under observation: see process_watch.hpp. One thread.
#include "tests/support/process_watch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace sinter::testing {
namespace {

/// State letter and parent of a process, from /proc/PID/stat; false when it is gone.
bool read_stat(pid_t process, char& state, pid_t& parent) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return false;
  state = text[name_end + 2];
  parent = static_cast<pid_t>(std::stol(text.substr(name_end + 4)));
  return true;
}

}  // namespace

BackgroundCommand::BackgroundCommand(const std::vector<std::string>& argv, const std::string& output_path) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing running
  const int output = ::open(output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& one : argv) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

BackgroundCommand::~BackgroundCommand() {
  if (!running()) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

void BackgroundCommand::signal(int number) const {
  if (!ended_) ::kill(pid_, number);  // else the number may be somebody else's by now
}

bool BackgroundCommand::running() {
  if (!ended_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
  return !ended_;
}

int BackgroundCommand::wait(int timeout_s) {
  if (!wait_until([this] { return !running(); }, timeout_s)) return -1;
  return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    char state = 0;
    pid_t its_parent = 0;
    const pid_t process = static_cast<pid_t>(std::stol(name));
    if (read_stat(process, state, its_parent) && its_parent == parent && state != 'Z') children.push_back(process);
  }
  return children;
}

bool is_alive(pid_t process) {
  char state = 0;
  pid_t parent = 0;
  return read_stat(process, state, parent) && state != 'Z' && state != 'X';
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace sinter::testing

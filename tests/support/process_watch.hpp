// Watching and disturbing a running program in tests: its children, signals, how it ended. Linux /proc. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace sinter::testing {

/// A program started in the background, in a process group of its own; killed when the object goes away.
class BackgroundCommand {
 public:
  /// Standard output and error go to `output_path`.
  BackgroundCommand(const std::vector<std::string>& argv, const std::string& output_path);
  ~BackgroundCommand();
  BackgroundCommand(const BackgroundCommand&) = delete;
  BackgroundCommand& operator=(const BackgroundCommand&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  /// Exit code, 128 + signal when killed, -1 when it still runs after `timeout_s`.
  int wait(int timeout_s);

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  bool ended_ = false;
};

/// Living children of a process.
std::vector<pid_t> children_of(pid_t parent);
/// True while the process exists and is no zombie.
bool is_alive(pid_t process);
/// Waits until `condition` holds, which it looks at once more at the end; false after `timeout_s` by the clock.
template <class Condition>
bool wait_until(Condition condition, double timeout_s);
void sleep_ms(int ms);

template <class Condition>
bool wait_until(Condition condition, double timeout_s) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    sleep_ms(5);
  }
  return condition();
}

}  // namespace sinter::testing

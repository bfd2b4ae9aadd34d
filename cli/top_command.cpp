// `sinter top`: a cluster at a glance, again and again. One thread.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <optional>

#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/status_text.hpp"
#include "framework/cluster/status_client.hpp"
#include "framework/runtime/signal_watcher.hpp"

namespace sinter::cli {
namespace {

constexpr int kKeyLookMs = 100;
constexpr std::size_t kPlainColumns = 80;
constexpr std::size_t kPlainRows = 24;

/// Keys arrive one by one and unseen; as it was when this goes.
class RawKeys {
 public:
  RawKeys() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO));
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawKeys() {
    if (changed_) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

  /// Whether q was typed within `timeout_ms`.
  bool quits(int timeout_ms) {
    pollfd keys{open_ ? STDIN_FILENO : -1, POLLIN, 0};
    if (::poll(&keys, 1, timeout_ms) <= 0) return false;
    char typed[64];
    const ssize_t got = ::read(STDIN_FILENO, typed, sizeof(typed));
    if (got <= 0) open_ = false;  // nobody types there
    for (ssize_t i = 0; i < got; ++i)
      if (typed[i] == 'q' || typed[i] == 'Q') return true;
    return false;
  }

 private:
  termios before_{};
  bool changed_ = false;
  bool open_ = true;
};

Result<std::string> screen(cluster::StatusClient& client, const std::string& address, std::size_t columns, std::size_t rows) {
  SINTER_ASSIGN(const JsonDocument cluster, client.json("/v1/cluster"));
  SINTER_ASSIGN(const JsonDocument jobs, client.json("/v1/jobs?limit=200"));
  SINTER_ASSIGN(const JsonDocument nodes, client.json("/v1/nodes?limit=200"));
  return top_screen(address, cluster, jobs, nodes, columns, rows);
}

void window_size(std::size_t& columns, std::size_t& rows) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return;
  columns = size.ws_col;
  rows = size.ws_row;
}

void draw(const std::string& text) {
  // Home, each line over the old one, then nothing below: no flicker.
  std::string frame = "\x1b[H";
  for (const char letter : text) frame += letter == '\n' ? std::string("\x1b[K\n") : std::string(1, letter);
  frame += "\x1b[K\x1b[J";
  std::fwrite(frame.data(), 1, frame.size(), stdout);
  std::fflush(stdout);
}

Status show_once(cluster::StatusClient& client, const TopArguments& arguments, const Console& console) {
  SINTER_ASSIGN(const std::string text, screen(client, arguments.cluster, kPlainColumns, kPlainRows));
  console.data(text.substr(0, text.find_last_not_of('\n') + 1) + "\n");
  return {};
}

void show(cluster::StatusClient& client, const TopArguments& arguments, const SignalWatcher& signals, const Console& console) {
  std::size_t columns = kPlainColumns, rows = kPlainRows;
  const SteadyClock clock;
  RawKeys keys;
  console.data("\x1b[2J");
  SteadyMs next_ms = 0;
  while (!signals.cancelled().load()) {
    if (clock.now_ms() >= next_ms) {
      window_size(columns, rows);
      const Result<std::string> text = screen(client, arguments.cluster, columns, rows);
      draw(text.ok() ? *text : "sinter top  " + arguments.cluster + "\n\n" + text.error().message());
      next_ms = clock.now_ms() + static_cast<SteadyMs>(arguments.interval_s * 1000);
    }
    if (keys.quits(kKeyLookMs)) break;
  }
  console.data("\n");
}

}  // namespace

int top_command(const TopArguments& arguments, const Console& console) {
  const bool once = arguments.once || ::isatty(STDOUT_FILENO) == 0;
  std::optional<SignalWatcher> signals;  // before any thread of the connection
  if (!once) signals.emplace();
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  const auto serve = [&]() -> Status {
    SINTER_ASSIGN(net::SocketSecurity security, identity_for(arguments.cluster).security(AccessRole::Submit));
    const cluster::ClientOptions options{cluster::endpoint_of(arguments.cluster), std::move(security), clock, log};
    SINTER_ASSIGN(const std::unique_ptr<cluster::StatusClient> client, cluster::StatusClient::open(options));
    if (once) return show_once(*client, arguments, console);
    show(*client, arguments, *signals, console);
    return {};
  };
  const Status served = serve();
  if (served.ok()) return kOk;
  console.error(served.error());
  return kRunFailed;
}

}  // namespace sinter::cli

// Terminal output: see console.hpp. One thread.
#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "framework/io/json_writer.hpp"

namespace sinter::cli {
namespace {

bool wants_color(std::string_view color, bool terminal) {
  if (color == "always") return true;
  if (color == "never" || std::getenv("NO_COLOR") != nullptr) return false;
  const char* term = std::getenv("TERM");
  return terminal && term != nullptr && std::string_view(term) != "dumb";
}

void write(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

}  // namespace

Console::Console(std::string_view color, bool json, bool quiet)
    : json_(json), quiet_(quiet), stderr_is_terminal_(::isatty(STDERR_FILENO) == 1) {
  color_ = wants_color(color, stderr_is_terminal_);
}

std::size_t Console::width() const {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kPlainWidth;
}

void Console::data(std::string_view text) const {
  if (std::ferror(stdout) != 0) return;
  errno = 0;
  write(stdout, text);
  std::fflush(stdout);
  if (std::ferror(stdout) != 0) error_text(std::string("cannot write to standard output: ") + std::strerror(errno));
}

void Console::note(std::string_view line) const {
  if (quiet_) return;
  write(stderr, line);
  write(stderr, "\n");
}

void Console::error(const Error& error) const {
  if (json_) {
    JsonWriter json;
    json.begin_object().member("status", "failed").key("error").begin_object();
    json.member("fault", to_string(error.fault())).member("message", error.message()).member("hint", error.hint());
    json.key("context").begin_array();
    for (const std::string& line : error.context()) json.value(line);
    json.end_array().end_object().end_object();
    data(json.text() + "\n");
  }
  std::string text = error.message();
  for (const std::string& line : error.context()) text += "\n  " + line;
  if (!error.hint().empty()) text += "\n  = " + error.hint();
  error_text(text);
}

void Console::error_text(std::string_view text) const {
  write(stderr, red("sinter: error: "));
  write(stderr, text);
  write(stderr, "\n");
}

std::string Console::bold(std::string_view text) const { return paint("1", text); }
std::string Console::red(std::string_view text) const { return paint("1;31", text); }
std::string Console::green(std::string_view text) const { return paint("32", text); }

std::string Console::paint(std::string_view code, std::string_view text) const {
  if (!color_) return std::string(text);
  std::string painted = "\x1b[";
  painted.append(code).append("m").append(text).append("\x1b[0m");
  return painted;
}

}  // namespace sinter::cli

// Console: where the command writes and how: data on stdout, everything else on stderr. Made once in main; one thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace sinter::cli {

/// Lines of data are kept this short where no terminal says how wide it is.
inline constexpr std::size_t kPlainWidth = 120;

enum class ProgressMode { Auto, Tty, Plain, None };

class Console {
 public:
  /// `color` is auto, always or never; NO_COLOR and TERM=dumb are honoured in auto.
  Console(std::string_view color, bool json, bool quiet);

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  bool color() const { return color_; }
  /// Characters of a line of stdout: the terminal's, else kPlainWidth.
  std::size_t width() const;
  bool stderr_is_terminal() const { return stderr_is_terminal_; }

  /// Data, to stdout, as it is. The first failure is told; the command then fails, see run_command_line().
  void data(std::string_view text) const;
  /// A line for the person, to stderr; nothing when quiet.
  void note(std::string_view line) const;
  /// "sinter: error: ..." with context and hint, to stderr; as a JSON object on stdout with --format json.
  void error(const Error& error) const;
  void error_text(std::string_view text) const;

  std::string bold(std::string_view text) const;
  std::string red(std::string_view text) const;
  std::string green(std::string_view text) const;

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  bool json_;
  bool quiet_;
  bool color_;
  bool stderr_is_terminal_;
};

}  // namespace sinter::cli

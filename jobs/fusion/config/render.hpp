// Shows what is wrong with a job file: for people in the form of compilers, with the line and a caret, and as JSON. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {

/// Problems shown before "and N more": nobody repairs more in one go.
inline constexpr std::size_t kMaxShownProblems = 20;

/// `path:line:col: error: message`, the source line, a caret with underline, the help. In file order, at most kMaxShownProblems.
/// `text` is the job file. Colour is ANSI.
std::string render_problems(const Diagnostics& diagnostics, std::string_view path, std::string_view text, bool color);

/// `text` for a terminal: control characters, which could move its cursor or change its colours, are spaces.
std::string printable(std::string_view text);

/// The problems as one JSON array: [{"file","line","column","severity","message","help"}], all of them.
std::string render_problems_json(const Diagnostics& diagnostics, std::string_view path);

}  // namespace sinter::fusion

// The command line: verbs, options, help, completion. The only code that sees CLI11. One thread.
#pragma once

namespace sinter::cli {

/// Parses and runs one command; returns its exit code.
int run_command_line(int argc, char** argv);

}  // namespace sinter::cli

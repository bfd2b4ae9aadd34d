// The sinter program: client, tracker, node and worker in one binary.
#include "cli/command_line.hpp"

int main(int argc, char** argv) { return sinter::cli::run_command_line(argc, argv); }

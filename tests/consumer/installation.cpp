// Installing, moving and using it: see installation.hpp. One thread.
#include "tests/consumer/installation.hpp"

namespace sinter::testing {

CommandResult shell(const std::string& directory, const std::string& script, int timeout_s) {
  return run_command({"bash", "-euo", "pipefail", "-c", "cd '" + directory + "'; " + script}, timeout_s);
}

std::string output_of(const CommandResult& result) {
  return "exit code " + std::to_string(result.exit_code) + "\n" + result.out + result.err;
}

Installation::Installation() {
  made_ = shell(directory_.path().string(),
                SINTER_CMAKE " --install " SINTER_BUILD_DIR " --strip --prefix \"$PWD/first\" && mv first moved");
}

std::string Installation::init_project() const {
  const CommandResult init = run_command({prefix() + "/bin/sinter", "init", "--template", "cpp", directory_ / "project"});
  return init.exit_code == 0 ? directory_ / "project" : output_of(init);
}

}  // namespace sinter::testing

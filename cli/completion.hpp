// Shell completion scripts, made from the same command table as the help. Stateless; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinter::cli {

/// A verb as completion needs it.
struct VerbTable {
  struct Verb {
    std::string name;
    std::string help;
    std::vector<std::string> flags;    // "--force", "-j"
    std::vector<std::string> choices;  // of its first positional: "rules cleaners formats"
  };
  std::vector<Verb> verbs;
};

/// `shell` is bash, zsh or fish.
std::string completion_script(const VerbTable& table, std::string_view shell);

}  // namespace sinter::cli

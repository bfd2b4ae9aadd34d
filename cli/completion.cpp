// Completion scripts: see completion.hpp. Any thread.
#include "cli/completion.hpp"

namespace sinter::cli {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::vector<std::string> names(const VerbTable& table) {
  std::vector<std::string> result;
  for (const VerbTable::Verb& verb : table.verbs) result.push_back(verb.name);
  return result;
}

std::string bash_script(const VerbTable& table) {
  std::string script =
      "# bash completion for sinter: source <(sinter completion bash)\n"
      "_sinter() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" verb=\"${COMP_WORDS[1]}\" words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" + join(names(table)) + "\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$verb\" in\n";
  for (const VerbTable::Verb& verb : table.verbs) {
    script += "    " + verb.name + ") words=\"" + join(verb.flags) + " " + join(verb.choices) + "\" ;;\n";
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  case \"$word\" in -*) ;; *) COMPREPLY+=($(compgen -f -- \"$word\")) ;; esac\n"
      "}\n"
      "complete -o filenames -F _sinter sinter\n";
  return script;
}

std::string zsh_script(const VerbTable& table) {
  std::string script =
      "#compdef sinter\n# zsh completion for sinter: source <(sinter completion zsh)\n_sinter() {\n  if (( CURRENT == 2 )); then\n    "
      "compadd -- " +
      join(names(table)) + "\n    return\n  fi\n  case $words[2] in\n";
  for (const VerbTable::Verb& verb : table.verbs) {
    script += "    " + verb.name + ") compadd -- " + join(verb.flags) + " " + join(verb.choices) + " ;;\n";
  }
  return script + "  esac\n  _files\n}\ncompdef _sinter sinter\n";
}

std::string fish_script(const VerbTable& table) {
  std::string script = "# fish completion for sinter: sinter completion fish | source\n";
  for (const VerbTable::Verb& verb : table.verbs) {
    script += "complete -c sinter -n __fish_use_subcommand -f -a " + verb.name + " -d \"" + verb.help + "\"\n";
    const std::string seen = "complete -c sinter -n \"__fish_seen_subcommand_from " + verb.name + "\"";
    for (const std::string& flag : verb.flags) {
      script += seen + (flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1)) + "\n";
    }
    for (const std::string& choice : verb.choices) script += seen + " -f -a " + choice + "\n";
  }
  return script;
}

}  // namespace

std::string completion_script(const VerbTable& table, std::string_view shell) {
  if (shell == "bash") return bash_script(table);
  if (shell == "zsh") return zsh_script(table);
  return fish_script(table);
}

}  // namespace sinter::cli

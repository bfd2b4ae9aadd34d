# cmake -DPROGRAM= -DOUTPUT= -DVERSION= -P command_files.cmake: completions and the manual page, as the built program describes itself.
cmake_minimum_required(VERSION 3.25)

function(ask result)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# append_help(TITLE words...): a section of the manual with the help of a verb, as it is.
function(append_help title)
  ask(text help ${ARGN})
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  # A line that begins with a dot or a quote would be a command of troff.
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" text "${text}")
  file(APPEND ${OUTPUT}/sinter.1 "${title}\n.nf\n${text}.fi\n")
endfunction()

foreach(shell_file IN ITEMS "bash sinter.bash" "zsh _sinter" "fish sinter.fish")
  separate_arguments(words UNIX_COMMAND "${shell_file}")
  list(GET words 0 shell)
  list(GET words 1 name)
  ask(script completion ${shell})
  file(WRITE ${OUTPUT}/${name} "${script}")
endforeach()

file(WRITE ${OUTPUT}/sinter.1 ".TH SINTER 1 \"\" \"sinter ${VERSION}\" \"User commands\"\n.SH NAME\n"
  "sinter \\- fuse records from many disagreeing sources into one clean record per entity\n")
append_help(".SH SYNOPSIS")
file(STRINGS ${OUTPUT}/sinter.fish verbs REGEX "__fish_use_subcommand")
file(APPEND ${OUTPUT}/sinter.1 ".SH VERBS\n")
foreach(line IN LISTS verbs)
  string(REGEX REPLACE ".* -a ([a-z-]+) .*" "\\1" verb "${line}")
  append_help(".SS ${verb}" ${verb})
endforeach()

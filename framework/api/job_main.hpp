// job_main: the command line of a program that is one job, and its own worker. Declared here, where authors include it; defined in
// framework/program/job_main.cpp, which runs jobs. Call it from main(), before any other thread starts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "framework/api/job_definition.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A program that is one job: its name, its arguments and how they make the job.
struct JobProgram {
  std::string name;
  /// Names of the arguments that must be given, for the usage text: {"INPUT", "OUTPUT"}.
  std::vector<std::string> arguments;
  /// Makes the job from the arguments. Called again in every worker, which has the same command line.
  std::function<Result<JobDefinition>(const std::vector<std::string>& arguments)> make_job;
};

/// Runs the program: PROGRAM [run | check | explain] [ARGUMENTS] [--workers N] [--memory SIZE] [--split SIZE] [--timeout SECONDS]
/// [--output PATH] [--param NAME=VALUE] [--force] [--in-process] [--task NAME] [--help]. check finds what is wrong before anything runs,
/// explain prints the plan, --task runs one attempt of one task in the foreground. A summary and errors go to standard error. Returns the
/// exit status: 0 done, 1 failed, 2 wrong use, 130 interrupted, 143 terminated. The words worker ENDPOINT ID at the end make it a worker;
/// run_job() starts those.
int job_main(const JobProgram& program, int argument_count, char** argument_values);

}  // namespace sinter

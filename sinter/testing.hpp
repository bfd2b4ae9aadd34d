// Testing a job without a cluster: run_map, run_reduce, run_step, run_job, check_combiner, check_laws (docs/testing-jobs.md). Link
// sinter::testing. Knows no test framework: results are values, problems are sentences.
#pragma once

#include "framework/testing/job_run.hpp"
#include "framework/testing/laws.hpp"
#include "framework/testing/run_functions.hpp"

/// Functions of a job on values, and whole jobs on files in memory.
namespace [[gnu::visibility("default")]] sinter {
namespace testing {}
}

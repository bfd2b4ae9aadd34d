// sinter: the one header of a job author: Job and its steps, emitters, groups, row writers, and below them the byte-level tasks.
#pragma once

#include "framework/api/job.hpp"
#include "framework/api/job_main.hpp"

/// What a job author includes and calls. Start with sinter::Job.
namespace [[gnu::visibility("default")]] sinter {}

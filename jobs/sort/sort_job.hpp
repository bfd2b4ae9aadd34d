// The sort job: lines of text in bytewise order, as `LC_ALL=C sort` prints them. Any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "framework/api/job_definition.hpp"

namespace sinter {

/// Sorts the lines of the files that match `input` into `output` (a directory of parts when it ends in '/'). Every output line ends in LF.
/// A line may have about kMaxKeyBytes; a longer one is an error that names it, never cut or left out.
JobDefinition make_sort_job(std::string input, std::string output);

}  // namespace sinter

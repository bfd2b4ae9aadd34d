// The job of tests with a Lan: readings of sensors from two files, some of them bad, fused to their means. Stateless.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/command.hpp"

namespace sinter::testing {

/// Writes job/job.yaml with its inputs of `rows` each and returns its path. Its paths are relative and it names an environment variable,
/// which is set here. The output is job/out/fused.csv.
std::string make_readings_job(const TemporaryDirectory& directory, std::uint64_t rows);

}  // namespace sinter::testing

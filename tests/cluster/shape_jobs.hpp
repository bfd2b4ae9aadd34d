// Shapes of the cluster tests' job beyond map and reduce. Any thread.
#pragma once

#include "tests/cluster/test_job.hpp"

namespace sinter::test {

/// Turns the job that sums into another shape. Faults: "<place>_finish" at the end of a task of that stage.
///   map_only   each good record as a line "key,value"; place "map"
///   chain      sums per key -> sums per last digit of that ("digits") -> sums per parity ("parities") -> lines; places "digits",
///   "parities" rounds     one-dimensional k-means in whole numbers over the values, four centres, until they rest or 12 rounds are over;
///   then each
///              key's sum and nearest centre; places "round", "merge"
///   side       as map_only, with the key's name in the side input "names" (csv: key, name), and the size of the side input as it is
Status set_shape(JobDefinition& job, const TestJobOptions& options);

}  // namespace sinter::test

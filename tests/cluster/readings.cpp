// The readings job. Stateless.
#include "tests/cluster/readings.hpp"

#include <cstdlib>

#include "base/random.hpp"

namespace sinter::testing {
namespace {

constexpr const char* kJob = R"(version: 1
name: readings
params: { unit: "${env.LAN_TEST_UNIT}" }
schema: { sensor: string, value: double }
sources:
  one: { from: one.csv }
  two: { from: two.csv }
entity: { key: sensor }
clean: { value: [ { strip_suffix: "${params.unit}" }, number ] }
fuse: { attributes: { value: mean } }
output: { fused: { to: out/fused.csv } }
execution: { split_size: 64KiB, reduce_size: 64KiB, memory: 16MiB }
)";

}  // namespace

std::string make_readings_job(const TemporaryDirectory& directory, std::uint64_t rows) {
  ::setenv("LAN_TEST_UNIT", "mm", 1);
  Random random(11);
  for (const std::string name : {"one.csv", "two.csv"}) {
    std::string text = "sensor,value\n";
    for (std::uint64_t row = 0; row < rows; ++row) {
      text += "s" + std::to_string(random.below(rows / 4 + 1)) + "," + std::to_string(random.below(100000));
      text += random.below(500) == 0 ? "?\n" : "mm\n";
    }
    directory.write("job/" + name, text);
  }
  return directory.write("job/job.yaml", kJob);
}

}  // namespace sinter::testing

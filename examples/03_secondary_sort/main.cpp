// Secondary sort: the readings of each sensor in time order: how many, the largest jump from one to the next, and the last one.
#include <cmath>

#include "sinter/sinter.hpp"

namespace {

struct Reading {
  std::string sensor;
  sinter::Timestamp at;
  double celsius = 0;
  auto fields() { return std::tie(sensor, at, celsius); }
};

// Grouped by sensor, ordered by time.
using Key = sinter::Grouped<std::string, sinter::Timestamp>;

void by_sensor_and_time(const Reading& reading, sinter::Emitter<Key, double>& out) {
  out.emit(reading.sensor, reading.at, reading.celsius);
}

void last_reading(const std::string& sensor, sinter::Group<double, sinter::Timestamp>& readings, sinter::RowWriter& out) {
  std::uint64_t count = 0;
  double last = 0, jump = 0;
  sinter::Timestamp at;
  for (const double celsius : readings) {
    if (count++ > 0) jump = std::max(jump, std::abs(celsius - last));
    last = celsius;
    at = readings.order();
  }
  out.row(sensor, count, jump, at, last);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("secondary_sort").read(sinter::csv("data/*.csv", {"sensor", "at", "celsius"})).map(by_sensor_and_time)
      .reduce(last_reading).write(sinter::csv("sensors.csv", {"sensor", "readings", "largest_jump", "last_at", "last"})).main(argc, argv);
}

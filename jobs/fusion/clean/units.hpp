// Units of measurement by name, and exact conversion between those of one dimension. Pure functions over a constant table; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sinter::fusion {

enum class Dimension : std::uint8_t { Length, Area, Volume, Mass, Temperature, Pressure, Speed, Time, Energy, Power, Data };

std::string_view to_string(Dimension dimension);

/// (value + shift) * numerator / denominator is the value in the dimension's base unit. Definitions: NIST SP 811, BIPM SI brochure.
struct Unit {
  Dimension dimension;
  std::string_view names;  // separated by '|'; the first is the one to show
  double numerator;
  double denominator;
  double shift;
};

/// Exact names first, then without case; null when unknown. "m" means metre or minute: `wanted` decides when given.
const Unit* find_unit(std::string_view name, const Dimension* wanted);
/// Names for did-you-mean.
std::vector<std::string_view> unit_names();
/// Requires: the same dimension. One multiplication and one division, so that 32 degF is 0 degC exactly.
double convert_unit(double value, const Unit& from, const Unit& to);

}  // namespace sinter::fusion

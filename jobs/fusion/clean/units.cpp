// The table of units: see units.hpp. Any thread.
#include "jobs/fusion/clean/units.hpp"

#include "base/assert.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

using enum Dimension;

// Names are UTF-8; inches and feet have prime marks (U+2033, U+2032) and what keyboards and word processors make of them.
constexpr Unit kUnits[] = {
    {Length, "m|metre|metres|meter|meters", 1, 1, 0},
    {Length, "km|kilometre|kilometres|kilometer|kilometers", 1000, 1, 0},
    {Length, "dm|decimetre|decimeter", 1, 10, 0},
    {Length, "cm|centimetre|centimetres|centimeter|centimeters", 1, 100, 0},
    {Length, "mm|millimetre|millimetres|millimeter|millimeters", 1, 1000, 0},
    {Length, "um|µm|μm|micron|microns|micrometre|micrometer", 1, 1'000'000, 0},
    {Length, "nm|nanometre|nanometer", 1, 1'000'000'000, 0},
    {Length, "in|in.|inch|inches|\"|″|”|''|’’|′′", 254, 10'000, 0},
    {Length, "ft|ft.|foot|feet|'|′|’", 3048, 10'000, 0},
    {Length, "yd|yd.|yard|yards", 9144, 10'000, 0},
    {Length, "mi|mi.|mile|miles", 1'609'344, 1000, 0},
    {Length, "nmi|NM|nautical mile|nautical miles", 1852, 1, 0},
    {Area, "m2|m²|sqm|sq m|square metre|square metres|square meter|square meters", 1, 1, 0},
    {Area, "km2|km²|sq km|square kilometre|square kilometres|square kilometer|square kilometers", 1'000'000, 1, 0},
    {Area, "cm2|cm²", 1, 10'000, 0},
    {Area, "ha|hectare|hectares", 10'000, 1, 0},
    {Area, "acre|acres|ac", 40'468'564'224, 10'000'000, 0},
    {Area, "ft2|ft²|sqft|sq ft|sq. ft.|square foot|square feet", 9'290'304, 100'000'000, 0},
    {Area, "mi2|mi²|sq mi|square mile|square miles", 2'589'988'110'336, 1'000'000, 0},
    {Volume, "l|L|litre|litres|liter|liters", 1, 1, 0},
    {Volume, "ml|mL|millilitre|millilitres|milliliter|milliliters|cm3|cm³|cc", 1, 1000, 0},
    {Volume, "cl|cL|centilitre|centilitres|centiliter|centiliters", 1, 100, 0},
    {Volume, "dl|dL|decilitre|decilitres|deciliter|deciliters", 1, 10, 0},
    {Volume, "hl|hL|hectolitre|hectolitres|hectoliter|hectoliters", 100, 1, 0},
    {Volume, "m3|m³|cubic metre|cubic metres|cubic meter|cubic meters", 1000, 1, 0},
    {Volume, "gal|gallon|gallons|us gallon|us gallons", 3'785'411'784, 1'000'000'000, 0},
    {Volume, "qt|quart|quarts", 946'352'946, 1'000'000'000, 0},
    {Volume, "pt|pint|pints", 473'176'473, 1'000'000'000, 0},
    {Volume, "cup|cups", 2'365'882'365, 10'000'000'000, 0},
    {Volume, "floz|fl oz|fl. oz.|fl.oz.|fluid ounce|fluid ounces", 295'735'295'625, 10'000'000'000'000, 0},
    {Volume, "imp gal|uk gallon|imperial gallon|imperial gallons", 454'609, 100'000, 0},
    {Volume, "bbl|barrel|barrels", 158'987'294'928, 1'000'000'000, 0},
    {Mass, "kg|kilogram|kilograms|kilo|kilos", 1, 1, 0},
    {Mass, "g|gram|grams|gramme|grammes", 1, 1000, 0},
    {Mass, "mg|milligram|milligrams", 1, 1'000'000, 0},
    {Mass, "ug|µg|μg|mcg|microgram|micrograms", 1, 1'000'000'000, 0},
    {Mass, "t|tonne|tonnes|metric ton|metric tons", 1000, 1, 0},
    {Mass, "lb|lbs|lb.|lbs.|pound|pounds", 45'359'237, 100'000'000, 0},
    {Mass, "oz|oz.|ounce|ounces", 45'359'237, 1'600'000'000, 0},
    {Mass, "st|stone|stones", 635'029'318, 100'000'000, 0},
    {Mass, "short ton|short tons", 90'718'474, 100'000, 0},
    {Temperature, "degC|C|°C|℃|deg C|celsius|degrees celsius", 1, 1, 0},
    {Temperature, "degF|F|°F|℉|deg F|fahrenheit|degrees fahrenheit", 5, 9, -32},
    {Temperature, "K|kelvin|degK", 1, 1, -273.15},
    {Temperature, "degR|R|°R|rankine", 5, 9, -491.67},
    {Pressure, "Pa|pascal|pascals", 1, 1, 0},
    {Pressure, "hPa|hectopascal|hectopascals|mbar|mb|millibar|millibars", 100, 1, 0},
    {Pressure, "kPa|kilopascal|kilopascals", 1000, 1, 0},
    {Pressure, "MPa|megapascal|megapascals", 1'000'000, 1, 0},
    {Pressure, "bar|bars", 100'000, 1, 0},
    {Pressure, "atm|atmosphere|atmospheres", 101'325, 1, 0},
    {Pressure, "inHg|in Hg|in. Hg|inches of mercury", 3'386'389, 1000, 0},
    {Pressure, "mmHg|mm Hg", 133'322'387'415, 1'000'000'000, 0},
    {Pressure, "torr", 101'325, 760, 0},
    {Pressure, "psi|pounds per square inch", 6'894'757'293'168, 1'000'000'000, 0},
    {Speed, "m/s|mps|ms-1|metres per second|meters per second", 1, 1, 0},
    {Speed, "km/h|kmh|kph|kmph|kilometres per hour|kilometers per hour", 10, 36, 0},
    {Speed, "mph|mi/h|miles per hour", 44'704, 100'000, 0},
    {Speed, "kn|kt|kts|knot|knots", 1852, 3600, 0},
    {Speed, "ft/s|fps|feet per second", 3048, 10'000, 0},
    {Time, "s|sec|secs|second|seconds", 1, 1, 0},
    {Time, "ms|msec|millisecond|milliseconds", 1, 1000, 0},
    {Time, "us|µs|μs|microsecond|microseconds", 1, 1'000'000, 0},
    {Time, "ns|nanosecond|nanoseconds", 1, 1'000'000'000, 0},
    {Time, "min|m|mins|min.|minute|minutes", 60, 1, 0},
    {Time, "h|hr|hrs|hr.|hrs.|hour|hours", 3600, 1, 0},
    {Time, "d|day|days", 86'400, 1, 0},
    {Time, "wk|week|weeks", 604'800, 1, 0},
    {Energy, "J|joule|joules", 1, 1, 0},
    {Energy, "kJ|kilojoule|kilojoules", 1000, 1, 0},
    {Energy, "MJ|megajoule|megajoules", 1'000'000, 1, 0},
    {Energy, "cal|calorie|calories", 4184, 1000, 0},
    {Energy, "kcal|Cal|kilocalorie|kilocalories", 4184, 1, 0},
    {Energy, "Wh|watt hour|watt hours", 3600, 1, 0},
    {Energy, "kWh|kilowatt hour|kilowatt hours", 3'600'000, 1, 0},
    {Energy, "BTU|Btu", 105'505'585'262, 100'000'000, 0},
    {Power, "W|watt|watts", 1, 1, 0},
    {Power, "mW|milliwatt|milliwatts", 1, 1000, 0},
    {Power, "kW|kilowatt|kilowatts", 1000, 1, 0},
    {Power, "MW|megawatt|megawatts", 1'000'000, 1, 0},
    {Power, "hp|horsepower", 745'699'871'582'270, 1'000'000'000'000, 0},
    {Power, "PS|metric horsepower", 73'549'875, 100'000, 0},
    {Data, "B|byte|bytes", 1, 1, 0},
    {Data, "kB|KB|kilobyte|kilobytes", 1000, 1, 0},
    {Data, "MB|megabyte|megabytes", 1'000'000, 1, 0},
    {Data, "GB|gigabyte|gigabytes", 1'000'000'000, 1, 0},
    {Data, "TB|terabyte|terabytes", 1'000'000'000'000, 1, 0},
    {Data, "KiB|kibibyte", 1024, 1, 0},
    {Data, "MiB|mebibyte", 1'048'576, 1, 0},
    {Data, "GiB|gibibyte", 1'073'741'824, 1, 0},
    {Data, "TiB|tebibyte", 1'099'511'627'776, 1, 0},
};

/// Calls `visit` with each name until it says true.
template <class Visit>
bool any_name(std::string_view names, Visit visit) {
  for (;;) {
    const std::size_t bar = names.find('|');
    if (visit(names.substr(0, bar))) return true;
    if (bar == std::string_view::npos) return false;
    names.remove_prefix(bar + 1);
  }
}

}  // namespace

std::string_view to_string(Dimension dimension) {
  switch (dimension) {
    case Length: return "length";
    case Area: return "area";
    case Volume: return "volume";
    case Mass: return "mass";
    case Temperature: return "temperature";
    case Pressure: return "pressure";
    case Speed: return "speed";
    case Time: return "time";
    case Energy: return "energy";
    case Power: return "power";
    case Data: return "data";
  }
  return "unknown";
}

const Unit* find_unit(std::string_view name, const Dimension* wanted) {
  for (const bool ignore_case : {false, true}) {
    for (const Unit& unit : kUnits) {
      if (wanted != nullptr && unit.dimension != *wanted) continue;
      if (any_name(unit.names,
                   [&](std::string_view known) { return ignore_case ? equals_ignore_ascii_case(known, name) : known == name; }))
        return &unit;
    }
  }
  return nullptr;
}

std::vector<std::string_view> unit_names() {
  std::vector<std::string_view> names;
  for (const Unit& unit : kUnits) {
    any_name(unit.names, [&](std::string_view name) {
      names.push_back(name);
      return false;
    });
  }
  return names;
}

double convert_unit(double value, const Unit& from, const Unit& to) {
  require(from.dimension == to.dimension, "units of one dimension are converted");
  return (value + from.shift) * (from.numerator * to.denominator) / (from.denominator * to.numerator) - to.shift;
}

}  // namespace sinter::fusion

// Timestamp: a point in event time, read from data and never from the machine's clock. A value type; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace [[gnu::visibility("default")]] sinter {

/// Microseconds since 1970-01-01T00:00:00Z in the proleptic Gregorian calendar, without leap seconds.
struct Timestamp {
  std::int64_t micros = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

/// ISO 8601 / RFC 3339 in UTC, as short as it is exact: "2024-03-01T12:30:00Z", fractions only when not zero.
std::string format_timestamp(Timestamp at);
/// "2024-03-01", "2024-03-01 12:30", "2024-03-01T12:30:05.25+01:00": a missing zone means UTC; zones are Z, +hh:mm, +hhmm, +hh.
/// Years outside 0000..9999, in UTC too, carry a sign and up to six digits; fractions have up to nine digits, those below a microsecond are
/// cut. Nothing else is accepted: no leap second, no 24:00, no day that the month does not have.
std::optional<Timestamp> parse_iso8601(std::string_view text);

}  // namespace sinter

// TimeZone: local time to UTC and back by the system's time zone database. The only module that knows the date-tz library.
// One thread per object: it remembers the last period between two clock changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter::fusion {

class TimeZone {
 public:
  /// "UTC", "Z", "+02:00", or a name of the database ("Europe/Berlin"). User error for unknown ones, with the nearest names as the
  /// hint; environment error when the machine has no database.
  static Result<TimeZone> find(const std::string& name);
  static TimeZone utc() { return fixed(0); }
  static TimeZone fixed(std::int64_t offset_seconds);
  TimeZone(TimeZone&&) noexcept;
  TimeZone& operator=(TimeZone&&) noexcept;
  ~TimeZone();

  /// Seconds to add to UTC for a local time, seconds since 1970 as the clock shows. A time that the clock shows twice is the earlier
  /// one; one that it never shows (clocks set forward) is nothing.
  std::optional<std::int64_t> offset_of_local(std::int64_t local_seconds);
  /// Likewise for a time in UTC.
  std::int64_t offset_of_utc(std::int64_t utc_seconds);

 private:
  struct Rules;
  explicit TimeZone(std::unique_ptr<Rules> rules);
  std::unique_ptr<Rules> rules_;
};

/// "+02:00", "-0530", "+05", "Z": seconds east of UTC.
std::optional<std::int64_t> parse_utc_offset(std::string_view text);
/// Common abbreviations (EST, CEST, GMT ...): seconds east of UTC. Those that several countries use mean the American or European one.
std::optional<std::int64_t> zone_abbreviation_offset(std::string_view text);

}  // namespace sinter::fusion

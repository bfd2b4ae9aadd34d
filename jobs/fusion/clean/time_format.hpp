// TimeFormat: a compiled time format (strptime's letters, or the words iso8601, epoch, epoch_ms, epoch_us). Reads and writes what a
// clock and calendar show; zones are resolved by the caller. Const after compile(); any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace sinter::fusion {

/// What a text says, and only that; -1 is "not said".
struct ClockReading {
  int year = -1, month = -1, day = -1, day_of_year = -1;
  int hour = -1, minute = 0, second = 0;
  std::int64_t micros = 0;
  std::optional<std::int64_t> offset_seconds;  // %z, or an ISO 8601 zone
  std::string_view zone;                       // %Z, as written
  std::optional<Timestamp> instant;            // epoch formats: nothing else is set

  bool has_date() const { return year >= 0 || month >= 0 || day_of_year >= 0; }
  bool has_time() const { return hour >= 0; }
};

class TimeFormat {
 public:
  enum class Purpose : std::uint8_t { Read, Write };
  /// User error with the letter at fault.
  static Result<TimeFormat> compile(const std::string& text, Purpose purpose);

  /// Whether the whole text (blanks at its ends aside) has this format and its numbers are in range, the year in 0..9999. Letters
  /// match without case, a blank in the format any number of blanks, %d %m %H %I one digit too, %p also a.m., p, noon; weekdays are
  /// not checked; of a letter twice the last counts.
  bool read(std::string_view text, ClockReading& reading) const;
  /// Requires: compiled to write. `local_seconds` since 1970 as the clock shows; `offset_seconds` for %z.
  void write(std::int64_t local_seconds, std::int64_t micros, std::int64_t offset_seconds, std::string& out) const;

  bool has_date() const { return says("YymdebBjaA"); }
  bool has_year() const { return says("Yy"); }
  /// Whether what is written depends on the year: the year itself, weekdays, days of the year.
  bool shows_year() const { return says("YyaAj"); }
  /// Whether month and day come without a year, or nothing of a date comes at all.
  bool needs_date() const { return kind_ == Kind::Letters && !has_year(); }

 private:
  enum class Kind : std::uint8_t { Letters, Iso8601, Epoch, EpochMillis, EpochMicros };
  struct Token {
    char letter = 0;  // of a directive; ' ' for blanks; 0 for a literal
    char literal = 0;
  };
  /// Whether one of these letters occurs.
  bool says(std::string_view letters) const;
  Status add_directive(char letter, const std::string& text, Purpose purpose);
  Status check(const std::string& text) const;
  bool read_from(std::size_t token, std::string_view text, ClockReading& reading, int hour12, int meridiem) const;
  void write_directive(char letter, std::int64_t local_seconds, std::int64_t micros, std::int64_t offset_seconds,
                       std::string& out) const;

  Kind kind_ = Kind::Letters;
  std::vector<Token> tokens_;
};

}  // namespace sinter::fusion

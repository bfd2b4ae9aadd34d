// parse_time: texts in several formats become timestamps, or texts of one format. One thread per object.
#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "base/calendar.hpp"
#include "jobs/fusion/clean/cleaner_list.hpp"
#include "jobs/fusion/clean/text_cleaner.hpp"
#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/clean/time_format.hpp"
#include "jobs/fusion/clean/time_zone.hpp"

namespace sinter::fusion {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'167'219'200;  // 0000-01-01
constexpr std::int64_t kLastSecond = 253'402'300'799;    // 9999-12-31T23:59:59

enum class Rollover : std::uint8_t { None, NextDay, Nearest };

std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

struct ParseTimeOptions {
  std::vector<TimeFormat> formats;
  std::vector<std::string> format_texts;
  std::optional<TimeFormat> to;
  std::ptrdiff_t date_field = -1;
  std::optional<std::int64_t> date_days;  // a constant date instead of a field
  std::ptrdiff_t after_field = -1;
  Rollover rollover = Rollover::None;
  std::unordered_map<std::string, std::int64_t> abbreviations;  // %Z, the user's own
};

/// What the clock showed, and where it hung.
struct LocalTime {
  std::int64_t seconds = 0;  // since 1970 by the clock
  std::int64_t offset = 0;
  std::int64_t micros = 0;
  std::int64_t utc_micros() const { return (seconds - offset) * kMicrosPerSecond + micros; }
};

class ParseTime : public TextCleaner {
 public:
  ParseTime(ParseTimeOptions options, TimeZone zone)
      : TextCleaner(Reads::EveryScalar), options_(std::move(options)), zone_(std::move(zone)) {
    no_match_ = options_.formats.size() == 1 ? "not a time like " + options_.format_texts.front()
                                             : "not a time in any of the " + std::to_string(options_.formats.size()) + " formats";
  }

 protected:
  void enter(const RowCells& row) override { cells_ = row.cells; }

  CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) override {
    LocalTime time;
    if (out.type() == ValueType::Timestamp) {
      if (!options_.to) return CellVerdict::Keep;
      time = local_time(out.timestamp());
      return give(time, arena, out);
    }
    if (take_blank(text, out)) return CellVerdict::Keep;
    const std::string_view bare = trimmed(text);
    std::string_view problem = no_match_;
    for (const TimeFormat& format : options_.formats) {
      ClockReading reading;
      if (!format.read(bare, reading)) continue;
      // A date that no calendar has (31.02.) may be one in the next format.
      if (resolve(reading, time, problem) && is_shown(time, problem)) return give(time, arena, out);
    }
    reason = problem;
    return CellVerdict::Fail;
  }

 private:
  /// December 31 of 9999 can be a day of the year 10000 in UTC, which no schema of four digits can hold.
  bool is_shown(const LocalTime& time, std::string_view& problem) const {
    const std::int64_t utc_seconds = time.seconds - time.offset;
    if (options_.to || (utc_seconds >= kFirstSecond && utc_seconds <= kLastSecond)) return true;
    problem = "a time outside the years 0000 to 9999 in UTC";
    return false;
  }

  CellVerdict give(const LocalTime& time, Arena& arena, Value& out) {
    if (!options_.to) {
      out = Value::of_timestamp({time.utc_micros()});
      return CellVerdict::Keep;
    }
    scratch_.clear();
    options_.to->write(time.seconds, time.micros, time.offset, scratch_);
    out = Value::of_string(arena.copy(scratch_));
    return CellVerdict::Keep;
  }

  LocalTime local_time(Timestamp at) {
    LocalTime time;
    const std::int64_t utc_seconds = floor_divide(at.micros, kMicrosPerSecond);
    time.micros = at.micros - utc_seconds * kMicrosPerSecond;
    time.offset = zone_.offset_of_utc(utc_seconds);
    time.seconds = utc_seconds + time.offset;
    return time;
  }

  bool resolve(const ClockReading& reading, LocalTime& time, std::string_view& problem) {
    if (reading.instant) {
      time = local_time(*reading.instant);
      return true;
    }
    std::int64_t days = 0;
    if (!find_days(reading, days, problem)) return false;
    time.micros = reading.micros;
    if (!reading.has_time()) {  // a calendar day is the same everywhere: midnight UTC
      time.seconds = days * kSecondsPerDay;
      time.offset = 0;
      return true;
    }
    const std::int64_t second_of_day = reading.hour * 3600 + reading.minute * 60 + reading.second;
    if (!place(reading, days * kSecondsPerDay + second_of_day, time, problem)) return false;
    if (reading.has_date() || options_.rollover == Rollover::None) return true;
    return roll_over(reading, time, problem);
  }

  /// Finds the offset of a local time.
  bool place(const ClockReading& reading, std::int64_t local_seconds, LocalTime& time, std::string_view& problem) {
    time.seconds = local_seconds;
    if (reading.offset_seconds) {
      time.offset = *reading.offset_seconds;
      return true;
    }
    if (!reading.zone.empty()) return place_in_zone(reading.zone, time, problem);
    return place_in(zone_, time, problem);
  }

  static bool place_in(TimeZone& zone, LocalTime& time, std::string_view& problem) {
    const auto offset = zone.offset_of_local(time.seconds);
    if (!offset) {
      problem = "a time that its zone's clocks skipped (set forward)";
      return false;
    }
    time.offset = *offset;
    return true;
  }

  bool place_in_zone(std::string_view name, LocalTime& time, std::string_view& problem) {
    zone_name_.assign(name);  // kept: no allocation per cell
    if (const auto own = options_.abbreviations.find(zone_name_); own != options_.abbreviations.end()) {
      time.offset = own->second;
      return true;
    }
    if (const auto offset = zone_abbreviation_offset(name)) {
      time.offset = *offset;
      return true;
    }
    auto found = zones_.find(zone_name_);
    if (found == zones_.end()) {
      // Unknown names are looked up each time: they are rejects, and remembering them would let data fill the memory.
      auto zone = TimeZone::find(zone_name_);
      if (!zone.ok()) {
        problem = "a time in an unknown zone";
        return false;
      }
      found = zones_.emplace(zone_name_, std::move(zone).value()).first;
    }
    return place_in(found->second, time, problem);
  }

  bool find_days(const ClockReading& reading, std::int64_t& days, std::string_view& problem) {
    if (!reading.has_date()) {
      if (options_.date_field < 0 && !options_.date_days) return true;  // only a time of day is wanted
      return reference_days(days, problem);
    }
    int year = reading.year;
    const auto date_in = [&](std::int64_t in_year, std::int64_t& found) {
      if (reading.day_of_year > 0) {
        if (reading.day_of_year > (is_leap_year(in_year) ? 366 : 365)) return false;
        found = days_from_civil(in_year, 1, 1) + reading.day_of_year - 1;
        return true;
      }
      const auto month = static_cast<unsigned>(std::max(reading.month, 1)), day = static_cast<unsigned>(std::max(reading.day, 1));
      if (!is_valid_date(in_year, month, day)) return false;
      found = days_from_civil(in_year, month, day);
      return true;
    };
    constexpr std::string_view kNoSuchDay = "a day that its month does not have";
    if (year >= 0) {
      if (date_in(year, days)) return true;
      problem = kNoSuchDay;
      return false;
    }
    if (options_.date_field < 0 && !options_.date_days) {  // checked when made: the year is not shown
      constexpr std::int64_t kSomeLeapYear = 2000;
      if (date_in(kSomeLeapYear, days)) return true;
      problem = kNoSuchDay;
      return false;
    }
    std::int64_t reference = 0;
    if (!reference_days(reference, problem)) return false;
    // The year that brings the day nearest to the date: "Jan 1" claimed on December 31 is tomorrow.
    const std::int64_t middle = civil_from_days(reference).year;
    bool found = false;
    for (std::int64_t candidate_year = middle - 1; candidate_year <= middle + 1; ++candidate_year) {
      std::int64_t candidate = 0;
      if (!date_in(candidate_year, candidate)) continue;
      if (!found || std::llabs(candidate - reference) < std::llabs(days - reference)) days = candidate;
      found = true;
    }
    if (!found) problem = kNoSuchDay;
    return found;
  }

  /// A field as a time; false: it has none.
  bool field_time(std::ptrdiff_t field, Timestamp& at) const {
    const Value& value = cells_[static_cast<std::size_t>(field)];
    if (value.type() == ValueType::Timestamp) {
      at = value.timestamp();
    } else {
      if (value.type() != ValueType::String) return false;
      const auto parsed = parse_iso8601(trimmed(value.string()));
      if (!parsed) return false;
      at = *parsed;
    }
    // Years as %Y has them, so that no arithmetic on dates can overflow.
    return at.micros >= kFirstSecond * kMicrosPerSecond && at.micros <= kLastSecond * kMicrosPerSecond;
  }

  bool reference_days(std::int64_t& days, std::string_view& problem) {
    if (options_.date_days) {
      days = *options_.date_days;
      return true;
    }
    Timestamp at;
    if (!field_time(options_.date_field, at)) {
      problem = "without a date, and its date field has no date (like 2024-03-01) either";
      return false;
    }
    constexpr std::int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;
    // Midnight UTC is a calendar day, the same everywhere; other times are of the day that the local clock shows.
    days = at.micros % kMicrosPerDay == 0 ? at.micros / kMicrosPerDay : floor_divide(local_time(at).seconds, kSecondsPerDay);
    return true;
  }

  bool roll_over(const ClockReading& reading, LocalTime& time, std::string_view& problem) {
    Timestamp after;
    const std::ptrdiff_t field = options_.after_field >= 0 ? options_.after_field : options_.date_field;
    if (field < 0 || !field_time(field, after)) return true;  // nothing to come after
    if (options_.rollover == Rollover::NextDay)
      return time.utc_micros() >= after.micros || place(reading, time.seconds + kSecondsPerDay, time, problem);
    LocalTime best = time;
    for (const std::int64_t shift : {-kSecondsPerDay, kSecondsPerDay}) {
      LocalTime other = time;
      std::string_view ignored;
      if (!place(reading, time.seconds + shift, other, ignored)) continue;
      if (std::llabs(other.utc_micros() - after.micros) < std::llabs(best.utc_micros() - after.micros)) best = other;
    }
    time = best;
    return true;
  }

  ParseTimeOptions options_;
  TimeZone zone_;
  std::string no_match_;
  std::span<const Value> cells_;
  std::unordered_map<std::string, TimeZone> zones_;  // named in texts; at most those of the database
  std::string scratch_, zone_name_;
};

bool read_formats(const OptionMap& options, ParseTimeOptions& out) {
  const std::size_t wanted = options.strings("formats").size();
  for (const std::string& text : options.strings("formats")) {
    auto format = TimeFormat::compile(text, TimeFormat::Purpose::Read);
    if (!format.ok()) {
      options.error("formats", format.error().message(), format.error().hint());
      continue;
    }
    out.formats.push_back(std::move(format).value());
    out.format_texts.push_back(text);
  }
  if (options.has("formats") && wanted == 0)
    options.error("formats", "parse_time needs at least one format", "like [\"%H:%M\", iso8601]");
  return wanted > 0 && out.formats.size() == wanted;
}

bool read_date(const OptionMap& options, const CleanerSetting& setting, ParseTimeOptions& out) {
  if (options.has("date")) {
    const std::string date_name = options.string("date");
    const auto constant = parse_iso8601(date_name);
    const bool is_field =
        std::any_of(setting.schema->begin(), setting.schema->end(), [&](const Attribute& a) { return a.name == date_name; });
    if (constant && !is_field) out.date_days = floor_divide(constant->micros, kSecondsPerDay * kMicrosPerSecond);
    else if ((out.date_field = find_field(options, "date", date_name, setting)) < 0) return false;
  }
  if (options.has("after") && (out.after_field = find_field(options, "after", options.string("after"), setting)) < 0) return false;
  const std::string rollover = options.string("rollover", "none");
  if (rollover == "next_day") out.rollover = Rollover::NextDay;
  else if (rollover == "nearest") out.rollover = Rollover::Nearest;
  else if (rollover != "none") {
    options.error("rollover", "'" + rollover + "' is not possible for rollover", "give none, next_day or nearest");
    return false;
  }
  if (out.rollover != Rollover::None && !options.has("date")) {
    options.error("rollover", "rollover needs 'date', the day to start from", "add date: with an attribute or a day like 2024-03-01");
    return false;
  }
  if (options.has("after") && out.rollover == Rollover::None) {
    options.error("after", "'after' does nothing without 'rollover'", "add rollover: next_day");
    return false;
  }
  return true;
}

bool read_output(const OptionMap& options, const CleanerSetting& setting, ParseTimeOptions& out) {
  if (options.has("to")) {
    auto to = TimeFormat::compile(options.string("to"), TimeFormat::Purpose::Write);
    if (!to.ok()) {
      options.error("to", to.error().message(), to.error().hint());
      return false;
    }
    if ((*setting.schema)[setting.cell].type == ValueType::Timestamp) {
      options.error("to", "'to' makes texts, but the attribute '" + (*setting.schema)[setting.cell].name + "' is a timestamp",
                    "leave 'to' out, or make the attribute a string in schema");
      return false;
    }
    out.to = std::move(to).value();
  }
  const bool shows_year = !out.to || out.to->shows_year(), shows_day = !out.to || out.to->has_date();
  for (std::size_t i = 0; i < out.formats.size(); ++i) {
    const TimeFormat& format = out.formats[i];
    if (!format.needs_date() || options.has("date") || !(format.has_date() ? shows_year : shows_day)) continue;
    options.error("formats", "the time format '" + out.format_texts[i] + "' has no " + (format.has_date() ? "year" : "date"),
                  "say where it comes from: date: with an attribute or a day like 2024-03-01");
    return false;
  }
  return true;
}

bool read_abbreviations(const OptionMap& options, ParseTimeOptions& out) {
  for (const auto& [name, offset] : options.string_map("zones")) {
    const auto seconds = parse_utc_offset(offset);
    if (!seconds) {
      options.error("zones", "'" + offset + "' is not an offset from UTC for '" + name + "'", "write it like \"+08:00\"");
      return false;
    }
    out.abbreviations[name] = *seconds;
  }
  return true;
}

std::unique_ptr<Cleaner> make(const OptionMap& options, const CleanerSetting& setting) {
  ParseTimeOptions read;
  bool good = read_formats(options, read);
  good = read_date(options, setting, read) && good;
  good = read_abbreviations(options, read) && good;
  if (!good || !read_output(options, setting, read)) return nullptr;
  const std::string zone_name = options.string("timezone", setting.timezone.empty() ? "UTC" : setting.timezone);
  auto zone = TimeZone::find(zone_name);
  if (!zone.ok()) {
    options.error("timezone", zone.error().message(), zone.error().hint());
    return nullptr;
  }
  return std::make_unique<ParseTime>(std::move(read), std::move(zone).value());
}

}  // namespace

CleanerInfo parse_time_cleaner() {
  return {"parse_time",
          {"to_timestamp", "time"},
          "reads times in the first format that fits; a day without a time stays that day in every zone",
          "{ parse_time: { formats: [\"%H:%M\", \"%I:%M %p\", iso8601], date: day, rollover: next_day } }",
          "formats",
          {{"formats", OptionType::StringList, true,
            "formats in strptime's letters, or iso8601, epoch, epoch_ms, epoch_us; tried in order", ""},
           {"date", OptionType::String, false, "the attribute (or the day itself) that gives a missing date or year", ""},
           {"rollover", OptionType::String, false,
            "for times without a date: none, next_day (when before 'after'), nearest (to 'after')", "none"},
           {"after", OptionType::String, false, "the attribute to roll over by", "the attribute of 'date'"},
           {"timezone", OptionType::String, false, "the zone of texts that name none", "the source's timezone, else UTC"},
           {"zones", OptionType::StringMap, false, "offsets of your own zone abbreviations: { IST: \"+05:30\" }", ""},
           {"to", OptionType::String, false, "for string attributes: the format to write, by the clock of the text", ""}},
          make};
}

}  // namespace sinter::fusion

// Time zones by Howard Hinnant's date-tz over the system's database: see time_zone.hpp. One thread per object.
#include "jobs/fusion/clean/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "jobs/fusion/clean/text_scan.hpp"
#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

}  // namespace

struct TimeZone::Rules {
  const date::time_zone* zone = nullptr;  // null: a fixed offset
  std::int64_t offset = 0;                // of the remembered period, or fixed
  // The remembered period between two clock changes, in UTC; empty at first.
  std::int64_t begin = 0, end = 0;

  void remember(const date::sys_info& info) {
    begin = info.begin.time_since_epoch().count();
    end = info.end.time_since_epoch().count();
    offset = info.offset.count();
  }
};

TimeZone::TimeZone(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
TimeZone::TimeZone(TimeZone&&) noexcept = default;
TimeZone& TimeZone::operator=(TimeZone&&) noexcept = default;
TimeZone::~TimeZone() = default;

TimeZone TimeZone::fixed(std::int64_t offset_seconds) {
  auto rules = std::make_unique<Rules>();
  rules->offset = offset_seconds;
  return TimeZone(std::move(rules));
}

Result<TimeZone> TimeZone::find(const std::string& name) {
  if (const auto offset = parse_utc_offset(name)) return fixed(*offset);
  if (name == "UTC" || name == "GMT") return fixed(0);
  try {
    const date::tzdb& database = date::get_tzdb();
    const auto of_name = [&](const auto& entry) { return entry.name() == name; };
    const auto zone = std::find_if(database.zones.begin(), database.zones.end(), of_name);
    if (zone != database.zones.end()) {
      auto rules = std::make_unique<Rules>();
      rules->zone = &*zone;
      rules->remember(zone->get_info(date::sys_seconds{}));
      return TimeZone(std::move(rules));
    }
    std::vector<std::string_view> names;
    for (const auto& entry : database.zones) names.push_back(entry.name());
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) hint = "names are like Europe/Berlin, UTC or +02:00";
    return user_error("unknown time zone '" + name + "'").with_hint(std::move(hint));
  } catch (const std::exception& failure) {
    return environment_error("cannot read the time zone database for '" + name + "': " + failure.what(), false)
        .with_hint("install the package tzdata");
  }
}

std::int64_t TimeZone::offset_of_utc(std::int64_t utc_seconds) {
  Rules& rules = *rules_;
  if (rules.zone == nullptr || (utc_seconds >= rules.begin && utc_seconds < rules.end)) return rules.offset;
  rules.remember(rules.zone->get_info(date::sys_seconds{std::chrono::seconds{utc_seconds}}));
  return rules.offset;
}

std::optional<std::int64_t> TimeZone::offset_of_local(std::int64_t local_seconds) {
  Rules& rules = *rules_;
  if (rules.zone == nullptr) return rules.offset;
  // A day off both ends no clock change can be near: no offset is that large.
  const std::int64_t utc_seconds = local_seconds - rules.offset;
  if (utc_seconds - kSecondsPerDay >= rules.begin && utc_seconds + kSecondsPerDay < rules.end) return rules.offset;
  const date::local_info info = rules.zone->get_info(date::local_seconds{std::chrono::seconds{local_seconds}});
  if (info.result == date::local_info::nonexistent) return std::nullopt;
  rules.remember(info.first);
  return rules.offset;
}

std::optional<std::int64_t> parse_utc_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool minus = text.front() == '-';
  text.remove_prefix(1);
  std::array<int, 4> digits{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && i == 2 && text.size() == 5) continue;
    if (!is_digit(text[i]) || count == digits.size()) return std::nullopt;
    digits[count++] = text[i] - '0';
  }
  if (count != 2 && count != 4) return std::nullopt;
  const int hours = digits[0] * 10 + digits[1], minutes = digits[2] * 10 + digits[3];
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return minus ? -seconds : seconds;
}

std::optional<std::int64_t> zone_abbreviation_offset(std::string_view text) {
  struct Abbreviation {
    std::string_view name;
    int minutes;
  };
  static constexpr Abbreviation kAbbreviations[] = {
      {"UTC", 0},    {"GMT", 0},    {"Z", 0},      {"WET", 0},    {"WEST", 60},  {"BST", 60},    {"CET", 60},    {"CEST", 120},
      {"MEZ", 60},   {"MESZ", 120}, {"EET", 120},  {"EEST", 180}, {"MSK", 180},  {"EST", -300},  {"EDT", -240},  {"CST", -360},
      {"CDT", -300}, {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"AKST", -540}, {"AKDT", -480}, {"HST", -600},
      {"AST", -240}, {"ADT", -180}, {"NST", -210}, {"NDT", -150}, {"JST", 540},  {"KST", 540},   {"HKT", 480},   {"SGT", 480},
      {"AWST", 480}, {"ACST", 570}, {"AEST", 600}, {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780},  {"SAST", 120}};
  for (const Abbreviation& abbreviation : kAbbreviations) {
    if (equals_ignore_ascii_case(abbreviation.name, text)) return abbreviation.minutes * 60;
  }
  return std::nullopt;
}

}  // namespace sinter::fusion

// Names of months and weekdays: see time_names.hpp. Any thread.
#include "jobs/fusion/clean/time_names.hpp"

#include "base/assert.hpp"
#include "jobs/fusion/clean/text_scan.hpp"

namespace sinter::fusion {
namespace {

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::size_t kShortName = 3;

/// Takes the longest prefix of the name that people cut it to: all of it, `longer_cuts` letters, or three.
bool take_name(std::string_view& text, std::string_view name, std::size_t longest_cut) {
  if (!starts_with_ignore_ascii_case(text, name.substr(0, kShortName))) return false;
  std::size_t size = name.size();
  if (!starts_with_ignore_ascii_case(text, name)) {
    size = longest_cut;
    while (size > kShortName && !starts_with_ignore_ascii_case(text, name.substr(0, size))) --size;
  }
  text.remove_prefix(size);
  return true;
}

}  // namespace

std::string_view month_name(unsigned month) {
  require(month >= 1 && month <= 12, "a month is 1..12");
  return kMonths[month - 1];
}

std::string_view weekday_name(unsigned weekday) {
  require(weekday <= 6, "a weekday is 0..6");
  return kWeekdays[weekday];
}

bool take_month_name(std::string_view& text, int& month) {
  constexpr int kSeptember = 9;
  for (int i = 0; i < 12; ++i) {
    if (!take_name(text, kMonths[i], i + 1 == kSeptember ? 4 : kShortName)) continue;
    month = i + 1;
    return true;
  }
  return false;
}

bool take_weekday_name(std::string_view& text, int& weekday) {
  constexpr std::size_t kLongestCuts[] = {3, 3, 4, 3, 5, 3, 3};
  for (int i = 0; i < 7; ++i) {
    if (!take_name(text, kWeekdays[i], kLongestCuts[i])) continue;
    weekday = i;
    return true;
  }
  return false;
}

}  // namespace sinter::fusion

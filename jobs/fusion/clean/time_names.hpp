// English names of months and weekdays, full or cut to three letters. Pure functions; any thread.
#pragma once

#include <string_view>

namespace sinter::fusion {

/// 1..12: "January".
std::string_view month_name(unsigned month);
/// 0..6 from Sunday.
std::string_view weekday_name(unsigned weekday);
/// Takes a name off the front: full, else three letters ("Sept" too), without case. `month` becomes 1..12.
bool take_month_name(std::string_view& text, int& month);
/// Likewise; 0..6 from Sunday; "Tues", "Thur" and "Thurs" too.
bool take_weekday_name(std::string_view& text, int& weekday);

}  // namespace sinter::fusion

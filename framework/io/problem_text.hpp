// The sentences for records that cannot be read, the same whichever way the reader met them. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/io/row_finder.hpp"
#include "framework/io/text_arena.hpp"

namespace sinter {

/// What tells how many fields a row has.
enum class WidthFrom : std::uint8_t { Header, FirstRow, Declaration };

/// What a message says about a CR that ends no line, as in files of old Macs.
inline constexpr std::string_view kLoneReturnNote = "its lines seem to end with CR alone (old Mac), and only LF and CR LF end lines";
inline constexpr std::string_view kLoneReturnHint = R"(Convert it: tr '\r' '\n' < OLD > NEW)";
/// Whether a CR stands in `text` with no LF behind it; one at its very end does not count.
bool has_lone_return(std::string_view text);

/// Why a row is bad: never closed, too large, or not `width` fields; lives in the arena.
std::string_view describe_broken_row(const BrokenRow& row, std::size_t width, TextArena& arena, WidthFrom from = WidthFrom::Header);

/// "line 12", or "byte 4096" of a record whose format has no lines.
std::string describe_place(std::uint64_t line, std::uint64_t offset_bytes);

/// "a, b, c and 12 more", for messages.
std::string list_names(const std::vector<std::string>& names);

}  // namespace sinter

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

/// Why a row is bad: never closed, too large, or not `width` fields; lives in the arena.
std::string_view describe_broken_row(const BrokenRow& row, std::size_t width, TextArena& arena, WidthFrom from = WidthFrom::Header);

/// "a, b, c and 12 more", for messages.
std::string list_names(const std::vector<std::string>& names);

}  // namespace sinter

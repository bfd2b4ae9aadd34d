// JSON arrays of scalars in a cell: how a list comes in as text. Pure functions; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// Reads `["a", 1, true]` (RFC 8259; nested arrays and objects are refused, nulls are left out) and appends its items. Texts are
/// views where nothing is escaped, else copies in the arena. False when it is not such an array.
bool parse_json_list(std::string_view text, Arena& arena, std::vector<Value>& items);

}  // namespace sinter::fusion

// Values as JSON: what JSON lines hold, and how a list stands in one CSV cell. Pure functions; any thread.
#pragma once

#include <string>

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

/// Appends a value as JSON: numbers shortest (null when not finite), timestamps as ISO 8601 strings, lists as arrays, null as null.
void append_json(std::string& out, const Value& value);

}  // namespace sinter::fusion

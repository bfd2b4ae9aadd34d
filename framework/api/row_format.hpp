// RowFormat: how rows become bytes of an output, for formats that sinter does not know. Made by sinter::written() of a writer of one's
// own. A format is shared by the tasks of a process: everything about it is constant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A value of a row: nothing (an absent optional), or what RowWriter::row() was given. Text is valid during the call.
using RowValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, Timestamp, std::string_view>;

/// The face that a writer has for the framework.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  /// Names of the values of a row; empty: the writer takes any number of them.
  virtual const std::vector<std::string>& columns() const = 0;
  /// Appends the bytes of one row. An error fails the attempt.
  virtual Status write(std::span<const RowValue> row, std::string& out) const = 0;
  /// The first bytes of the output, or of each part.
  virtual std::string header() const { return {}; }
  /// Of the parts of an output that is a directory, with its dot.
  virtual std::string extension() const { return ".bin"; }
  /// Error, the author's: what is wrong with the writer's settings.
  virtual Status check() const { return {}; }
};

}  // namespace sinter

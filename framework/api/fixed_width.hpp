// Columns by their place in a record: a reader and a writer by the concepts of own_formats.hpp. Values; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/api/data_file.hpp"
#include "framework/api/row_format.hpp"
#include "framework/io/record_format.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A column of records of fixed width: bytes [begin, begin + size_bytes) of each.
struct FixedColumn {
  std::string name;
  std::size_t begin = 0;
  std::size_t size_bytes = 0;
};

/// Where columns lie.
struct FixedLayout {
  std::vector<FixedColumn> columns;
  std::size_t record_bytes = 0;  // 0: each record is a line

  /// Bytes up to the end of the last column.
  std::size_t width() const;
  std::vector<std::string> names() const;
  /// Error, the author's: no columns, an empty one, one behind the record's end.
  Status check() const;
};

/// Fields without the blanks around them; one of blanks only is null, and one behind the end of a short line is missing. Empty lines are no
/// records.
struct FixedWidthReader {
  FixedLayout layout;

  Frame next(const Window& window) const;
  std::size_t find_start(const Window& window) const;
  std::vector<std::string> columns() const { return layout.names(); }
  void split(std::string_view record, FieldList& fields) const;
  Status check() const { return layout.check(); }
};

/// Text to the left, numbers to the right, blanks between. A value that does not fit is an error: nothing is cut.
struct FixedWidthWriter {
  FixedLayout layout;

  Status write(std::span<const RowValue> row, std::string& out) const;
  std::vector<std::string> columns() const { return layout.names(); }
  std::string extension() const { return ".txt"; }
  /// As the layout's, and columns that overlap.
  Status check() const;
};

/// Text whose columns have fixed places, for read() and write(): fixed_width("people.txt", {{"name", 0, 10}, {"age", 10, 3}}). Each record
/// is a line, or `record_bytes` bytes without a line end.
DataFile fixed_width(std::string path, std::vector<FixedColumn> columns, std::size_t record_bytes = 0);

}  // namespace sinter

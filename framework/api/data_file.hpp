// DataFile: a file, or files by a pattern, that a job reads or writes, and its format. A value type; any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/io/input.hpp"

namespace [[gnu::visibility("default")]] sinter {

class RowFormat;

/// What read() and write() take. As an input `path` may be a glob and `columns` are the ones to deliver, in that order; as an output
/// `columns` name the values of a row, and a path that ends in '/' is a directory of parts.
struct DataFile {
  FormatKind kind = FormatKind::Lines;
  std::string path;
  std::vector<std::string> columns;
  std::shared_ptr<const RecordFormat> reader = {};  // of FormatKind::Records, for read()
  std::shared_ptr<const RowFormat> writer = {};     // and for write()
};

/// Text, each line one record or one row of one value.
inline DataFile lines(std::string path) { return {FormatKind::Lines, std::move(path), {}}; }
/// CSV with a header line.
inline DataFile csv(std::string path, std::vector<std::string> columns) { return {FormatKind::Csv, std::move(path), std::move(columns)}; }
/// One JSON object per line; as an input, columns are paths such as "book.id".
inline DataFile json_lines(std::string path, std::vector<std::string> columns) {
  return {FormatKind::JsonLines, std::move(path), std::move(columns)};
}

/// A directory of sorted pairs of key and value; its path ends in '/'. One job leaves them, others read them without mapping or sorting.
struct SortedPairs {
  std::string path;
};
/// Makes one: `.write(sinter::sorted_pairs("visits/"))`, `.read_sorted<K, V>(sinter::sorted_pairs("visits/"))`.
inline SortedPairs sorted_pairs(std::string path) { return {std::move(path)}; }

/// What sorted pairs are pairs of, by name (type_name.hpp).
struct PairTypes {
  std::string key;
  std::string value;
  friend bool operator==(const PairTypes&, const PairTypes&) = default;
};

}  // namespace sinter

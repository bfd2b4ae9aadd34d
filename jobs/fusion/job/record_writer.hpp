// RecordWriter: a fused record as a line of CSV or JSON. Owned by one attempt; one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/io/text_output.hpp"
#include "jobs/fusion/claim.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::fusion {

/// One column of the output.
struct OutputColumn {
  std::string name;
  std::size_t attribute = 0;
  bool is_confidence = false;
};

/// Key attributes, then the others, each followed by its confidence column when the job asks for it.
std::vector<OutputColumn> output_columns(const JobFile& job);

/// The format that the output path's extension names (CSV unless .jsonl or .ndjson), also for a directory of parts (x.jsonl/).
OutputFormat output_format(std::string_view path);

/// A value as JSON has it: numbers, bools and lists as such, times as strings, null.
void append_json_value(std::string& out, const Value& value);

class RecordWriter {
 public:
  explicit RecordWriter(const JobFile& job);

  /// The CSV header line, or nothing for JSON lines.
  std::string header() const;

  /// Appends one line. `group` is the encoded entity key; `cells` are by attribute.
  Status append(std::string& out, std::string_view group, std::span<const FusedCell> cells, Arena& arena);

 private:
  void append_csv_value(std::string& out, const Value& value);

  std::vector<OutputColumn> columns_;
  std::vector<std::string> json_names_;  // each as `"name":`
  OutputFormat format_;
  std::size_t key_size_;
  std::vector<Value> key_;
  std::string text_;
};

}  // namespace sinter::fusion

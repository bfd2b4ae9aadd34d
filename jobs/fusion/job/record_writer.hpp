// RecordWriter: a fused record as a line of CSV or JSON. Owned by one attempt; one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/api/task.hpp"
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

class RecordWriter {
 public:
  explicit RecordWriter(const JobFile& job);

  /// The CSV header line, or nothing for JSON lines.
  std::string header() const;

  /// Writes one line, in pieces when it holds long answers. `group` is the encoded entity key; `cells` are by attribute.
  Status write(OutputSink& output, std::string_view group, std::span<const FusedCell> cells, Arena& arena);
  /// Appends the key's parts as people read them, " / " between them.
  Status append_entity(std::string& out, std::string_view group, Arena& arena);

 private:
  Status read_key(std::string_view group, Arena& arena);
  void append_csv_value(const Value& value);
  Status write_long(OutputSink& output, const LongText& text);

  std::vector<OutputColumn> columns_;
  std::vector<std::string> json_names_;  // each as `"name":`
  OutputFormat format_;
  std::size_t key_size_;
  std::vector<Value> key_;
  std::string line_;
  std::string text_;
};

}  // namespace sinter::fusion

// Preview: the first entities of a job with their claims side by side, from the first rows of each file. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "jobs/fusion/config/job_file.hpp"

namespace sinter::fusion {

struct PreviewOptions {
  std::size_t entities = 5;
  std::uint64_t rows_per_file = 10'000;
  std::string entity;  // show only this key ("a / b" for several attributes); empty: the first ones in key order
};

struct PreviewCell {
  std::string before;      // as the source has it
  std::string after;       // cleaned
  std::string before_json; // the same as JSON values, with null and numbers
  std::string after_json;
  /// Cleaning took the value away, by a step or by on_bad_value: null.
  bool was_nulled() const { return after_json == "null" && before_json != "null"; }
};

struct PreviewRow {
  std::string source;
  std::vector<PreviewCell> cells;  // by attribute
};

struct PreviewEntity {
  std::string key;
  std::vector<PreviewRow> rows;
  std::vector<std::string> fused;       // by attribute
  std::vector<std::string> fused_json;
  std::vector<double> confidence;       // by attribute; NaN: undefined
};

struct Preview {
  std::vector<PreviewEntity> entities;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_rejected = 0;
  bool is_sample = false;  // a file has more rows than were read, so entities may lack claims
  std::vector<std::string> reject_examples;  // the first few
};

/// Maps the first rows of each file and fuses what they say of the first entities, in this process.
/// Memory: the rows of the entities shown. Errors: files.
Result<Preview> make_preview(FileSystem& files, const JobFile& job, const PreviewOptions& options);

/// As text of at most `width` characters a line. An entity is a table, attributes down and sources across, where that fits; else a list:
/// each attribute with its answer, and each claim once with the sources that make it. What cleaning took away shows as null.
std::string render_preview(const JobFile& job, const Preview& preview, std::size_t width);

}  // namespace sinter::fusion

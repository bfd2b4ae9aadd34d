// Inputs as a job declares them, the files they expand to, and the splits that map attempts read. Plain values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/record.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// How records lie in a file.
enum class FormatKind : std::uint8_t {
  Infer,
  Csv,
  JsonLines,
  Lines,   // never inferred: each line is one field
  Records  // never inferred: as Format::records says
};
/// How a file is compressed.
enum class Codec : std::uint8_t { Infer, None, Gzip, Zstd };  // of the file's bytes; Infer: by extension, then magic bytes

class RecordFormat;

/// How a file's bytes become records.
struct Format {
  FormatKind kind = FormatKind::Infer;  // by extension: .csv .tsv .txt -> Csv, .jsonl .ndjson .json -> JsonLines
  Codec codec = Codec::Infer;
  char delimiter = '\0';                // '\0': tab for .tsv, else comma
  char quote = '"';
  bool header = true;                   // false: columns are named by `columns`, or "1", "2", ... when that is empty
  std::vector<std::string> columns;
  /// Rows with more or fewer fields than the header: false rejects them; true fills missing ones with Missing and rejects only longer ones.
  bool allow_short_rows = false;
  /// Of FormatKind::Records: a reader of the author's own. Workers take it from their job, it is no part of the plan.
  std::shared_ptr<const RecordFormat> records = {};
};

/// A column to deliver: a CSV column name, or a JSON path such as "book.id" or "topic[1]".
struct ColumnRequest {
  std::string name;
  /// A required column that a file lacks is an error naming the file and its columns; else the field is Missing.
  bool required = true;
};

/// One declared input. Paths may be globs; `each` patterns with {id} name a source per file.
struct InputDeclaration {
  std::string name;
  std::vector<std::string> paths;
  Format format;
  std::vector<ColumnRequest> columns;
};

/// One file of an input after expansion.
struct InputFile {
  std::uint32_t input = 0;   // index of its declaration
  std::string path;
  std::string capture;       // what {id} matched; empty without
  std::uint64_t size_bytes = 0;
  Format format;             // with nothing left to infer
  std::int64_t modified_ns = 0;
};

/// A range of record starts of one file.
struct SplitPiece {
  std::uint32_t file = 0;            // index into the file list
  std::uint64_t begin_bytes = 0;     // a record starts here (or the header, when 0)
  std::uint64_t end_bytes = 0;       // records that start before this belong to the piece; the file's size for whole files
  std::uint64_t first_line = 1;      // line number at begin_bytes; means nothing to formats without lines
};

/// What one map task reads: one piece of a large file, or many whole small ones.
struct Split {
  std::uint32_t ordinal = 0;
  std::uint64_t size_bytes = 0;
  std::vector<SplitPiece> pieces;
};

/// Expands globs, checks that each input names at least one readable regular file, infers formats. Files come in
/// declaration order, then path order. Errors: all of them in one message list, naming the input and path.
Result<std::vector<InputFile>> expand_inputs(FileSystem& files, const std::vector<InputDeclaration>& inputs);

/// The first of the files that expand_inputs() would give for one declaration; looks into no other.
Result<InputFile> first_input_file(FileSystem& files, const InputDeclaration& input);

/// Cuts files into splits of about `split_bytes`: large plain files at record borders (never inside a quoted newline,
/// exact, not guessed; of formats of one's own where the reader finds a start), compressed files whole, small files packed together
/// (never of two inputs). In file order.
/// Cost: one pass over large CSV files at memory speed on `threads` threads; nothing is read of JSONL but borders.
Result<std::vector<Split>> plan_splits(FileSystem& files, const std::vector<InputFile>& inputs, std::uint64_t split_bytes,
    unsigned threads);

/// Records of a split, batch by batch.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// The next records, at most kMaxBatchRecords; empty at the end. Bad records are delivered with `problem` set.
  /// Errors (file gone, truncated gzip) name file and offset, and end the reading.
  virtual Result<std::span<const Record>> next_batch() = 0;
};

/// Opens piece `piece` of a split; projects to `columns`. Memory for buffers comes from the budget. `file` must outlive it.
Result<std::unique_ptr<RecordReader>> open_reader(FileSystem& files, MemoryBudget& budget, const InputFile& file, const SplitPiece& piece,
                                                  const std::vector<ColumnRequest>& columns);

/// The header of a file (CSV), or the keys of its first records (JSONL): for `check`, `explain` and messages.
Result<std::vector<std::string>> read_columns(FileSystem& files, const InputFile& file);

}  // namespace sinter

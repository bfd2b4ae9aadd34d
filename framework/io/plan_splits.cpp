// Files to splits: small ones packed, large plain ones cut at exact record borders found by all threads together.
// Source of the exact cut: Ge et al., "Speculative distributed CSV data parsing" (SIGMOD 2019), the two-pass form, with the
// three states of csv_scanner.hpp in place of quote parity.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "base/assert.hpp"
#include "framework/io/byte_source.hpp"
#include "framework/io/csv_scanner.hpp"
#include "framework/io/framed_reader.hpp"
#include "framework/io/input.hpp"
#include "framework/io/record_format.hpp"
#include "framework/io/row_finder.hpp"

namespace sinter {

namespace {

/// What opening one more file costs, in bytes of reading: keeps splits of tiny files from taking forever.
constexpr std::uint64_t kFileOpenCostBytes = 4 * 1024;
/// Read at a time while looking for borders.
constexpr std::size_t kPlanReadBytes = 256 * 1024;
/// Chunks of one file; a file that would give more gets larger chunks.
constexpr std::uint64_t kMaxChunksPerFile = 1u << 20;

/// One range of a large file and what scanning it found.
struct ChunkTask {
  std::size_t file = 0;
  std::uint64_t begin_bytes = 0;
  std::uint64_t end_bytes = 0;
  CsvChunk found;
};

bool is_cut(const InputFile& file, std::uint64_t split_bytes) {
  const bool has_borders = file.format.kind != FormatKind::Records || file.format.records->has_starts();
  return has_borders && file.format.codec == Codec::None && file.size_bytes > split_bytes + split_bytes / 2;
}

std::uint64_t piece_bytes(const InputFile& file, std::uint64_t split_bytes) {
  const std::uint64_t count = std::clamp<std::uint64_t>((file.size_bytes + split_bytes / 2) / split_bytes, 1, kMaxChunksPerFile);
  return (file.size_bytes + count - 1) / count;
}

CsvDialect border_dialect(const Format& format) {
  return format.kind == FormatKind::Csv ? CsvDialect{format.delimiter, format.quote} : kLinesDialect;
}

void add_chunks(const InputFile& file, std::size_t ordinal, std::uint64_t split_bytes, std::vector<ChunkTask>& tasks) {
  // Never inside a byte order mark.
  const std::uint64_t each = std::max<std::uint64_t>(piece_bytes(file, split_bytes), 3);
  for (std::uint64_t begin = 0; begin < file.size_bytes; begin += each) {
    tasks.push_back({ordinal, begin, std::min(begin + each, file.size_bytes), {}});
  }
}

Status scan_chunk(FileSystem& files, const InputFile& file, ChunkTask& task, char* buffer) {
  SINTER_ASSIGN(auto source, open_plain_source(files, file.path, task.begin_bytes, task.end_bytes));
  const CsvDialect dialect = border_dialect(file.format);
  bool first = task.begin_bytes == 0;
  while (true) {
    SINTER_ASSIGN(const std::size_t got, source->read(buffer, kPlanReadBytes));
    if (got == 0) return {};
    std::string_view bytes(buffer, got);
    // A quote right behind a byte order mark opens a field, so the mark must not count as text.
    if (first && bytes.starts_with("\xEF\xBB\xBF")) {
      bytes.remove_prefix(3);
      task.found.size_bytes += 3;
    }
    first = false;
    extend_chunk(dialect, bytes, task.found);
  }
}

/// Scans all chunks on `threads` threads; the first error in chunk order wins, so it is always the same one.
Status scan_chunks(FileSystem& files, const std::vector<InputFile>& inputs, std::vector<ChunkTask>& tasks, unsigned threads) {
  std::atomic<std::size_t> next{0};
  std::mutex lock;
  std::optional<std::pair<std::size_t, Error>> failed;
  const auto work = [&] {
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPlanReadBytes);
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      Status scanned = scan_chunk(files, inputs[tasks[i].file], tasks[i], buffer.get());
      if (scanned.ok()) continue;
      const std::scoped_lock guard(lock);
      if (!failed || i < failed->first) failed.emplace(i, std::move(scanned).error());
    }
  };
  {
    std::vector<std::jthread> workers;
    const std::size_t count = std::min<std::size_t>(std::max(threads, 1u), tasks.size());
    for (std::size_t i = 1; i < count; ++i) workers.emplace_back(work);
    work();
  }
  if (failed) return std::move(failed->second).with_context("cutting the inputs into splits");
  return {};
}

/// Puts splits together in file order.
class SplitList {
 public:
  explicit SplitList(std::uint64_t split_bytes) : split_bytes_(split_bytes) {}

  void add_whole(const InputFile& file, std::uint32_t ordinal) {
    const std::uint64_t cost = file.size_bytes + kFileOpenCostBytes;
    if (!open_.pieces.empty() && (open_input_ != file.input || open_cost_ + cost > split_bytes_ + kFileOpenCostBytes)) flush();
    open_input_ = file.input;
    open_cost_ += cost;
    open_.size_bytes += file.size_bytes;
    open_.pieces.push_back({ordinal, 0, file.size_bytes, 1});
  }

  /// Chains the chunks of one file from its start and cuts at the first row of each.
  void add_cut(const InputFile& file, std::uint32_t ordinal, const ChunkTask* chunk, const ChunkTask* end) {
    flush();
    SplitPiece piece{ordinal, 0, 0, 1};
    CsvState state = CsvState::FieldStart;
    std::uint64_t newlines = 0;
    for (; chunk != end; ++chunk) {
      const CsvChunk::Path& path = chunk->found.from[static_cast<std::size_t>(state)];
      const std::uint64_t row = path.first_row == CsvChunk::kNone ? file.size_bytes : chunk->begin_bytes + path.first_row;
      if (chunk->begin_bytes > 0 && row < file.size_bytes) {
        add_piece(piece, row);
        piece = {ordinal, row, 0, newlines + path.lines_before + 1};
      }
      newlines += chunk->found.newlines;
      state = path.state;
    }
    add_piece(piece, file.size_bytes);
  }

  /// Cuts one file at starts of records.
  void add_pieces(const InputFile& file, std::uint32_t ordinal, const std::vector<std::uint64_t>& starts) {
    flush();
    SplitPiece piece{ordinal, 0, 0, 1};
    for (const std::uint64_t start : starts) {
      add_piece(piece, start);
      piece.begin_bytes = start;
    }
    add_piece(piece, file.size_bytes);
  }

  std::vector<Split> take() {
    flush();
    return std::move(splits_);
  }

 private:
  void add_piece(SplitPiece piece, std::uint64_t end) {
    piece.end_bytes = end;
    open_.size_bytes = end - piece.begin_bytes;
    open_.pieces.push_back(piece);
    flush();
  }
  void flush() {
    if (open_.pieces.empty()) return;
    open_.ordinal = static_cast<std::uint32_t>(splits_.size());
    splits_.push_back(std::move(open_));
    open_ = {};
    open_cost_ = 0;
  }

  std::uint64_t split_bytes_;
  std::vector<Split> splits_;
  Split open_;
  std::uint64_t open_cost_ = 0;
  std::uint32_t open_input_ = 0;
};

}  // namespace

Result<std::vector<Split>> plan_splits(FileSystem& files, const std::vector<InputFile>& inputs, std::uint64_t split_bytes,
    unsigned threads) {
  require(split_bytes > 0, "a split has at least one byte");
  std::vector<ChunkTask> tasks;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].format.kind != FormatKind::Records && is_cut(inputs[i], split_bytes)) add_chunks(inputs[i], i, split_bytes, tasks);
  }
  SINTER_TRY(scan_chunks(files, inputs, tasks, threads));
  SplitList list(split_bytes);
  std::size_t task = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t first = task;
    while (task < tasks.size() && tasks[task].file == i) ++task;
    const auto ordinal = static_cast<std::uint32_t>(i);
    if (first != task) {
      list.add_cut(inputs[i], ordinal, tasks.data() + first, tasks.data() + task);
    } else if (is_cut(inputs[i], split_bytes)) {
      SINTER_ASSIGN(const std::vector<std::uint64_t> starts, find_record_starts(files, inputs[i], piece_bytes(inputs[i], split_bytes)));
      list.add_pieces(inputs[i], ordinal, starts);
    } else {
      list.add_whole(inputs[i], ordinal);
    }
  }
  return list.take();
}

}  // namespace sinter

// AnswerBuilder: builds an answer of many parts (a list, a joined text) without holding it: a short one becomes a value in memory, a long
// one goes to a file. Owned by one reduce attempt; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "jobs/fusion/claim.hpp"

namespace sinter::fusion {

/// One answer, as output text: a JSON array with its brackets, or plain text. A longer one makes its cell null, and the rejects say so.
inline constexpr std::uint64_t kMaxCellTextBytes = std::uint64_t{16} << 20;
/// Answers up to about this are values in memory.
inline constexpr std::size_t kHeldAnswerBytes = std::size_t{64} << 10;

enum class AnswerKind : std::uint8_t { List, Text };

/// An answer too long for memory, in a file until the entity ends.
class LongText {
 public:
  LongText(FileSystem& files, std::string path, AnswerKind kind) : files_(files), path_(std::move(path)), kind_(kind) {}
  AnswerKind kind() const { return kind_; }
  const std::string& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// Calls `visit(std::string_view piece)`, a Status, for one piece after the other.
  template <class Visit>
  Status read(Visit visit) const {
    SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, files_.open(path_));
    std::string piece(kHeldAnswerBytes, '\0');
    for (std::uint64_t at = 0; at < size_bytes_;) {
      SINTER_ASSIGN(const std::size_t size, file->read_at(at, piece.data(), piece.size()));
      if (size == 0) return internal_error("a long answer ends early in '" + path_ + "'");
      SINTER_TRY(visit(std::string_view(piece).substr(0, size)));
      at += size;
    }
    return {};
  }

 private:
  friend class AnswerBuilder;
  FileSystem& files_;
  std::string path_;
  AnswerKind kind_;
  std::uint64_t size_bytes_ = 0;
};

/// begin(), add() or add_text() any number of times, then finish(). Long answers live until clear().
class AnswerBuilder {
 public:
  /// `files` must outlive the builder; `directory` is made when needed.
  AnswerBuilder(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}
  ~AnswerBuilder();

  void begin(AnswerKind kind);
  /// The next item of a list, a scalar. Errors: files.
  Status add(const Value& item);
  /// The next piece of a text. Errors: files.
  Status add_text(std::string_view piece);
  /// Sets value, long_text or is_too_long of the cell. Errors: files.
  Status finish(FusedCell& cell, Arena& arena);
  /// Removes the files of long answers.
  Status clear();

 private:
  Status flush();
  void render(std::string& out);

  FileSystem& files_;
  std::string directory_;
  AnswerKind kind_ = AnswerKind::List;
  std::string held_;         // encoded items, or text
  std::uint64_t items_ = 0;  // of a list, all
  std::uint64_t rendered_items_ = 0;
  std::uint64_t written_bytes_ = 0;
  bool too_long_ = false;
  std::unique_ptr<WritableFile> file_;
  std::string rendered_;
  Arena scratch_{4096};
  std::vector<std::unique_ptr<LongText>> texts_;  // the last one is being written while file_ is open
  std::uint64_t files_made_ = 0;
};

}  // namespace sinter::fusion

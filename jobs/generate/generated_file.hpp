// GeneratedFile: a file being written from its start, gzipped or not, behind one buffer. Owned and used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter::generate {

/// Compresses a byte stream into one gzip member without a time stamp, so that equal bytes give equal files.
class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  /// Appends what is ready to `to`; everything that is left when `last`. Nothing may follow the last call.
  Status compress(std::string_view bytes, bool last, std::string& to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class GeneratedFile {
 public:
  /// Refuses a path that exists: generated data never replaces anything.
  static Result<GeneratedFile> create(FileSystem& files, const std::string& path, bool gzip);

  /// Text for the file: append to it, then call flush_if_full() once a row.
  std::string& buffer() { return buffer_; }
  Status flush_if_full() { return buffer_.size() < kFlushBytes ? Status() : flush(false); }
  /// Writes the rest. Nothing may follow.
  Status close();
  /// Bytes in the file so far.
  std::uint64_t size_bytes() const { return file_->size_bytes(); }

 private:
  static constexpr std::size_t kFlushBytes = 1u << 20;
  GeneratedFile(std::unique_ptr<WritableFile> file, std::unique_ptr<GzipStream> gzip);
  Status flush(bool last);

  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<GzipStream> gzip_;  // null: plain
  std::string buffer_;
  std::string compressed_;
};

}  // namespace sinter::generate

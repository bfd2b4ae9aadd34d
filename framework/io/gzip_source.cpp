// Streaming gzip over zlib: concatenated members, trailing zero padding, no silent end. The only file that sees zlib. One thread.
#include "framework/io/gzip_source.hpp"

#include <zlib.h>

#include <algorithm>

namespace sinter {

namespace {

/// What zlib allocates for inflate at the largest window (its documentation: about 44 KiB).
constexpr std::uint64_t kInflateBytes = 48 * 1024;

class GzipSource final : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ReadableFile> file, std::string path, Reservation reservation)
      : file_(std::move(file)), path_(std::move(path)), reservation_(std::move(reservation)),
        input_(std::make_unique_for_overwrite<char[]>(kCompressedReadBytes)) {}
  ~GzipSource() override {
    if (started_) inflateEnd(&stream_);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  Status start() {
    // 15: the largest window; +16: gzip framing with its checksum, nothing else.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) return environment_error("zlib has no memory to read '" + path_ + "'");
    started_ = true;
    return {};
  }

  Result<std::size_t> read(char* to, std::size_t size) override {
    std::size_t done = 0;
    while (done < size && !at_end_) {
      if (stream_.avail_in == 0) SINTER_TRY(refill());
      if (between_members_) {
        SINTER_TRY(begin_member());
        continue;
      }
      if (stream_.avail_in == 0) return broken("ends in the middle of its data");
      const std::size_t room = std::min<std::size_t>(size - done, 1u << 30);
      stream_.next_out = reinterpret_cast<Bytef*>(to + done);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (code == Z_STREAM_END) between_members_ = true;
      else if (code != Z_OK && code != Z_BUF_ERROR) return broken(stream_.msg != nullptr ? stream_.msg : zError(code));
    }
    return done;
  }

 private:
  Status refill() {
    SINTER_ASSIGN(const std::size_t got, file_->read_at(offset_, input_.get(), kCompressedReadBytes));
    offset_ += got;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.get());
    stream_.avail_in = static_cast<uInt>(got);
    return {};
  }

  /// At the start of the file or behind a member: the next member, or the end. Tapes and tools pad with zeros.
  Status begin_member() {
    if (stream_.avail_in == 0) {
      if (offset_ == 0) return broken("is empty, and an empty gzip file still has a header");
      at_end_ = true;
      return {};
    }
    if (members_ > 0 && (padding_ || *stream_.next_in == 0)) {
      padding_ = true;
      while (stream_.avail_in > 0) {
        if (*stream_.next_in != 0) return broken("has other data behind its zero padding");
        ++stream_.next_in;
        --stream_.avail_in;
      }
      return {};
    }
    if (members_ > 0) inflateReset(&stream_);
    ++members_;
    between_members_ = false;
    return {};
  }

  Error broken(std::string_view what) const {
    return user_error("'" + path_ + "' is not whole gzip data: " + std::string(what) + " (at byte " +
                      std::to_string(offset_ - stream_.avail_in) + " of the compressed file)")
        .with_hint("Fetch or compress the file again; 'gzip -t' checks it");
  }

  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  Reservation reservation_;
  std::unique_ptr<char[]> input_;
  z_stream stream_{};
  std::uint64_t offset_ = 0;
  std::uint64_t members_ = 0;
  bool started_ = false;
  bool between_members_ = true;
  bool padding_ = false;
  bool at_end_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_gzip_source(std::unique_ptr<ReadableFile> file, const std::string& path, MemoryBudget& budget) {
  SINTER_ASSIGN(Reservation reservation, budget.reserve(kCompressedReadBytes + kInflateBytes, "decompressing '" + path + "'"));
  auto source = std::make_unique<GzipSource>(std::move(file), path, std::move(reservation));
  SINTER_TRY(source->start());
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace sinter

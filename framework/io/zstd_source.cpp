// Streaming zstd: several frames one after another, bounded window, no silent end. The only file that sees libzstd. One thread.
#include "framework/io/zstd_source.hpp"

#include <zstd.h>

namespace sinter {

namespace {

/// Window a frame may ask for (2^27 = 128 MiB, zstd's own default): it is memory the writer of the file decides about.
constexpr int kMaxZstdWindowLog = 27;

class ZstdSource final : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ReadableFile> file, std::string path, Reservation reservation)
      : file_(std::move(file)), path_(std::move(path)), reservation_(std::move(reservation)),
        input_bytes_(std::make_unique_for_overwrite<char[]>(kCompressedReadBytes)), stream_(ZSTD_createDStream()) {}
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  Status start() {
    if (stream_ == nullptr) return environment_error("libzstd has no memory to read '" + path_ + "'");
    const std::size_t code = ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMaxZstdWindowLog);
    if (ZSTD_isError(code) != 0) return internal_error(std::string("zstd refused its window limit: ") + ZSTD_getErrorName(code));
    return {};
  }

  Result<std::size_t> read(char* to, std::size_t size) override {
    ZSTD_outBuffer output{to, size, 0};
    while (output.pos < size) {
      // A call without new input still empties what the decoder holds back, so a full output is no reason to read on.
      if (input_.pos == input_.size && !holding_) {
        SINTER_TRY(refill());
        if (input_.size == 0) break;
      }
      const std::size_t before = output.pos;
      const std::size_t code = ZSTD_decompressStream(stream_, &output, &input_);
      if (ZSTD_isError(code) != 0) return broken(ZSTD_getErrorName(code));
      in_frame_ = code != 0;
      holding_ = in_frame_ && output.pos > before && output.pos == size;
      SINTER_TRY(account());
    }
    if (output.pos < size && (in_frame_ || offset_ == 0)) {
      return broken(offset_ == 0 ? "is empty, and an empty zstd file still has a header" : "ends in the middle of its data");
    }
    return output.pos;
  }

 private:
  Status refill() {
    SINTER_ASSIGN(const std::size_t got, file_->read_at(offset_, input_bytes_.get(), kCompressedReadBytes));
    offset_ += got;
    input_ = {input_bytes_.get(), got, 0};
    return {};
  }

  /// The window is known, and allocated, only when a frame header has been read.
  Status account() {
    const std::uint64_t used = ZSTD_sizeof_DStream(stream_) + kCompressedReadBytes;
    if (used <= reservation_.bytes() || reservation_.resize(used)) return {};
    return user_error("reading '" + path_ + "' takes " + std::to_string(used) +
                      " bytes for its zstd window, more than the memory that is free")
        .with_hint("Raise execution.memory, or compress the file with a smaller window (without --long or --ultra)");
  }

  Error broken(std::string_view what) const {
    return user_error("'" + path_ + "' is not whole zstd data: " + std::string(what) + " (at byte " +
                      std::to_string(offset_ - (input_.size - input_.pos)) + " of the compressed file; the largest window is 2^" +
                      std::to_string(kMaxZstdWindowLog) + " bytes, kMaxZstdWindowLog)")
        .with_hint("Fetch or compress the file again; 'zstd -t' checks it");
  }

  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  Reservation reservation_;
  std::unique_ptr<char[]> input_bytes_;
  ZSTD_DStream* stream_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  std::uint64_t offset_ = 0;
  bool in_frame_ = false;
  bool holding_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_zstd_source(std::unique_ptr<ReadableFile> file, const std::string& path, MemoryBudget& budget) {
  SINTER_ASSIGN(Reservation reservation, budget.reserve(kCompressedReadBytes, "decompressing '" + path + "'"));
  auto source = std::make_unique<ZstdSource>(std::move(file), path, std::move(reservation));
  SINTER_TRY(source->start());
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace sinter

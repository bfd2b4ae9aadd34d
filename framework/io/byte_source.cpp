// Plain byte ranges by positioned reads (never mapped: someone may truncate an input), and the choice of codec. One thread.
#include "framework/io/byte_source.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "framework/io/gzip_source.hpp"
#include "framework/io/zstd_source.hpp"

namespace sinter {

namespace {

class PlainSource final : public ByteSource {
 public:
  PlainSource(std::unique_ptr<ReadableFile> file, std::string path, std::uint64_t begin, std::uint64_t end)
      : file_(std::move(file)), path_(std::move(path)), at_(begin), end_(end) {}

  Result<std::size_t> read(char* to, std::size_t size) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - at_));
    if (wanted == 0) return std::size_t{0};
    SINTER_ASSIGN(const std::size_t got, file_->read_at(at_, to, wanted));
    at_ += got;
    if (got < wanted) {
      return environment_error("'" + path_ + "' became shorter while it was read: it ends at byte " + std::to_string(at_) +
                               ", but was to be read up to byte " + std::to_string(end_));
    }
    return got;
  }

 private:
  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  std::uint64_t at_;
  std::uint64_t end_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_plain_source(FileSystem& files, const std::string& path, std::uint64_t begin_bytes,
                                                      std::uint64_t end_bytes) {
  require(begin_bytes <= end_bytes, "a byte range begins before it ends");
  SINTER_ASSIGN(auto file, files.open(path));
  return std::unique_ptr<ByteSource>(std::make_unique<PlainSource>(std::move(file), path, begin_bytes, end_bytes));
}

Result<std::unique_ptr<ByteSource>> open_byte_source(FileSystem& files, MemoryBudget& budget, const InputFile& file,
                                                     std::uint64_t begin_bytes, std::uint64_t end_bytes) {
  switch (file.format.codec) {
    case Codec::Gzip:
    case Codec::Zstd: {
      require(begin_bytes == 0, "compressed files are read from their start");
      SINTER_ASSIGN(auto compressed, files.open(file.path));
      return file.format.codec == Codec::Gzip ? open_gzip_source(std::move(compressed), file.path, budget)
                                              : open_zstd_source(std::move(compressed), file.path, budget);
    }
    case Codec::None: return open_plain_source(files, file.path, begin_bytes, end_bytes);
    case Codec::Infer: break;
  }
  return internal_error("the codec of '" + file.path + "' was not decided before reading; expand_inputs() does that");
}

}  // namespace sinter

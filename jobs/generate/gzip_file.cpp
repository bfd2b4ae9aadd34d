// GzipStream over zlib: the only file of this module that sees it.
#include <zlib.h>

#include <limits>

#include "jobs/generate/generated_file.hpp"

namespace sinter::generate {

struct GzipStream::State {
  z_stream stream{};
  bool ready = false;
  ~State() {
    if (ready) deflateEnd(&stream);
  }
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {
  constexpr int kFastest = 1, kGzipWindow = 15 + 16, kMemoryLevel = 8;
  state_->ready = deflateInit2(&state_->stream, kFastest, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipStream::~GzipStream() = default;

Status GzipStream::compress(std::string_view bytes, bool last, std::string& to) {
  if (!state_->ready) return environment_error("zlib has no memory to compress with");
  require(bytes.size() <= std::numeric_limits<uInt>::max(), "a generated buffer is small");
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  char chunk[1 << 16];
  do {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    if (deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) return internal_error("zlib refused to compress generated data");
    to.append(chunk, sizeof chunk - stream.avail_out);
  } while (stream.avail_out == 0);
  return {};
}

}  // namespace sinter::generate

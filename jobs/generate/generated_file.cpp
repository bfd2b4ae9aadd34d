// The buffer in front of a generated file.
#include "jobs/generate/generated_file.hpp"

namespace sinter::generate {

GeneratedFile::GeneratedFile(std::unique_ptr<WritableFile> file, std::unique_ptr<GzipStream> gzip)
    : file_(std::move(file)), gzip_(std::move(gzip)) {
  buffer_.reserve(kFlushBytes + 4096);
}

Result<GeneratedFile> GeneratedFile::create(FileSystem& files, const std::string& path, bool gzip) {
  if (files.exists(path)) {
    return std::move(user_error("'" + path + "' exists already, and generated data replaces nothing"))
        .with_hint("Name an empty directory, or remove the old data first.");
  }
  SINTER_ASSIGN(auto file, files.create(path));
  return GeneratedFile(std::move(file), gzip ? std::make_unique<GzipStream>() : nullptr);
}

Status GeneratedFile::flush(bool last) {
  if (!gzip_) {
    SINTER_TRY(file_->append(buffer_));
  } else {
    compressed_.clear();
    SINTER_TRY(gzip_->compress(buffer_, last, compressed_));
    SINTER_TRY(file_->append(compressed_));
  }
  buffer_.clear();
  return {};
}

Status GeneratedFile::close() {
  SINTER_TRY(flush(true));
  return file_->close();
}

}  // namespace sinter::generate

// Side outputs and logs of attempts. One thread.
#include "framework/runtime/attempt_extras.hpp"

namespace sinter {
namespace {

constexpr std::size_t kSideBufferBytes = 64u << 10;
constexpr std::string_view kLogExtension = ".jsonl";

class AttemptLogSink final : public LogSink {
 public:
  AttemptLogSink(FileSystem& files, std::string path, AttemptName name)
      : files_(files), path_(std::move(path)), name_(std::move(name)) {}
  ~AttemptLogSink() override {
    if (dropped_ > 0)
      write_line("{\"level\":\"warning\",\"message\":\"log lines were dropped\",\"lines\":" + std::to_string(dropped_) + "}");
    if (file_ != nullptr) (void)file_->close().ok();
  }

  void write(const LogRecord& record) override {
    if (written_ >= kMaxAttemptLogBytes) return void(++dropped_);
    fields_.assign({LogField("job", name_.job), LogField("task", name_.task), LogField("attempt", name_.attempt)});
    fields_.insert(fields_.end(), record.fields, record.fields + record.field_count);
    write_line(format_json({record.level, record.at, record.message, fields_.data(), fields_.size()}));
  }

 private:
  /// A log must not fail its attempt: a line that cannot be written is counted.
  void write_line(std::string line) {
    if (file_ == nullptr) {
      const std::string directory = path_.substr(0, path_.rfind('/'));
      if (!files_.make_directories(directory).ok()) return void(++dropped_);
      Result<std::unique_ptr<WritableFile>> file = files_.create(path_);
      if (!file.ok()) return void(++dropped_);
      file_ = std::move(*file);
    }
    line += '\n';
    written_ += line.size();
    if (!file_->append(line).ok()) ++dropped_;
  }

  FileSystem& files_;
  std::string path_;
  AttemptName name_;
  std::vector<LogField> fields_;  // of one line
  std::unique_ptr<WritableFile> file_;
  std::uint64_t written_ = 0;
  std::uint64_t dropped_ = 0;
};

bool is_attempt_log(const std::string& name) { return name.starts_with("attempt-") && name.ends_with(kLogExtension); }

}  // namespace

class SideOutputFiles::File final : public OutputSink {
 public:
  explicit File(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}
  Status append(std::string_view bytes) override {
    buffer_ += bytes;
    return buffer_.size() >= kSideBufferBytes ? flush() : Status();
  }
  Status close() {
    SINTER_TRY(flush());
    return file_->close();
  }

 private:
  Status flush() {
    SINTER_TRY(file_->append(buffer_));
    buffer_.clear();
    return {};
  }
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
};

SideOutputFiles::SideOutputFiles(FileSystem& files, const JobLayout& layout, const AttemptId& attempt)
    : files_(files), layout_(layout), attempt_(attempt) {}
SideOutputFiles::~SideOutputFiles() = default;

Result<OutputSink*> SideOutputFiles::open(std::size_t index) {
  if (open_.size() <= index) open_.resize(index + 1);
  if (open_[index] == nullptr) {
    SINTER_ASSIGN(std::unique_ptr<WritableFile> file, files_.create(layout_.attempt_side_output(attempt_, index)));
    open_[index] = std::make_unique<File>(std::move(file));
  }
  return static_cast<OutputSink*>(open_[index].get());
}

Status SideOutputFiles::close() {
  for (const auto& file : open_)
    if (file != nullptr) SINTER_TRY(file->close());
  return {};
}

std::unique_ptr<LogSink> make_attempt_log_sink(FileSystem& files, std::string path, AttemptName name) {
  return std::make_unique<AttemptLogSink>(files, std::move(path), std::move(name));
}

Status commit_side_outputs(FileSystem& files, const JobLayout& layout, const AttemptId& attempt, std::size_t side_outputs) {
  for (std::size_t index = 0; index < side_outputs; ++index) {
    const std::string from = layout.attempt_side_output(attempt, index);
    if (files.exists(from)) SINTER_TRY(files.rename(from, layout.side_output(attempt.task, index)));
  }
  return {};
}

Status keep_logs(FileSystem& files, const JobLayout& layout, const std::string& directory) {
  if (files.exists(directory)) {
    SINTER_ASSIGN(const std::vector<std::string> old, files.list(directory));
    for (const std::string& name : old)
      if (is_attempt_log(name)) SINTER_TRY(files.remove(directory + "/" + name));
  }
  if (!files.exists(layout.logs())) return {};
  SINTER_TRY(files.make_directories(directory));
  SINTER_ASSIGN(const std::vector<std::string> names, files.list(layout.logs()));
  for (const std::string& name : names) {
    SINTER_ASSIGN(const std::string lines, read_file(files, layout.logs() + "/" + name));
    SINTER_TRY(write_file(files, directory + "/" + name, lines));
  }
  return {};
}

}  // namespace sinter

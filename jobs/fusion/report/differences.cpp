// Lines of CSV or JSON, collected and written in large pieces: see differences.hpp. One thread.
#include "jobs/fusion/value_json.hpp"
#include "jobs/fusion/report/differences.hpp"

#include "framework/io/committed_output.hpp"
#include "jobs/fusion/job/record_writer.hpp"

namespace sinter::fusion {
namespace {

constexpr std::size_t kWriteBytes = 256u << 10;

void append_csv_cell(std::string& out, const Value& value) {
  if (value.is_null()) return;
  std::string text;
  append_display(text, value);
  append_csv_text(out, text);
}

}  // namespace

Result<DifferenceWriter> DifferenceWriter::create(FileSystem& files, const std::string& path, const std::string& job) {
  SINTER_TRY(files.make_directories(directory_of(path)));
  std::string temporary = temporary_output_path(path, job);
  SINTER_ASSIGN(auto file, files.create(temporary));
  return DifferenceWriter(files, path, std::move(temporary), std::move(file));
}

DifferenceWriter::DifferenceWriter(FileSystem& files, std::string path, std::string temporary, std::unique_ptr<WritableFile> file)
    : files_(&files), path_(std::move(path)), temporary_(std::move(temporary)), format_(output_format(path_)), file_(std::move(file)) {
  if (format_ == OutputFormat::Csv) buffer_ = "entity,attribute,expected,got,error\n";
}

DifferenceWriter::~DifferenceWriter() {
  if (file_ == nullptr) return;  // finished, or moved from
  file_.reset();
  (void)files_->remove(temporary_);
}

Status DifferenceWriter::add(std::string_view entity, std::string_view attribute, const Value& expected, const Value& got) {
  ++count_;
  const bool numbers = expected.is_number() && got.is_number();
  const Value error = numbers ? Value::of_double(got.as_double() - expected.as_double()) : Value::null();
  if (format_ == OutputFormat::Csv) {
    append_csv_text(buffer_, entity);
    buffer_ += ',';
    append_csv_text(buffer_, attribute);
    for (const Value* value : {&expected, &got, &error}) {
      buffer_ += ',';
      append_csv_cell(buffer_, *value);
    }
    buffer_ += '\n';
  } else {
    buffer_ += "{\"entity\":";
    append_json_string(buffer_, entity);
    buffer_ += ",\"attribute\":";
    append_json_string(buffer_, attribute);
    buffer_ += ",\"expected\":";
    append_json(buffer_, expected);
    buffer_ += ",\"got\":";
    append_json(buffer_, got);
    buffer_ += ",\"error\":";
    append_json(buffer_, error);
    buffer_ += "}\n";
  }
  return buffer_.size() < kWriteBytes ? Status() : flush();
}

Status DifferenceWriter::flush() {
  SINTER_TRY(file_->append(buffer_));
  buffer_.clear();
  return {};
}

Status DifferenceWriter::finish() {
  SINTER_TRY(flush());
  SINTER_TRY(file_->sync());
  SINTER_TRY(file_->close());
  SINTER_TRY(files_->rename(temporary_, path_));
  file_.reset();
  return {};
}

}  // namespace sinter::fusion

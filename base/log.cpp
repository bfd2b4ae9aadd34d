// Formatting and sinks of the log. See log.hpp for threads.
#include "base/log.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>

namespace sinter {
namespace {

void append_number(std::string& out, double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out.append(buffer, end);
}

/// Length of the valid UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : '\0'); };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool too_large = first == 0xf4 && byte(1) > 0x8f;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[c & 0xf];
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == 0x7f) return true;
  return false;
}

void append_value(std::string& out, const LogField::Value& value, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (json || needs_quotes(*text)) append_json_string(out, *text);
    else out.append(*text);
  } else if (const auto* number = std::get_if<double>(&value)) {
    const bool quoted = json && !std::isfinite(*number);
    if (quoted) out += '"';
    append_number(out, *number);
    if (quoted) out += '"';
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*whole);
  } else if (const auto* count = std::get_if<std::uint64_t>(&value)) {
    out += std::to_string(*count);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

std::string format_without_time(const LogRecord& record) {
  std::string line(to_string(record.level));
  line.append(" ").append(record.message);
  for (std::size_t i = 0; i < record.field_count; ++i) {
    line.append(" ").append(record.fields[i].key).append("=");
    append_value(line, record.fields[i].value, /*json=*/false);
  }
  return line;
}

class StderrSink final : public LogSink {
 public:
  void write(const LogRecord& record) override {
    const std::string line = format_human(record) + '\n';
    // A log that cannot be written has nobody left to tell.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }
};

class FileSink final : public LogSink {
 public:
  explicit FileSink(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}
  void write(const LogRecord& record) override {
    std::string line = format_json(record);
    if (lost_ > 0) {
      line.pop_back();
      line += ",\"lost_lines_before\":" + std::to_string(lost_) + "}";
    }
    line += '\n';
    if (file_->append(line).ok()) lost_ = 0;
    else ++lost_;
  }

 private:
  std::unique_ptr<WritableFile> file_;
  std::uint64_t lost_ = 0;
};

class MemorySink final : public LogSink {
 public:
  explicit MemorySink(std::shared_ptr<LogMemory> memory) : memory_(std::move(memory)) {}
  void write(const LogRecord& record) override { memory_->append(format_without_time(record)); }

 private:
  std::shared_ptr<LogMemory> memory_;
};

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
  }
  return "error";
}

Log::Log(LogLevel minimum, std::function<Timestamp()> now) : minimum_(minimum), now_(std::move(now)) {}

void Log::add_sink(std::unique_ptr<LogSink> sink) {
  const std::lock_guard lock(mutex_);
  sinks_.push_back(std::move(sink));
}

void Log::write(LogLevel level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  const std::lock_guard lock(mutex_);
  const LogRecord record{level, now_(), message, fields.begin(), fields.size()};
  for (const auto& sink : sinks_) sink->write(record);
}

Timestamp Log::system_time() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

std::string format_human(const LogRecord& record) {
  // Milliseconds are enough for a person; the date stands in the JSON log.
  const std::int64_t rest = record.at.micros % 1000;
  const std::string time = format_timestamp({record.at.micros - (rest < 0 ? rest + 1000 : rest)});
  std::string clock = time.substr(time.find('T') + 1);
  clock.pop_back();
  if (clock.size() == 8) clock += '.';
  clock.append(12 - clock.size(), '0');
  return clock + ' ' + format_without_time(record);
}

std::string format_json(const LogRecord& record) {
  std::string line = "{\"time\":\"" + format_timestamp(record.at) + "\",\"level\":\"";
  line.append(to_string(record.level)).append("\",\"message\":");
  append_json_string(line, record.message);
  for (std::size_t i = 0; i < record.field_count; ++i) {
    line += ',';
    append_json_string(line, record.fields[i].key);
    line += ':';
    append_value(line, record.fields[i].value, /*json=*/true);
  }
  line += '}';
  return line;
}

std::unique_ptr<LogSink> make_stderr_log_sink() { return std::make_unique<StderrSink>(); }

std::unique_ptr<LogSink> make_file_log_sink(std::unique_ptr<WritableFile> file) {
  return std::make_unique<FileSink>(std::move(file));
}

void LogMemory::append(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> LogMemory::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool LogMemory::contains(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  for (const auto& line : lines_)
    if (line.find(text) != std::string::npos) return true;
  return false;
}

std::unique_ptr<LogSink> make_memory_log_sink(std::shared_ptr<LogMemory> memory) {
  return std::make_unique<MemorySink>(std::move(memory));
}

}  // namespace sinter

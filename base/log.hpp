// Log: levels, constant messages and key/value pairs, written to sinks. Passed by reference, never global.
// A Log may be used from any thread; its sinks are called under its mutex, one record at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/file_system.hpp"
#include "base/timestamp.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// How much a line matters.
enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// "debug", "info", "warning" or "error".
std::string_view to_string(LogLevel level);

/// A borrowed key and value; lives only during the call.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  LogField(std::string_view name, T number) : key(name), value(widen(number)) {}

  std::string_view key;
  Value value;

 private:
  template <class T>
  static Value widen(T number) {
    if constexpr (std::is_same_v<T, bool>) return number;
    else if constexpr (std::is_floating_point_v<T>) return static_cast<double>(number);
    else if constexpr (std::is_signed_v<T>) return static_cast<std::int64_t>(number);
    else return static_cast<std::uint64_t>(number);
  }
};

/// One line, borrowed; lives only during the call.
struct LogRecord {
  LogLevel level;
  Timestamp at;
  std::string_view message;
  const LogField* fields;
  std::size_t field_count;
};

/// Where lines go. Called under the log's lock.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogRecord& record) = 0;
};

/// Structured lines to any number of sinks.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  /// Drops records below `minimum`. `now` stamps records; the default reads the system's clock.
  explicit Log(LogLevel minimum = LogLevel::Info, std::function<Timestamp()> now = system_time);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void add_sink(std::unique_ptr<LogSink> sink);
  bool enabled(LogLevel level) const { return level >= minimum_; }

  /// `message` is a constant sentence; what varies goes into the fields.
  void write(LogLevel level, std::string_view message, Fields fields);
  void debug(std::string_view message, Fields fields = {}) { write(LogLevel::Debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) { write(LogLevel::Info, message, fields); }
  void warning(std::string_view message, Fields fields = {}) { write(LogLevel::Warning, message, fields); }
  void error(std::string_view message, Fields fields = {}) { write(LogLevel::Error, message, fields); }

  static Timestamp system_time();

 private:
  LogLevel minimum_;
  std::function<Timestamp()> now_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<LogSink>> sinks_;
};

/// "12:30:05.123 warning lost a worker worker=3 reason=\"no heartbeat\"".
std::string format_human(const LogRecord& record);
/// One JSON object without line end: {"time":...,"level":...,"message":..., and the fields}. Always valid JSON: bytes that are no UTF-8
/// become U+FFFD, infinite numbers become strings.
std::string format_json(const LogRecord& record);

/// Human lines to standard error, one write(2) each, so that processes do not mix within a line.
std::unique_ptr<LogSink> make_stderr_log_sink();
/// JSON lines into a file; what cannot be written is counted, and the count is reported in the next line that can.
std::unique_ptr<LogSink> make_file_log_sink(std::unique_ptr<WritableFile> file);

/// Keeps lines for tests; shared with the test by the pointer that make_memory_log_sink() fills. Any thread.
class LogMemory {
 public:
  void append(std::string line);
  std::vector<std::string> lines() const;
  /// Whether some line contains `text`.
  bool contains(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};
/// Human lines without the time.
std::unique_ptr<LogSink> make_memory_log_sink(std::shared_ptr<LogMemory> memory);

}  // namespace sinter

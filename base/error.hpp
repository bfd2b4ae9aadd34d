// Error: what went wrong, whose fault it is, whether a retry can help, and where it happened.
// A value type; each object is owned and used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace [[gnu::visibility("default")]] sinter {

/// Whose fault an error is: the person's input or job, the machine around us, or our own code.
enum class Fault : std::uint8_t { User, Environment, Internal };

/// "user", "environment" or "internal".
std::string_view to_string(Fault fault);

/// One failure. The message is a sentence for the person who has to act on it; context lines are added by
/// callers while it travels up ("while reading split 3 of a.csv"). Pointer sized, so `Result` stays small.
class Error {
 public:
  Error(Fault fault, std::string message, bool retriable = false);
  Error(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(const Error& other);
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  Fault fault() const { return detail_->fault; }
  bool retriable() const { return detail_->retriable; }
  const std::string& message() const { return detail_->message; }
  /// How to fix it, one sentence; may be empty.
  const std::string& hint() const { return detail_->hint; }
  /// Outermost context first.
  const std::vector<std::string>& context() const { return detail_->context; }

  /// Adds one outer context line: "while doing X".
  Error&& with_context(std::string line) &&;
  Error&& with_hint(std::string hint) &&;

  /// "message (while a, while b). hint" on one line.
  std::string to_string() const;

  friend bool operator==(const Error& a, const Error& b) { return *a.detail_ == *b.detail_; }

 private:
  struct Detail {
    Fault fault;
    bool retriable;
    std::string message;
    std::string hint;
    std::vector<std::string> context;
    bool operator==(const Detail&) const = default;
  };
  std::unique_ptr<Detail> detail_;
};

/// The person's input, job file or command is wrong; a retry cannot help.
Error user_error(std::string message);
/// The machine failed us (file missing, peer gone); a retry may help.
Error environment_error(std::string message, bool retriable = true);
/// From errno: "cannot <action> '<subject>': <strerror>". ENOSPC, EACCES, ENOENT and alike name themselves,
/// and a retry cannot help.
Error system_error(std::string_view action, std::string_view subject, int error_number);
/// Our own code broke its promise.
Error internal_error(std::string message);

}  // namespace sinter

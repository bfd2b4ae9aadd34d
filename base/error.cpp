// Errors as values: making and rendering them. Any thread.
#include "base/error.hpp"

#include <cerrno>
#include <cstring>

namespace sinter {

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::User: return "user";
    case Fault::Environment: return "environment";
    case Fault::Internal: return "internal";
  }
  return "internal";
}

Error::Error(Fault fault, std::string message, bool retriable)
    : detail_(std::make_unique<Detail>(Detail{fault, retriable, std::move(message), {}, {}})) {}

Error::Error(const Error& other) : detail_(std::make_unique<Detail>(*other.detail_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) detail_ = std::make_unique<Detail>(*other.detail_);
  return *this;
}

Error&& Error::with_context(std::string line) && {
  detail_->context.insert(detail_->context.begin(), std::move(line));
  return std::move(*this);
}

Error&& Error::with_hint(std::string hint) && {
  detail_->hint = std::move(hint);
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string text = detail_->message;
  if (!detail_->context.empty()) {
    text += " (";
    for (std::size_t i = 0; i < detail_->context.size(); ++i) {
      if (i > 0) text += ", ";
      text += detail_->context[i];
    }
    text += ")";
  }
  if (!detail_->hint.empty()) text += ". " + detail_->hint;
  return text;
}

Error user_error(std::string message) { return Error(Fault::User, std::move(message)); }

Error environment_error(std::string message, bool retriable) {
  return Error(Fault::Environment, std::move(message), retriable);
}

Error system_error(std::string_view action, std::string_view subject, int error_number) {
  std::string text = "cannot ";
  text.append(action).append(" '").append(subject).append("': ").append(std::strerror(error_number));
  // A missing or forbidden path stays so, and so does a full disk; a transient failure may pass.
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  const bool final = full || error_number == EFBIG || error_number == ENOENT || error_number == EACCES || error_number == EISDIR ||
                     error_number == ENOTDIR || error_number == ENAMETOOLONG || error_number == EROFS;
  Error error(Fault::Environment, std::move(text), !final);
  return full ? Error(std::move(error).with_hint("Make room, or write elsewhere")) : error;
}

Error internal_error(std::string message) { return Error(Fault::Internal, std::move(message)); }

}  // namespace sinter

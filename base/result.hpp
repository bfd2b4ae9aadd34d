// Result<T>: a value or an Error. Status is Result<void>. Functions that can fail return one; nothing below user code throws.
// Owned and used by one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.hpp"
#include "base/error.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A T, or the Error why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}        // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}    // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: ok().
  T& value() & { require(ok(), "value() of a failed Result"); return *std::get_if<0>(&state_); }
  const T& value() const& { require(ok(), "value() of a failed Result"); return *std::get_if<0>(&state_); }
  T&& value() && { require(ok(), "value() of a failed Result"); return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Requires: !ok().
  const Error& error() const& { require(!ok(), "error() of a good Result"); return *std::get_if<1>(&state_); }
  Error&& error() && { require(!ok(), "error() of a good Result"); return std::move(*std::get_if<1>(&state_)); }

  /// Adds an outer context line when this is an error.
  Result&& with_context(std::string line) && {
    if (!ok()) (void)std::move(*std::get_if<1>(&state_)).with_context(std::move(line));
    return std::move(*this);
  }

 private:
  std::variant<T, Error> state_;
};

/// Result<void>: pointer sized, null when good, so that a per-record return costs nothing.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { require(!ok(), "error() of a good Status"); return *error_; }
  Error&& error() && { require(!ok(), "error() of a good Status"); return std::move(*error_); }
  Result&& with_context(std::string line) && {
    if (!ok()) (void)std::move(*error_).with_context(std::move(line));
    return std::move(*this);
  }

 private:
  std::optional<Error> error_;
};

/// Good, or an Error.
using Status = Result<void>;

}  // namespace sinter

// Inside function bodies only. SINTER_TRY(status_expression); SINTER_ASSIGN(auto name, result_expression);
#define SINTER_TRY(expression)                                                     \
  do {                                                                             \
    if (auto sinter_status = (expression); !sinter_status.ok()) [[unlikely]]       \
      return std::move(sinter_status).error();                                     \
  } while (false)
#define SINTER_CONCAT_(a, b) a##b
#define SINTER_CONCAT(a, b) SINTER_CONCAT_(a, b)
#define SINTER_ASSIGN_(name, declaration, expression)                   \
  auto name = (expression);                                             \
  if (!name.ok()) [[unlikely]] return std::move(name).error();          \
  declaration = std::move(name).value()
#define SINTER_ASSIGN(declaration, expression) SINTER_ASSIGN_(SINTER_CONCAT(sinter_result_, __LINE__), declaration, expression)

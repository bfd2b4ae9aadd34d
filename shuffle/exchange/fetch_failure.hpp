// FetchFailure: what could not be fetched, told to programs through an Error, so that a scheduler can make the file again. Any thread.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"

namespace sinter {

struct FetchFailure {
  std::string endpoint;
  std::string name;
  friend bool operator==(const FetchFailure&, const FetchFailure&) = default;
};

/// An environment error, retriable, whose context tells file and endpoint in a form that fetch_failure() reads.
Error fetch_error(const FetchFailure& failure, const std::string& what);
/// What fetch_error() was told, also after the error has travelled between processes and got more context.
std::optional<FetchFailure> fetch_failure(const Error& error);

}  // namespace sinter

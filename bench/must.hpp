// What a bench does about errors: it says them and ends. Any thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/result.hpp"

namespace sinter {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

}  // namespace sinter

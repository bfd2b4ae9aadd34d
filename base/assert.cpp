// Where a broken promise of ours ends. Any thread.
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace sinter {

void assertion_failed(std::string_view sentence, const std::source_location& where) {
  std::fprintf(stderr, "sinter: internal error at %s:%u (%s): %.*s\n", where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name(), static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

}  // namespace sinter

// require(): an assertion that stays on in release. For our own promises only, never for what users or files say.
#pragma once

#include <source_location>
#include <string_view>

namespace [[gnu::visibility("default")]] sinter {

/// What require() calls: prints the sentence and the place, and aborts.
[[noreturn]] void assertion_failed(std::string_view sentence, const std::source_location& where);

/// Aborts with the sentence and the caller's position when `condition` is false.
inline void require(bool condition, std::string_view sentence,
                    const std::source_location& where = std::source_location::current()) {
  if (!condition) [[unlikely]] assertion_failed(sentence, where);
}

}  // namespace sinter

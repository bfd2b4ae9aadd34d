// Sealed bytes: a magic, a checksum and a body, as small files of ours are. Stateless; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter {

/// `magic`, XXH3-64 of `body` (8 bytes), `body`.
std::string seal_bytes(std::string_view magic, std::string_view body);
/// The body, which lies in `bytes`. Errors (internal): another magic, a wrong checksum; `what` ("plan file") and `path` name the file.
Result<std::string_view> unseal_bytes(std::string_view magic, std::string_view bytes, std::string_view what, const std::string& path);

}  // namespace sinter

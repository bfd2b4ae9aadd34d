// Sizes and durations as people write them: "64MiB", "512k", "1.5GB", "30s", "1h30m". Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter {

/// Bytes. KiB MiB GiB TiB and the bare letters k m g t (either case) count in 1024s, kB MB GB TB in 1000s, B or nothing is bytes.
/// A decimal fraction is fine as long as the result is a whole number of bytes. Errors are the person's and show the accepted forms.
Result<std::uint64_t> parse_size(std::string_view text);
/// For people: "64MiB", "1.5MiB", "2.3GiB"; rounded down to a tenth of the largest binary unit, so never more than there is.
std::string format_size(std::uint64_t size_bytes);

/// Milliseconds, from "250ms", "30s", "10m" (or min), "2h", "1d", "1h30m", "1.5s". Only "0" needs no unit.
Result<std::int64_t> parse_duration_ms(std::string_view text);
/// "250ms", "1.5s", "2m30s", "1h5m"; parse_duration_ms() reads it back exactly. Negative durations start with '-' and are not read back.
std::string format_duration_ms(std::int64_t duration_ms);

}  // namespace sinter

// Reads the YAML of a job file into a ConfigNode tree with places. The only module that knows YAML. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {

/// Lists and maps inside one another. A job needs about six.
inline constexpr std::size_t kMaxJobFileDepth = 64;
/// Keys, values, lists and maps of one job file, repeated aliases counted each time.
inline constexpr std::size_t kMaxJobFileNodes = 200'000;

/// The tree of a job file: one document whose root is a map. Stricter than YAML: duplicate keys, merge keys, tags, keys that
/// are not scalars, second documents, unterminated quotes, NUL and invalid UTF-8 are problems. Anchors and aliases are copied.
/// Problems are added to `diagnostics` with places; the Result fails when there was one. Requires nothing of `text`.
/// Marks count bytes. Cost: a few microseconds a line; at most kMaxJobFileBytes are looked at.
Result<ConfigNode> read_yaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace sinter::fusion

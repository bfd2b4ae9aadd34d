// Key files: where a process keeps its CURVE pair, readable by its user alone. Any thread; not the same file at once by one process.
#pragma once

#include <string>

#include "base/net/curve_key.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// A key file is two lines; a larger one is none.
inline constexpr std::size_t kMaxKeyFileBytes = 4096;

/// The pair in `path`. When there is no such file one is made: mode 0600, in a directory of mode 0700, which is made as well (its
/// parent exists). Two processes that start at once get the same pair. Reads the operating system's files, as modes matter.
/// Errors: file or directory belongs to somebody else or is open to others (the user's, with the chmod that repairs it), a damaged file.
Result<KeyPair> load_or_make_key_pair(const std::string& path);

/// Makes `directory` with mode 0700, or sees that the one there is this user's alone. Errors: as above.
Status make_private_directory(const std::string& directory);

}  // namespace sinter::net

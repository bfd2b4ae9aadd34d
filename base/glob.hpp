// Globs over any FileSystem: which files a pattern of a job file means. Stateless; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter {

/// Paths that match, sorted bytewise, each once; empty when nothing matches.
/// `*` any bytes but '/', `?` one byte, `[a-z]` `[!a-z]` one byte of a set, `**` as a whole segment any number of directories;
/// a backslash takes the meaning of the next one. As in a shell, wildcards do not match a leading '.'; unlike there, a wildcard in
/// the last segment matches no directories. A pattern without wildcards gives itself, whether the file exists or not.
/// Errors: a malformed pattern (the person's fault), an unreadable directory, more than kMaxGlobMatches paths.
Result<std::vector<std::string>> expand_glob(FileSystem& files, const std::string& pattern);

struct GlobMatch {
  std::string path;
  std::vector<std::pair<std::string, std::string>> captures;  ///< placeholder and what it matched, in pattern order
};

/// The same, with placeholders: `web/airline-{id}.csv` gives each match with its `id`. A placeholder matches one or more bytes of
/// one segment, as few as possible from the left. Errors also: an unclosed, nameless or repeated placeholder.
Result<std::vector<GlobMatch>> expand_named_glob(FileSystem& files, const std::string& pattern);

}  // namespace sinter

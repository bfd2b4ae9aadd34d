// Publishing results: part files of attempts become the output file or directory in one atomic step. Stateless; called by
// the one process that commits a job, from one thread at a time per output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter {

/// The manifest of a directory of parts, in it; that of a file is named after the file.
inline constexpr std::string_view kManifestName = "_SUCCESS.json";
inline constexpr std::string_view kManifestExtension = ".success.json";

/// "part-00007.csv": a part of a directory.
std::string part_name(std::size_t ordinal, const std::string& extension);

/// What to publish. `path` ending in '/' is a directory of parts, else one file.
struct OutputPublication {
  std::string path;
  std::string header;                     // at the start of the file, or of each part; may be empty
  std::string part_extension = ".csv";
  std::vector<std::string> parts;         // in output order
  bool consume_parts = false;             // each is removed once it is in the output
  std::string job;                        // names the temporary file, so that jobs do not meet
  bool overwrite = false;
};

struct PublishedFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::uint64_t checksum = 0;             // checksum64() of the whole file
};

/// "<directory>/.<name>.sinter-<job>.tmp": where publish_output() builds; a crashed job may leave it behind.
std::string temporary_output_path(const std::string& path, const std::string& job);

/// An error when something is at `path` and may not be replaced: to be asked before a job runs.
Status check_output_path(FileSystem& files, const std::string& path, bool overwrite);

/// Builds the output beside its place, syncs it, renames it there. Readers see the old or the whole new output. On an error
/// nothing is left and the old output stands; a full disk is named with its free bytes. Replacing a directory takes two
/// renames: a crash just between them leaves the old one as "<temporary>.old".
/// Cost: one copy of the parts, about 1 GB/s. Returns the files in order.
Result<std::vector<PublishedFile>> publish_output(FileSystem& files, const OutputPublication& output);

}  // namespace sinter

// Checks before publishing, and publishing of parts that are all there. One thread per output.
#include "framework/io/committed_output.hpp"

#include "framework/io/output_assembly.hpp"

namespace sinter {

namespace {

bool is_directory_path(const std::string& path) { return path.ends_with('/'); }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Replacing a directory removes what is in it: only what a job has written may go.
Status check_only_parts(FileSystem& files, const std::string& directory) {
  SINTER_ASSIGN(const std::vector<std::string> names, files.list(directory));
  for (const std::string& name : names) {
    // A job may die while it writes its manifest.
    if (name.starts_with("part-") || name == kManifestName || name == std::string(kManifestName) + ".tmp") continue;
    return user_error("output '" + directory + "/' holds '" + name + "', which no job has written")
        .with_hint("Nothing was removed: choose another output, or move the file away");
  }
  return {};
}

}  // namespace

std::string part_name(std::size_t ordinal, const std::string& extension) {
  std::string digits = std::to_string(ordinal);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return "part-" + digits + extension;
}

std::string temporary_output_path(const std::string& path, const std::string& job) {
  const std::string target = without_slash(path);
  const std::string parent = directory_of(target);
  return (parent == "/" ? "" : parent) + "/." + name_of(target) + ".sinter-" + job + ".tmp";
}

Status check_output_path(FileSystem& files, const std::string& path, bool overwrite) {
  const std::string target = without_slash(path);
  if (!files.exists(target)) return {};
  SINTER_ASSIGN(const FileInfo info, files.info(target));
  if (info.is_directory != is_directory_path(path)) {
    return user_error("output '" + path + "' is " + (info.is_directory ? "a directory" : "a file") + " already")
        .with_hint(info.is_directory ? "End the path with '/' to write a directory of parts" : "Leave the '/' out to write a file");
  }
  if (overwrite) return info.is_directory ? check_only_parts(files, target) : Status();
  return user_error("output '" + path + "' exists").with_hint("Use --force to replace it, or choose another path");
}

Result<std::vector<PublishedFile>> publish_output(FileSystem& files, const OutputPublication& output) {
  OutputAssembly assembly(files, output);
  for (std::size_t i = 0; i < output.parts.size(); ++i) assembly.part_ready(i, output.parts[i]);
  return assembly.finish(output.parts.size());
}

}  // namespace sinter

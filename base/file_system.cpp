// Whole-file conveniences over any FileSystem. Any thread.
#include "base/file_system.hpp"

namespace sinter {
namespace {

Status write_all(FileSystem& files, const std::string& path, std::string_view bytes, bool durable) {
  SINTER_ASSIGN(auto file, files.create(path));
  SINTER_TRY(file->append(bytes));
  if (durable) SINTER_TRY(file->sync());
  return file->close();
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Status make_directories_durably(FileSystem& files, const std::string& path) {
  std::vector<std::string> parents;  // of directories that are missing, the innermost first
  for (std::string at = without_slash(path); !files.exists(at); at = parents.back()) {
    parents.push_back(directory_of(at));
    if (parents.back() == at) break;  // "." and "/" may be nobody's entry
  }
  SINTER_TRY(files.make_directories(path));
  for (const std::string& parent : parents) SINTER_TRY(files.sync_directory(parent));
  return {};
}

Result<std::string> read_file(FileSystem& files, const std::string& path, std::uint64_t limit_bytes) {
  SINTER_ASSIGN(const auto file, files.open(path));
  const std::uint64_t size = file->size_bytes();
  if (size > limit_bytes)
    return user_error("'" + path + "' has " + std::to_string(size) + " bytes; at most " + std::to_string(limit_bytes) +
                      " are read at once here");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  SINTER_ASSIGN(const std::size_t got, file->read_at(0, bytes.data(), bytes.size()));
  bytes.resize(got);
  return bytes;
}

Status write_file(FileSystem& files, const std::string& path, std::string_view bytes) {
  return write_all(files, path, bytes, /*durable=*/false);
}

Status write_file_synced(FileSystem& files, const std::string& path, std::string_view bytes) {
  return write_all(files, path, bytes, /*durable=*/true);
}

Status write_file_atomically(FileSystem& files, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  if (Status written = write_file_synced(files, temporary, bytes); !written.ok()) {
    (void)files.remove(temporary);  // best effort: the error that matters is the one we return
    return written;
  }
  if (Status renamed = files.rename(temporary, path); !renamed.ok()) {
    (void)files.remove(temporary);
    return renamed;
  }
  return files.sync_directory(directory_of(path));
}

}  // namespace sinter

// Copy, sync, rename. One thread per output.
#include "framework/io/committed_output.hpp"

#include <algorithm>
#include <memory>

#include "base/checksum_stream.hpp"

namespace sinter {

namespace {

constexpr std::size_t kCopyBytes = 1024 * 1024;

bool is_directory_path(const std::string& path) { return path.ends_with('/'); }

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Writes one output file and remembers its size and checksum.
class FileBuilder {
 public:
  static Result<FileBuilder> create(FileSystem& files, const std::string& path) {
    SINTER_ASSIGN(auto file, files.create(path));
    return FileBuilder(std::move(file));
  }
  Status append(std::string_view bytes) {
    checksum_->append(bytes);
    size_bytes_ += bytes.size();
    return file_->append(bytes);
  }
  Status append_file(FileSystem& files, const std::string& path, char* buffer) {
    SINTER_ASSIGN(auto part, files.open(path));
    const std::uint64_t size = part->size_bytes();
    for (std::uint64_t at = 0; at < size;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kCopyBytes, size - at));
      SINTER_ASSIGN(const std::size_t got, part->read_at(at, buffer, wanted));
      if (got == 0) return environment_error("part '" + path + "' became shorter while it was published");
      SINTER_TRY(append({buffer, got}));
      at += got;
    }
    return {};
  }
  Result<PublishedFile> finish(std::string final_path) {
    SINTER_TRY(file_->sync());
    SINTER_TRY(file_->close());
    return PublishedFile{std::move(final_path), size_bytes_, checksum_->value()};
  }

 private:
  explicit FileBuilder(std::unique_ptr<WritableFile> file) : file_(std::move(file)), checksum_(std::make_unique<ChecksumStream>()) {}
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<ChecksumStream> checksum_;
  std::uint64_t size_bytes_ = 0;
};

std::string part_name(std::size_t ordinal, const std::string& extension) {
  std::string digits = std::to_string(ordinal);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return "part-" + digits + extension;
}

Result<std::vector<PublishedFile>> build_file(FileSystem& files, const OutputPublication& output, const std::string& temporary) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kCopyBytes);
  SINTER_ASSIGN(FileBuilder file, FileBuilder::create(files, temporary));
  SINTER_TRY(file.append(output.header));
  for (const std::string& part : output.parts) SINTER_TRY(file.append_file(files, part, buffer.get()));
  SINTER_ASSIGN(PublishedFile published, file.finish(output.path));
  return std::vector<PublishedFile>{std::move(published)};
}

Result<std::vector<PublishedFile>> build_directory(FileSystem& files, const OutputPublication& output, const std::string& temporary) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kCopyBytes);
  SINTER_TRY(files.make_directories(temporary));
  std::vector<PublishedFile> published;
  // Without results there is still one part, so that the header tells the columns.
  const std::size_t count = std::max<std::size_t>(output.parts.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = part_name(i, output.part_extension);
    SINTER_ASSIGN(FileBuilder file, FileBuilder::create(files, temporary + "/" + name));
    SINTER_TRY(file.append(output.header));
    if (i < output.parts.size()) SINTER_TRY(file.append_file(files, output.parts[i], buffer.get()));
    SINTER_ASSIGN(PublishedFile one, file.finish(without_slash(output.path) + "/" + name));
    published.push_back(std::move(one));
  }
  SINTER_TRY(files.sync_directory(temporary));
  return published;
}

/// Puts what was built into its place; the old output comes back when that fails.
Status move_into_place(FileSystem& files, const OutputPublication& output, const std::string& temporary) {
  const std::string target = without_slash(output.path);
  SINTER_TRY(check_output_path(files, output.path, output.overwrite));
  const std::string old = temporary + ".old";
  const bool replaces_directory = is_directory_path(output.path) && files.exists(target);
  if (replaces_directory) {
    SINTER_TRY(files.remove_all(old));
    SINTER_TRY(files.rename(target, old));
  }
  Status renamed = files.rename(temporary, target);
  if (!renamed.ok()) {
    if (replaces_directory) SINTER_TRY(files.rename(old, target));
    return renamed;
  }
  Status synced = files.sync_directory(parent_of(target));
  if (replaces_directory) {
    Status removed = files.remove_all(old);
    if (synced.ok()) return removed;
  }
  return synced;
}

/// Says early what would fail late.
Status check_room(FileSystem& files, const OutputPublication& output, const std::string& directory) {
  std::uint64_t needed = output.header.size() * std::max<std::size_t>(is_directory_path(output.path) ? output.parts.size() : 1, 1);
  for (const std::string& part : output.parts) {
    SINTER_ASSIGN(const FileInfo info, files.info(part));
    needed += info.size_bytes;
  }
  SINTER_ASSIGN(const std::uint64_t free, files.free_bytes(directory));
  if (needed <= free) return {};
  return environment_error("the disk that holds '" + directory + "' has " + std::to_string(free) + " bytes free, and '" + output.path +
                           "' needs " + std::to_string(needed))
      .with_hint("Make room, or write the output elsewhere");
}

}  // namespace

std::string temporary_output_path(const std::string& path, const std::string& job) {
  const std::string target = without_slash(path);
  const std::string parent = parent_of(target);
  return (parent == "/" ? "" : parent) + "/." + name_of(target) + ".sinter-" + job + ".tmp";
}

/// Replacing a directory removes what is in it: only what a job has written may go.
Status check_only_parts(FileSystem& files, const std::string& directory) {
  SINTER_ASSIGN(const std::vector<std::string> names, files.list(directory));
  for (const std::string& name : names) {
    if (name.starts_with("part-") || name == "_SUCCESS.json") continue;
    return user_error("output '" + directory + "/' holds '" + name + "', which no job has written")
        .with_hint("Nothing was removed: choose another output, or move the file away");
  }
  return {};
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
  const std::string target = without_slash(output.path);
  const std::string directory = parent_of(target);
  const std::string temporary = temporary_output_path(output.path, output.job);
  SINTER_TRY(check_output_path(files, output.path, output.overwrite));
  SINTER_TRY(files.make_directories(directory));
  SINTER_TRY(files.remove_all(temporary));
  SINTER_TRY(check_room(files, output, directory));
  auto built = is_directory_path(output.path) ? build_directory(files, output, temporary) : build_file(files, output, temporary);
  Status done = built.ok() ? move_into_place(files, output, temporary) : Status(std::move(built).error());
  if (done.ok()) return built;
  std::string context = "publishing '" + output.path + "'";
  if (const auto free = files.free_bytes(directory); free.ok()) context += " (its disk has " + std::to_string(*free) + " bytes free)";
  const Status removed = files.remove_all(temporary);
  if (!removed.ok()) context += "; '" + temporary + "' could not be removed: " + removed.error().message();
  return std::move(done).error().with_context(std::move(context));
}

}  // namespace sinter

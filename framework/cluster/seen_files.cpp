// Looking for files. One thread.
#include "framework/cluster/seen_files.hpp"

#include <unistd.h>

#include <set>

#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

std::string first_unseen(FileSystem& files, const std::vector<SeenFile>& wanted) {
  for (const SeenFile& file : wanted) {
    const auto info = files.info(file.path);
    const bool seen = info.ok() && info->is_regular && info->size_bytes == file.size_bytes &&
                      (file.modified_ns == 0 || info->modified_ns == file.modified_ns);
    if (!seen) return file.path;
  }
  return {};
}

Result<FilesSeen> look_for_files(ClientConnection& tracker, FileSystem& files, const std::string& working_directory,
                                 const std::vector<std::string>& inputs, const std::string& output) {
  LookForFiles look;
  std::set<std::string> directories;
  for (const std::string& input : inputs) {
    const std::string path = whole_path(working_directory, input);
    if (look.files.size() + 1 >= kMaxSeenFiles || !directories.insert(directory_of(path)).second) continue;
    SINTER_ASSIGN(const FileInfo info, files.info(path));
    look.files.push_back({path, info.size_bytes, info.modified_ns, true});
  }
  std::string place = directory_of(without_slash(whole_path(working_directory, output)));
  while (place != "/" && !files.exists(place)) place = directory_of(place);
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = 0;
  const std::string probe = place + "/.sinter-look-" + host + "-" + std::to_string(::getpid());
  // Where this user cannot write, the tracker says better why it cannot either.
  const bool made = write_file(files, probe, "?").ok();
  if (made) look.files.push_back({probe, 1, 0, false});
  Result<FilesSeen> seen = tracker.ask<FilesSeen>(look);
  if (made) SINTER_TRY(files.remove(probe));
  return seen;
}

}  // namespace sinter::cluster

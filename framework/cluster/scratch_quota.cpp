// ScratchQuota by counting: jobs' files come and go, and nobody else knows all of them. Any thread.
#include "framework/cluster/scratch_quota.hpp"

#include "base/parse_size.hpp"

namespace sinter::cluster {

std::uint64_t bytes_below(FileSystem& files, const std::string& directory) {
  const Result<std::vector<std::string>> names = files.list(directory);
  if (!names.ok()) return 0;
  std::uint64_t bytes = 0;
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    const Result<FileInfo> info = files.info(path);
    if (!info.ok()) continue;
    if (info->is_directory) bytes += bytes_below(files, path);
    else if (info->is_regular) bytes += info->size_bytes;
  }
  return bytes;
}

ScratchQuota::ScratchQuota(FileSystem& files, const Clock& clock, std::string node, std::string directory, std::uint64_t limit_bytes)
    : files_(files), clock_(clock), node_(std::move(node)), directory_(std::move(directory)), limit_bytes_(limit_bytes) {}

Status ScratchQuota::room() {
  const std::lock_guard lock(mutex_);
  const SteadyMs now = clock_.now_ms();
  if (!measured_ || now >= measured_ms_ + kScratchLookMs) {
    measured_ = measure();
    measured_ms_ = now;
  }
  return *measured_;
}

Status ScratchQuota::measure() const {
  const std::string begin = "the node '" + node_ + "' has no room for another task: ";
  if (limit_bytes_ > 0) {
    if (const std::uint64_t used = bytes_below(files_, directory_); used >= limit_bytes_)
      return environment_error(begin + "its jobs' files take " + format_size(used) + ", and --scratch-limit is " +
                               format_size(limit_bytes_))
          .with_hint("Give it more with --scratch-limit, or more nodes to the cluster");
  }
  const Result<std::uint64_t> free = files_.free_bytes(directory_);
  // Who cannot be asked may have room: writing will tell.
  if (!free.ok() || *free >= kScratchHeadroomBytes) return {};
  return environment_error(begin + "the disk of '" + directory_ + "' has " + format_size(*free) + " left, and " +
                           format_size(kScratchHeadroomBytes) + " stay free (kScratchHeadroomBytes)")
      .with_hint("Make room there, or start the node with --scratch on another disk");
}

}  // namespace sinter::cluster

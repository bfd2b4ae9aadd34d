// ServedFiles: opening, versions, closing what is old. One thread.
#include "shuffle/exchange/served_files.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"

namespace sinter {

ServedFiles::ServedFiles(FileSystem& files, ResolveExchangeName resolve, std::size_t max_open, SteadyMs reuse_ms)
    : files_(&files), resolve_(std::move(resolve)), max_open_(max_open), reuse_ms_(reuse_ms) {
  require(max_open_ > 0, "an exchange server has room for an open file");
}

Result<const ServedFile*> ServedFiles::find(const std::string& name, SteadyMs now_ms) {
  auto at = open_.find(name);
  if (at != open_.end() && now_ms - at->second.opened_ms >= reuse_ms_) {
    open_.erase(at);
    at = open_.end();
  }
  if (at == open_.end()) {
    SINTER_ASSIGN(ServedFile opened, open(name, now_ms));
    make_room();
    at = open_.emplace(name, std::move(opened)).first;
  }
  at->second.last_use = ++uses_;
  return &at->second;
}

Result<ServedFile> ServedFiles::open(const std::string& name, SteadyMs now_ms) {
  ServedFile served;
  SINTER_ASSIGN(served.path, resolve_(name));
  // Looked at before it is opened: a pipe must not be opened at all.
  SINTER_ASSIGN(const FileInfo info, files_->info(served.path));
  if (!info.is_regular) return user_error("'" + served.path + "' is not a regular file and not served");
  SINTER_ASSIGN(served.file, files_->open(served.path));
  served.version = split_mix64(info.size_bytes ^ split_mix64(static_cast<std::uint64_t>(info.modified_ns))) | 1;
  served.opened_ms = now_ms;
  return served;
}

void ServedFiles::make_room() {
  if (open_.size() < max_open_) return;
  open_.erase(std::min_element(open_.begin(), open_.end(),
                               [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; }));
}

void ServedFiles::close_old(SteadyMs now_ms) {
  std::erase_if(open_, [&](const auto& entry) { return now_ms - entry.second.opened_ms >= reuse_ms_; });
}

}  // namespace sinter

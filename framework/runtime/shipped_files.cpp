// ShippedFiles: which of three places a path means. Any thread.
#include "framework/runtime/shipped_files.hpp"

#include <algorithm>
#include <set>

#include "framework/runtime/placed_files.hpp"
#include "framework/runtime/sealed_bytes.hpp"
#include "framework/runtime/wire_archive.hpp"

namespace sinter {
namespace {

constexpr std::string_view kMagic = "SNTRSHP1";
constexpr std::uint64_t kMaxShippedInputsBytes = 64u << 20;
/// In place of "..".
constexpr std::string_view kUp = "%2E%2E";

/// Whether a step of the path leads out of where it seems to be.
bool climbs(const std::string& whole) { return whole.find("/../") != std::string::npos || whole.ends_with("/.."); }

Error not_there(const std::string& path) {
  return user_error("'" + path + "' is not among the files that the client has sent, and the job sees no others");
}

}  // namespace

std::string served_blob(const std::string& hash) { return "in/" + hash; }

Status write_shipped_inputs(FileSystem& files, const JobLayout& layout, const ShippedInputs& inputs) {
  return write_file(files, layout.shipped_inputs(), seal_bytes(kMagic, encode(inputs)));
}

Result<ShippedInputs> read_shipped_inputs(FileSystem& files, const JobLayout& layout) {
  const std::string path = layout.shipped_inputs();
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxShippedInputsBytes));
  SINTER_ASSIGN(const std::string_view body, unseal_bytes(kMagic, bytes, "list of sent files", path));
  return decode<ShippedInputs>(body, "'" + path + "'");
}

std::string whole_path(const std::string& working_directory, const std::string& path) {
  const std::string from = path.starts_with('/') ? path : working_directory + "/" + path;
  std::string whole;
  for (std::size_t begin = 0; begin < from.size();) {
    const std::size_t end = std::min(from.find('/', begin), from.size());
    const std::string_view step = std::string_view(from).substr(begin, end - begin);
    if (!step.empty() && step != ".") whole.append("/").append(step);
    begin = end + 1;
  }
  return whole.empty() ? "/" : whole;
}

std::string confined_path(std::string whole) {
  for (std::size_t at = whole.find("/.."); at != std::string::npos; at = whole.find("/..", at + 1))
    if (at + 3 == whole.size() || whole[at + 3] == '/') whole.replace(at + 1, 2, kUp);
  return whole;
}

ShippedFiles::ShippedFiles(Options options, const std::vector<ShippedFile>& shipped) : options_(std::move(options)) {
  for (const ShippedFile& file : shipped) shipped_.emplace(whole(file.path), file);
}

bool ShippedFiles::is_own(const std::string& whole) const {
  return !climbs(whole) && (whole == options_.own_directory || is_below(whole, options_.own_directory));
}

std::string ShippedFiles::written(const std::string& path) const {
  const std::string there = whole(path);
  return is_own(there) ? there : options_.output_directory + confined_path(there);
}

const ShippedFile* ShippedFiles::find(const std::string& whole) const {
  const auto found = shipped_.find(whole);
  return found == shipped_.end() ? nullptr : &found->second;
}

bool ShippedFiles::is_shipped_directory(const std::string& whole) const {
  const auto next = shipped_.lower_bound(whole == "/" ? whole : whole + "/");
  return next != shipped_.end() && is_below(next->first, whole);
}

Result<std::unique_ptr<ReadableFile>> ShippedFiles::open(const std::string& path) {
  const std::string there = whole(path);
  if (is_own(there) || options_.files.exists(written(path))) return options_.files.open(written(path));
  const ShippedFile* shipped = find(there);
  if (shipped == nullptr) return not_there(path);
  Result<std::unique_ptr<ReadableFile>> file = options_.open(*shipped);
  if (!file.ok()) return std::move(file).with_context("while opening '" + path + "', which the client has sent");
  if ((*file)->size_bytes() != shipped->size_bytes)
    return environment_error("'" + path + "' was sent with " + std::to_string(shipped->size_bytes) + " bytes and has " +
                             std::to_string((*file)->size_bytes()) + " now");
  return file;
}

Result<std::unique_ptr<WritableFile>> ShippedFiles::create(const std::string& path) {
  const std::string to = written(path);
  if (!is_own(whole(path))) SINTER_TRY(options_.files.make_directories(directory_of(to)));
  return options_.files.create(to);
}

Result<FileInfo> ShippedFiles::info(const std::string& path) {
  const std::string there = whole(path);
  if (is_own(there) || options_.files.exists(written(path))) return options_.files.info(written(path));
  // The same time everywhere: what has this hash never changes.
  if (const ShippedFile* shipped = find(there)) return FileInfo{shipped->size_bytes, false, true, 0};
  if (is_shipped_directory(there)) return FileInfo{0, true, false, 0};
  return not_there(path);
}

bool ShippedFiles::exists(const std::string& path) {
  const std::string there = whole(path);
  return options_.files.exists(written(path)) || (!is_own(there) && (find(there) != nullptr || is_shipped_directory(there)));
}

Result<std::vector<std::string>> ShippedFiles::list(const std::string& directory) {
  const std::string there = whole(directory);
  if (is_own(there)) return options_.files.list(there);
  std::set<std::string> names;
  const std::string prefix = there == "/" ? there : there + "/";
  for (auto entry = shipped_.lower_bound(prefix); entry != shipped_.end() && entry->first.starts_with(prefix); ++entry) {
    const std::string rest = entry->first.substr(prefix.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  if (names.empty() || options_.files.exists(written(directory))) {
    SINTER_ASSIGN(const std::vector<std::string> own, options_.files.list(written(directory)));
    names.insert(own.begin(), own.end());
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Status ShippedFiles::make_directories(const std::string& path) { return options_.files.make_directories(written(path)); }

Status ShippedFiles::rename(const std::string& from, const std::string& to) { return options_.files.rename(written(from), written(to)); }

Status ShippedFiles::remove(const std::string& path) { return options_.files.remove(written(path)); }

Status ShippedFiles::remove_all(const std::string& path) { return options_.files.remove_all(written(path)); }

Status ShippedFiles::sync_directory(const std::string& directory) { return options_.files.sync_directory(written(directory)); }

Result<std::uint64_t> ShippedFiles::free_bytes(const std::string&) { return options_.files.free_bytes(options_.own_directory); }

}  // namespace sinter

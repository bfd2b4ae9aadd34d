// Journal: batches with a checksum each. Only the last one can be torn, because the next is written when it is durable.
#include "framework/runtime/journal.hpp"

#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace sinter {
namespace {

constexpr std::string_view kMagic = "SNTRJRN1";
constexpr std::size_t kHeadBytes = 16;  // size and checksum of a batch

std::string framed(std::string_view batch) {
  std::string bytes;
  append_fixed(bytes, std::uint64_t{batch.size()});
  append_fixed(bytes, checksum64(batch));
  bytes += batch;
  return bytes;
}

/// The batch that starts at `at`; nothing: there is no whole one.
std::optional<std::string_view> batch_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() - at < kHeadBytes) return std::nullopt;
  const auto size = load_fixed<std::uint64_t>(bytes.data() + at);
  if (size == 0 || size > bytes.size() - at - kHeadBytes) return std::nullopt;
  const std::string_view batch = bytes.substr(at + kHeadBytes, size);
  if (checksum64(batch) != load_fixed<std::uint64_t>(bytes.data() + at + 8)) return std::nullopt;
  return batch;
}

Status take_records(std::string_view batch, const std::string& path, std::vector<std::string>& records) {
  ByteReader reader(batch);
  while (!reader.at_end()) {
    std::string_view record;
    if (!reader.read_sized(record)) return internal_error("journal '" + path + "' has a batch that was not written by a journal");
    records.emplace_back(record);
  }
  return {};
}

/// What a crash leaves of one that was never synced.
bool was_never_synced(std::string_view bytes) {
  return bytes.size() <= kMagic.size() && (kMagic.starts_with(bytes) || bytes.find_first_not_of('\0') == std::string_view::npos);
}

/// Records of all whole batches. A torn one at the end was never durable.
Status read_records(FileSystem& files, const std::string& path, std::vector<std::string>& records) {
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxJournalBytes));
  if (was_never_synced(bytes)) return {};
  if (!std::string_view(bytes).starts_with(kMagic)) return internal_error("'" + path + "' is no journal of this version");
  std::size_t at = kMagic.size();
  while (const auto batch = batch_at(bytes, at)) {
    SINTER_TRY(take_records(*batch, path, records));
    at += kHeadBytes + batch->size();
  }
  // A whole batch behind a broken one was written when that one was durable: then it is not torn, but damaged.
  for (std::size_t later = at + 1; later + kHeadBytes < bytes.size(); ++later)
    if (batch_at(bytes, later))
      return internal_error("journal '" + path + "' is damaged at byte " + std::to_string(at) + ", and goes on behind it");
  return {};
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(FileSystem& files, const std::string& path, std::vector<std::string>& records) {
  records.clear();
  if (files.exists(path)) SINTER_TRY(read_records(files, path, records));
  const std::string fresh = records.empty() ? path : path + ".new";
  SINTER_ASSIGN(std::unique_ptr<WritableFile> file, files.create(fresh));
  SINTER_TRY(file->append(kMagic));
  std::unique_ptr<Journal> journal(new Journal(files, directory_of(path), std::move(file)));
  if (records.empty()) return journal;
  for (const std::string& record : records) journal->append(record);
  journal->is_named_ = true;  // it gets its name when it is durable
  SINTER_TRY(journal->sync());
  SINTER_TRY(files.rename(fresh, path));
  SINTER_TRY(files.sync_directory(journal->directory_));
  return journal;
}

void Journal::append(std::string_view record) { append_sized(batch_, record); }

Status Journal::sync() {
  if (broken_) return environment_error("the journal could not be written before, so nothing is known of what it holds", false);
  if (batch_.empty()) return {};
  broken_ = true;
  SINTER_TRY(file_->append(framed(batch_)));
  SINTER_TRY(file_->sync());
  if (!is_named_) SINTER_TRY(files_.sync_directory(directory_));
  is_named_ = true;
  batch_.clear();
  broken_ = false;
  return {};
}

}  // namespace sinter

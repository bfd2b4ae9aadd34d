// Sending files: offered, wanted, sent within a window, told to have arrived. One thread.
#include "framework/cluster/sent_files.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "base/net/content_hash.hpp"
#include "framework/cluster/file_messages.hpp"
#include "framework/control/events.hpp"

namespace sinter::cluster {
namespace {

constexpr std::size_t kReadBytes = 1u << 20;
/// Pieces in one message: small files travel together.
constexpr std::size_t kMaxPieces = 1'000;

Error cancelled() { return environment_error(std::string(kCancelledMessage), false); }

Error changed(const std::string& path) {
  return user_error("'" + path + "' changed while it was sent to the tracker")
      .with_hint("Run the job again when nobody writes to its inputs");
}

/// One life of the connection: what the tracker lacks, in order.
class Upload {
 public:
  Upload(ClientConnection& tracker, FileSystem& files, const std::vector<ShippedFile>& shipped, SentFiles& sent)
      : tracker_(tracker), files_(files), sent_(sent) {
    for (const ShippedFile& file : shipped) by_hash_.emplace(file.hash, &file);
  }

  /// False: the tracker went away and came back, so it must be asked anew.
  Result<bool> run(std::uint64_t upload) {
    OfferFiles offer;
    offer.upload = upload;
    for (const auto& [hash, file] : by_hash_) offer.files.push_back({hash, file->size_bytes});
    SINTER_ASSIGN(WantFiles want, tracker_.ask<WantFiles>(offer));
    meeting_ = tracker_.meetings();
    for (const LackingFile& one : want.files) {
      const auto found = by_hash_.find(one.hash);
      if (found == by_hash_.end() || one.have_bytes > found->second->size_bytes)
        return internal_error("the tracker wants a file that was not offered");
      SINTER_TRY(begin(*found->second, one.have_bytes));
    }
    SINTER_TRY(flush());
    while (under_way_ > 0 && !lost()) SINTER_TRY(wait());
    return !lost();
  }

 private:
  /// Another life of the tracker knows nothing of what was under way.
  bool lost() const { return tracker_.meetings() != meeting_; }

  Status begin(const ShippedFile& file, std::uint64_t from) {
    SINTER_ASSIGN(const std::unique_ptr<ReadableFile> source, files_.open(file.path));
    if (source->size_bytes() != file.size_bytes) return changed(file.path);
    // At least one piece, of an empty file too.
    for (std::uint64_t at = from; !lost();) {
      FilePiece piece{file.hash, at, std::string(std::min<std::uint64_t>(kReadBytes - filled_, file.size_bytes - at), '\0')};
      SINTER_ASSIGN(const std::size_t got, source->read_at(at, piece.bytes.data(), piece.bytes.size()));
      if (got != piece.bytes.size()) return changed(file.path);
      at += got;
      filled_ += got;
      next_.pieces.push_back(std::move(piece));
      if (filled_ == kReadBytes || next_.pieces.size() == kMaxPieces) SINTER_TRY(flush());
      if (at == file.size_bytes) return {};
    }
    return {};
  }

  Status flush() {
    if (next_.pieces.empty()) return {};
    while (under_way_ > 0 && under_way_ + filled_ > kPutWindowBytes && !lost()) SINTER_TRY(wait());
    if (lost()) return {};
    SINTER_TRY(tracker_.tell(next_));
    under_way_ += filled_ + kMessageItself;
    sent_.sent_bytes += filled_;
    next_.pieces.clear();
    filled_ = 0;
    return {};
  }

  Status wait() {
    if (tracker_.is_cancelled()) return cancelled();
    SINTER_ASSIGN(const std::optional<net::Message> message, tracker_.hear(kCancelLookMs));
    if (!message || message->kind != static_cast<std::uint16_t>(Kind::TookBytes)) return {};
    SINTER_ASSIGN(const TookBytes took, unpack<TookBytes>(*message));
    under_way_ -= std::min(under_way_, took.bytes + kMessageItself);
    if (took.spoiled.empty()) return {};
    const auto found = by_hash_.find(took.spoiled.front());
    return found == by_hash_.end() ? internal_error("the tracker names a file that was not sent") : changed(found->second->path);
  }

  /// So that messages of empty files count as well.
  static constexpr std::uint64_t kMessageItself = 1;

  ClientConnection& tracker_;
  FileSystem& files_;
  SentFiles& sent_;
  std::map<std::string, const ShippedFile*> by_hash_;
  PutBytes next_;
  std::uint64_t filled_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t meeting_ = 0;
};

Result<std::string> hash_file(FileSystem& files, const std::string& path, ClientConnection& tracker) {
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, files.open(path));
  net::ContentHasher hasher;
  std::string piece(std::clamp<std::uint64_t>(file->size_bytes(), 1, kReadBytes), '\0');
  for (std::uint64_t at = 0;;) {
    if (tracker.is_cancelled()) return cancelled();
    SINTER_TRY(tracker.hear(0));
    SINTER_ASSIGN(const std::size_t got, file->read_at(at, piece.data(), piece.size()));
    if (got == 0) return hasher.text();
    hasher.append({piece.data(), got});
    at += got;
  }
}

}  // namespace

Result<std::vector<ShippedFile>> hash_files(FileSystem& files, const std::string& working_directory, const std::vector<std::string>& paths,
                                            ClientConnection& tracker) {
  std::map<std::string, ShippedFile> known;
  for (const std::string& path : paths) {
    const std::string whole = whole_path(working_directory, path);
    if (known.contains(whole)) continue;
    SINTER_ASSIGN(const FileInfo before, files.info(whole));
    SINTER_ASSIGN(std::string hash, hash_file(files, whole, tracker));
    SINTER_ASSIGN(const FileInfo after, files.info(whole));
    if (before.size_bytes != after.size_bytes || before.modified_ns != after.modified_ns) return changed(path);
    known.emplace(whole, ShippedFile{whole, before.size_bytes, std::move(hash)});
  }
  std::vector<ShippedFile> shipped;
  for (auto& [whole, file] : known) shipped.push_back(std::move(file));
  return shipped;
}

Result<std::vector<ShippedFile>> hash_code(FileSystem& files, const std::string& working_directory, const std::vector<CodeFile>& brought,
                                           std::vector<ShippedFile>& code, ClientConnection& tracker) {
  std::vector<ShippedFile> sending;
  std::uint64_t bytes = 0;
  for (const CodeFile& file : brought) {
    SINTER_ASSIGN(std::vector<ShippedFile> hashed, hash_files(files, working_directory, {file.path}, tracker));
    sending.push_back(std::move(hashed.front()));
    code.push_back({file.name, sending.back().size_bytes, sending.back().hash});
    bytes += sending.back().size_bytes;
  }
  if (bytes <= kMaxCodeBytes && brought.size() <= kMaxCodeFiles) return sending;
  return user_error("the job brings " + std::to_string(brought.size()) + " files of native code with " + std::to_string(bytes) +
                    " bytes, and may bring " + std::to_string(kMaxCodeFiles) + " (kMaxCodeFiles) with " + std::to_string(kMaxCodeBytes) +
                    " (kMaxCodeBytes)")
      .with_hint("`strip` makes programs smaller");
}

Status send_files(ClientConnection& tracker, FileSystem& files, std::uint64_t upload, const std::vector<ShippedFile>& shipped,
                  SentFiles& sent) {
  sent.files = shipped.size();
  for (const ShippedFile& file : shipped) sent.bytes += file.size_bytes;
  while (true) {
    SINTER_ASSIGN(const bool whole, Upload(tracker, files, shipped, sent).run(upload));
    if (whole) return {};
  }
}

}  // namespace sinter::cluster

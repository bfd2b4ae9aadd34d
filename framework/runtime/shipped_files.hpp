// ShippedFiles: a FileSystem as a job sees it whose files only its client has: the files that the client sent, under the client's names; a
// directory of ours for what the job writes; and its scratch. Nothing else of this host is there. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "framework/runtime/job_layout.hpp"

namespace sinter {

/// A file that a client sent along: its whole path there, and its content.
struct ShippedFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::string hash;  // see ContentHasher

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & path & size_bytes & hash; }
};

/// What a worker needs to read them.
struct ShippedInputs {
  std::string host;            // of the tracker, see ResultsAt
  std::string blob_directory;  // there: a file for each hash
  std::string endpoint;        // of its exchange, where they are called served_blob()
  std::string endpoint_key;    // public_key_text()
  std::vector<ShippedFile> files;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & host & blob_directory & endpoint & endpoint_key & files; }
};

/// What the tracker's exchange calls a file behind the job's key.
std::string served_blob(const std::string& hash);

/// In a job's scratch directory; errors name the path.
Status write_shipped_inputs(FileSystem& files, const JobLayout& layout, const ShippedInputs& inputs);
Result<ShippedInputs> read_shipped_inputs(FileSystem& files, const JobLayout& layout);

/// `path` from the root, without empty steps, "." and a slash at the end. ".." stays: what it means is the client's file system's to say.
std::string whole_path(const std::string& working_directory, const std::string& path);

/// The same without "..": the name of a path below a directory that it does not leave.
std::string confined_path(std::string whole);

using ShippedOpener = std::function<Result<std::unique_ptr<ReadableFile>>(const ShippedFile&)>;

class ShippedFiles final : public FileSystem {
 public:
  struct Options {
    FileSystem& files;              // of this host; outlives us
    std::string own_directory;      // with all below it passed through: the job's scratch
    std::string output_directory;   // below it: what is written elsewhere lies here, under its whole path
    std::string working_directory;  // of the client: relative paths start there
    ShippedOpener open;
  };
  ShippedFiles(Options options, const std::vector<ShippedFile>& shipped);

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;
  /// Nobody else writes here.
  bool is_shared() const override { return false; }

 private:
  bool is_own(const std::string& whole) const;
  std::string whole(const std::string& path) const { return whole_path(options_.working_directory, path); }
  /// Where the path lies on this host when the job wrote it, or when it is its own.
  std::string written(const std::string& path) const;
  bool is_shipped_directory(const std::string& whole) const;
  const ShippedFile* find(const std::string& whole) const;

  const Options options_;
  std::map<std::string, ShippedFile> shipped_;  // by whole path
};

}  // namespace sinter

// Sending a job's files to the tracker: those that it lacks, piece by piece, also when it goes away in between. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "framework/cluster/client_connection.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// What was sent, for people.
struct SentFiles {
  std::uint64_t files = 0;       // of the job
  std::uint64_t bytes = 0;
  std::uint64_t sent_bytes = 0;  // the tracker had the others
};

/// Reads the files for their hashes, and keeps the connection alive meanwhile. Relative paths start in `working_directory`. Errors: a file
/// that cannot be read, or that changes meanwhile (the user's), cancelled.
Result<std::vector<ShippedFile>> hash_files(FileSystem& files, const std::string& working_directory, const std::vector<std::string>& paths,
                                            ClientConnection& tracker);

/// A file of native code: its name among the job's, and where it lies here.
struct CodeFile {
  std::string name;
  std::string path;
};
/// The same for a job's code: what is to be sent, and in `code` what the job is to say of it. Errors also: more than a job may bring (the
/// user's, named).
Result<std::vector<ShippedFile>> hash_code(FileSystem& files, const std::string& working_directory, const std::vector<CodeFile>& brought,
                                           std::vector<ShippedFile>& code, ClientConnection& tracker);

/// The tracker has all of them when this returns, and keeps them while the connection lasts. `upload`: see OfferFiles. Errors: the
/// tracker's quota, a file that changed since it was hashed (the user's), cancelled, the tracker is gone for long.
Status send_files(ClientConnection& tracker, FileSystem& files, std::uint64_t upload, const std::vector<ShippedFile>& shipped,
                  SentFiles& sent);

}  // namespace sinter::cluster

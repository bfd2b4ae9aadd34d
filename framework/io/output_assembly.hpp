// OutputAssembly: joins part files into one output while later parts are still being made, so that copying and syncing cost no time of
// their own at the end of a job. Owned by the one process that commits a job; part_ready() may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/io/committed_output.hpp"

namespace sinter {

/// Appended bytes after which syncing begins: the disk writes while processors work, and little is left for the end.
inline constexpr std::uint64_t kStartSyncEveryBytes = 8u << 20;

class OutputAssembly {
 public:
  /// Nothing is touched before the first part or finish(). `output.parts` is not read.
  OutputAssembly(FileSystem& files, OutputPublication output);
  /// Without finish(): removes what was built.
  ~OutputAssembly();
  OutputAssembly(const OutputAssembly&) = delete;
  OutputAssembly& operator=(const OutputAssembly&) = delete;

  /// Part `rest` comes right behind part `ordinal` and not behind the one before it by number. Before either is ready. Requires: `rest` is
  /// behind all parts there were so far.
  void part_behind(std::size_t ordinal, std::size_t rest);
  /// Part `ordinal` lies whole at `path`. Each ordinal once, in any order; they are joined in ascending order, but for those that
  /// part_behind() has placed, by a thread of our own.
  void part_ready(std::size_t ordinal, std::string path);

  /// Writes and syncs what belongs to the files, before any of them is in its place.
  using Companion = std::function<Status(const std::vector<PublishedFile>&)>;
  /// Waits for parts 0 to count - 1, syncs the output and renames it into its place. Requires: all of them are ready. Call once.
  /// With a companion, for an output of one file: that is written while the disk takes the file, so that both share a wait, and it is
  /// the caller that makes their names durable.
  /// Errors: as publish_output(), the companion's. Returns the files in order.
  Result<std::vector<PublishedFile>> finish(std::size_t count, const Companion& companion = {});

 private:
  class FileBuilder;

  void work();
  std::size_t follower_of(std::size_t ordinal) const;  // under mutex_
  Status join(std::size_t ordinal, const std::string& part);
  Status begin();
  Status begin_file(std::size_t ordinal);
  Status end_file(const Companion& companion = {});
  Status append_part(const std::string& part);
  Status check_room(std::uint64_t size_bytes);
  Status complete(const Companion& companion);
  Status move_into_place(bool syncs_directory);
  Error with_surroundings(Error error);

  FileSystem& files_;
  const OutputPublication output_;
  const bool is_directory_;
  const std::string target_;     // without '/' at the end
  const std::string directory_;  // that holds the target
  const std::string temporary_;
  // The joining thread's, and finish()'s behind it.
  std::unique_ptr<char[]> buffer_;
  std::unique_ptr<FileBuilder> file_;
  std::string final_path_;  // of file_
  std::vector<PublishedFile> published_;
  bool begun_ = false;
  bool finished_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, std::string> ready_;  // under mutex_
  std::map<std::size_t, std::size_t> behind_; // under mutex_: what follows a part, where that is not the next number
  std::size_t next_ = 0;                      // under mutex_: the part to be joined next
  std::size_t joined_ = 0;                    // under mutex_
  bool ending_ = false;                       // under mutex_
  Status status_;                             // under mutex_: of the first part that failed; later ones are not joined
  std::thread thread_;
};

}  // namespace sinter

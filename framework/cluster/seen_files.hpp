// Whether a cluster sees a client's files under the client's paths: then nothing needs to be sent. One thread.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "framework/cluster/client_connection.hpp"
#include "framework/cluster/file_messages.hpp"

namespace sinter::cluster {

/// The path of the first that this host does not have with this size and time; empty: it has all.
std::string first_unseen(FileSystem& files, const std::vector<SeenFile>& wanted);

/// Asks the tracker, and through it the nodes that are there now, for a file of each directory of the inputs, and the tracker for one that
/// is made for a moment where the output will be. Its `missing` is empty when they see everything. Relative paths start in
/// `working_directory`. Errors: a file that is not here, the tracker.
Result<FilesSeen> look_for_files(ClientConnection& tracker, FileSystem& files, const std::string& working_directory,
                                 const std::vector<std::string>& inputs, const std::string& output);

}  // namespace sinter::cluster

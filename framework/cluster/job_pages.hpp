// Status pages of one job. Stateless; called on the tracker's thread. Errors of the user's: the query.
#pragma once

#include <optional>
#include <string>

#include "framework/cluster/status_pages.hpp"
#include "framework/cluster/status_path.hpp"
#include "framework/io/json_writer.hpp"

namespace sinter::cluster {

/// Ends the array of a page's entries and the page: "next" is where the next one begins, or null for 0.
void end_page(JsonWriter& json, std::uint64_t next);
/// What every list says of a job, into an open object.
void write_members(JsonWriter& json, const RunLine& line);

Result<std::string> job_page(FileSystem& files, const JobFacts& job, const StatusPath& path);
/// Requires: the job runs.
Result<std::string> tasks_page(const JobFacts& job, const StatusPath& path);
Result<std::string> counters_page(FileSystem& files, const JobFacts& job, const StatusPath& path);
Result<std::string> history_page(FileSystem& files, const JobFacts& job, const StatusPath& path);
/// Which attempts have logs.
Result<std::string> logs_page(FileSystem& files, const JobFacts& job, const StatusPath& path);
/// Lines of one; nothing: there is none.
Result<std::optional<std::string>> log_page(FileSystem& files, const JobFacts& job, const StatusPath& path);

}  // namespace sinter::cluster

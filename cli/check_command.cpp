// `sinter check`: every mistake of a job file, and the files it names, without running it. One thread.
#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

/// Every requested column that a file lacks; CSV headers and the first JSON records are looked at, nothing else is read.
Status check_columns(FileSystem& files, const std::vector<InputDeclaration>& inputs, const std::vector<InputFile>& found) {
  std::string missing;
  for (const InputFile& file : found) {
    if (file.size_bytes == 0) continue;
    SINTER_ASSIGN(const std::vector<std::string> columns, read_columns(files, file));
    if (file.format.kind != FormatKind::Csv) continue;  // JSON records may differ from line to line
    for (const ColumnRequest& wanted : inputs[file.input].columns) {
      if (!wanted.required || std::find(columns.begin(), columns.end(), wanted.name) != columns.end()) continue;
      missing += (missing.empty() ? "" : "\n") + file.path + " has no column '" + wanted.name + "'";
      const std::vector<std::string_view> candidates(columns.begin(), columns.end());
      const std::string_view near = fusion::nearest(wanted.name, candidates);
      if (!near.empty()) missing += "; did you mean '" + std::string(near) + "'?";
    }
  }
  if (missing.empty()) return {};
  return user_error(missing).with_hint("name the column under 'columns:' of the source");
}

}  // namespace

int check_command(const JobArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  int code = kOk;
  const auto job = load_job_file(*files, arguments, console, code);
  if (job == nullptr) return code;
  const std::vector<InputDeclaration> inputs = fusion::fusion_inputs(*job);
  const auto found = expand_inputs(*files, inputs);
  if (!found.ok()) {
    console.error(found.error());
    return kBadJobFile;
  }
  if (const Status columns = check_columns(*files, inputs, *found); !columns.ok()) {
    console.error(columns.error());
    return kBadJobFile;
  }
  std::uint64_t bytes = 0;
  for (const InputFile& file : *found) bytes += file.size_bytes;
  if (console.json()) {
    JsonWriter json;
    json.begin_object().member("status", "ok").member("job", job->name).member("hash", job->hash);
    json.member("files", std::uint64_t{found->size()}).member("bytes", bytes).end_object();
    console.data(json.text() + "\n");
  } else {
    console.data("ok  " + job->name + ": " + std::to_string(job->sources.size()) + " sources, " + std::to_string(found->size()) +
                 " files, " + std::to_string(job->schema.size()) + " attributes\n");
  }
  return kOk;
}

}  // namespace sinter::cli

// `sinter check`: every mistake of a job file, and the files it names, without running it. One thread.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"

namespace sinter::cli {

int check_command(const JobArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  int code = kOk;
  const auto job = load_job_file(*files, arguments, console, code);
  if (job == nullptr) return code;
  const auto found = find_job_files(*files, *job, HeaderDepth::EveryFile, console);
  if (!found) return kBadJobFile;
  std::uint64_t bytes = 0;
  for (const InputFile& file : *found) bytes += file.size_bytes;
  if (console.json()) {
    JsonWriter json;
    json.begin_object().member("status", "ok").member("job", job->name).member("hash", job->hash);
    json.member("files", std::uint64_t{found->size()}).member("bytes", bytes).end_object();
    console.data(json.text() + "\n");
  } else {
    console.data("ok  " + job->name + ": " + counted(job->sources.size(), "source") + ", " + counted(found->size(), "file") + ", " +
                 counted(job->schema.size(), "attribute") + "\n");
  }
  return kOk;
}

}  // namespace sinter::cli

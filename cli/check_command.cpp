// `sinter check`: every mistake of a job file, and the files it names, without running it. One thread.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input_checks.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {

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
  for (const Status& checked : {check_columns(*files, inputs, *found), check_attributes(*files, *job, *found), check_gold(*files, *job),
                                check_output_is_no_input(*files, *job, *found)}) {
    if (checked.ok()) continue;
    console.error(checked.error());
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

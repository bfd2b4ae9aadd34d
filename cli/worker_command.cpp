// `sinter worker`: the other end of a tracker's socket. One thread.
#include "cli/commands.hpp"
#include "cli/plugin_code.hpp"
#include "framework/runtime/worker.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

/// Jobs with the plugins that lie in `code`; empty: where the job file says.
JobFactoryOver factory_with(const std::string& code) {
  return [code](FileSystem& files) -> JobFactory {
    return [&files, code](const JobPayload& payload) { return fusion::make_fusion_job(files, payload, load_plugins_of(files, code)); };
  };
}

}  // namespace

int worker_command(const WorkerArguments& arguments) {
  const auto files = make_posix_file_system();
  const JobFactoryOver factory = factory_with(arguments.code);
  return worker_main(arguments.endpoint, arguments.worker, factory(*files), factory, arguments.memory_group);
}

int standby_command(const WorkerArguments& arguments) {
  const auto files = make_posix_file_system();
  const JobFactoryOver factory = factory_with("");
  return standby_main(factory(*files), factory, arguments.memory_group);
}

}  // namespace sinter::cli

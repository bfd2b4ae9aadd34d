// `sinter worker`: the other end of a tracker's socket. One thread.
#include "cli/commands.hpp"
#include "cli/plugin_code.hpp"
#include "framework/runtime/worker.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {

int worker_command(const WorkerArguments& arguments) {
  const auto files = make_posix_file_system();
  const JobFactoryOver factory = [&arguments](FileSystem& of) -> JobFactory {
    return [&](const JobPayload& payload) { return fusion::make_fusion_job(of, payload, load_plugins_of(of, arguments.code)); };
  };
  return worker_main(arguments.endpoint, arguments.worker, factory(*files), factory, arguments.memory_group);
}

}  // namespace sinter::cli

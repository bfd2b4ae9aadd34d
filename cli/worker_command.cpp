// `sinter worker`: the other end of a tracker's socket. One thread.
#include "cli/commands.hpp"
#include "framework/runtime/worker.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {

int worker_command(const WorkerArguments& arguments) {
  const auto files = make_posix_file_system();
  const JobFactory factory = [&files](const JobPayload& payload) {
    return fusion::make_fusion_job(*files, payload, fusion::load_plugins(*files));
  };
  return worker_main(arguments.endpoint, arguments.worker, factory);
}

}  // namespace sinter::cli

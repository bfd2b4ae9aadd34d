// sinter_sort INPUT OUTPUT [--workers N] [--memory SIZE] [--force]: sorts lines bytewise. Its own worker. One thread.
#include "framework/api/job_main.hpp"
#include "jobs/sort/sort_job.hpp"

int main(int argc, char** argv) {
  const auto make_job = [](const std::vector<std::string>& arguments) -> sinter::Result<sinter::JobDefinition> {
    return sinter::make_sort_job(arguments[0], arguments[1]);
  };
  return sinter::job_main({"sinter_sort", {"INPUT", "OUTPUT"}, make_job}, argc, argv);
}

// libFuzzer target: any bytes as a job file. One thread.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/config/render.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  sinter::fusion::Diagnostics diagnostics;
  const auto job = sinter::fusion::load_job(text, "fuzz.yaml", {}, {}, diagnostics);
  if (job.has_value() != diagnostics.ok()) std::abort();  // a job without problems, or problems without a job
  (void)sinter::fusion::render_problems(diagnostics, "fuzz.yaml", text, true);
  return 0;
}

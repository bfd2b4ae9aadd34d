// Loading and complaining: see job_loading.hpp. One thread.
#include "cli/job_loading.hpp"

#include <cstdlib>

#include "cli/exit_code.hpp"
#include "jobs/fusion/config/render.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

/// Larger files are not jobs but data given by mistake.
constexpr std::uint64_t kMaxJobFileBytes = 16u << 20;

}  // namespace

fusion::EnvironmentLookup process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::shared_ptr<fusion::JobFile> load_job_file(FileSystem& files, const JobArguments& arguments, const Console& console, int& exit_code) {
  auto text = read_file(files, arguments.job_path, kMaxJobFileBytes);
  if (!text.ok()) {
    console.error(text.error());
    exit_code = kBadJobFile;
    return nullptr;
  }
  fusion::Diagnostics diagnostics;
  auto job =
      fusion::load_job(*text, arguments.job_path, arguments.overrides, fusion::discover_columns(files), diagnostics, process_environment());
  if (!diagnostics.problems().empty()) {
    if (console.json() && !job) console.data(fusion::render_problems_json(diagnostics, arguments.job_path) + "\n");
    const std::string shown = fusion::render_problems(diagnostics, arguments.job_path, *text, console.color());
    if (job) console.note(shown);
    else std::fputs((shown + "\n").c_str(), stderr);  // also when quiet: it is why nothing runs
  }
  if (!job) {
    exit_code = kBadJobFile;
    return nullptr;
  }
  return std::make_shared<fusion::JobFile>(std::move(*job));
}

}  // namespace sinter::cli

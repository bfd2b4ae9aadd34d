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

/// Shows what is wrong; `stops` says whether it is why nothing runs.
void show(const fusion::Diagnostics& diagnostics, const std::string& path, const std::string& text, bool stops, const Console& console) {
  if (diagnostics.problems().empty()) return;
  if (console.json() && stops)
    console.data("{\"status\":\"invalid\",\"diagnostics\":" + fusion::render_problems_json(diagnostics, path) + "}\n");
  const std::string shown = fusion::render_problems(diagnostics, path, text, console.color());
  if (stops) std::fputs((shown + "\n").c_str(), stderr);  // also when quiet
  else console.note(shown);
}

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
  auto job = fusion::load_job(*text, arguments.job_path, arguments.overrides, fusion::discover_columns(files), diagnostics,
                              process_environment(), fusion::load_plugins(files));
  show(diagnostics, arguments.job_path, *text, !job.has_value(), console);
  if (!job) {
    exit_code = kBadJobFile;
    return nullptr;
  }
  return std::make_shared<fusion::JobFile>(std::move(*job));
}

std::optional<std::vector<InputFile>> find_job_files(FileSystem& files, const fusion::JobFile& job, HeaderDepth depth,
                                                     const Console& console) {
  fusion::Diagnostics diagnostics;
  std::vector<InputFile> found = check_inputs(files, job, depth, diagnostics);
  show(diagnostics, job.path, job.text, !diagnostics.ok(), console);
  if (!diagnostics.ok()) return std::nullopt;
  return found;
}

}  // namespace sinter::cli

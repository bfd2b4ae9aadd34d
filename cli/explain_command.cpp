// `sinter explain`: what a job would do, before it does it. One thread.
#include <algorithm>
#include <thread>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

std::string cleaning_of(const fusion::JobFile& job, std::size_t source, std::size_t attribute) {
  std::string text;
  for (const fusion::ConfigNode& step : job.clean[source][attribute].steps) {
    const bool map = step.kind == fusion::NodeKind::Map && !step.entries.empty();
    text += (text.empty() ? "" : ", ") + (map ? step.entries.front().key : step.scalar);
  }
  return text.empty() ? "-" : text;
}

std::vector<std::string> meaning_lines(const fusion::JobFile& job) {
  std::vector<std::string> lines = {"entity key"};
  for (std::size_t i = 0; i < job.key_size; ++i) {
    lines.push_back("  " + job.schema[i].name + " (" + std::string(to_string(job.schema[i].type)) + ")  clean: " + cleaning_of(job, 0, i));
  }
  lines.emplace_back("attributes");
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) {
    lines.push_back("  " + job.schema[i].name + " (" + std::string(to_string(job.schema[i].type)) +
                    ")  rule: " + describe_rule(job.fuse[i]) + "  clean: " + cleaning_of(job, 0, i));
  }
  lines.emplace_back("sources");
  for (const fusion::SourceDeclaration& source : job.sources) {
    std::string trust;
    append_double(trust, source.trust);
    lines.push_back("  " + source.name + (source.long_shape ? "  long" : "  wide") + "  trust: " + trust);
  }
  return lines;
}

}  // namespace

int explain_command(const JobArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  int code = kOk;
  const auto job = load_job_file(*files, arguments, console, code);
  if (job == nullptr) return code;
  const auto definition = fusion::make_fusion_job(job);
  if (!definition.ok()) {
    console.error(definition.error());
    return kRunFailed;
  }
  const auto plan = make_plan(*files, *definition, std::max(1u, std::thread::hardware_concurrency()));
  if (!plan.ok()) {
    console.error(plan.error());
    return kBadJobFile;
  }
  std::vector<std::string> lines = meaning_lines(*job);
  for (std::string& line : explain(*plan, *definition)) lines.push_back(std::move(line));
  if (console.json()) {
    JsonWriter json(2);
    json.begin_object().member("job", job->name).member("hash", job->hash).member("splits", std::uint64_t{plan->splits.size()});
    json.member("input_bytes", plan->input_bytes).key("lines").begin_array();
    for (const std::string& line : lines) json.value(line);
    json.end_array().end_object();
    console.data(json.text() + "\n");
    return kOk;
  }
  for (const std::string& line : lines) console.data(line + "\n");
  return kOk;
}

}  // namespace sinter::cli

// Publishing over framework/io/committed_output, and the manifest.
#include "framework/runtime/publish.hpp"

#include <vector>

#include "base/checksum.hpp"
#include "framework/io/committed_output.hpp"
#include "framework/io/json_writer.hpp"

namespace sinter {
namespace {

/// Split order, then range order stage by stage: the same lines in the same order however the input was split.
Status publish_rejects(FileSystem& files, const Publication& what, JobReport& report) {
  OutputPublication rejects;
  rejects.path = what.paths.rejects;
  rejects.job = what.job.name;
  rejects.overwrite = true;  // the job's output decides whether it may run
  for (std::uint32_t stage = 0; stage < what.stages.size(); ++stage)
    for (const std::uint32_t ordinal : tasks_in_order(what.stages[stage]))
      if (const std::string path = what.layout.rejects(TaskId{stage, ordinal}); files.exists(path)) rejects.parts.push_back(path);
  if (rejects.parts.empty()) return files.exists(rejects.path) ? files.remove(rejects.path) : Status();
  SINTER_ASSIGN(const std::vector<PublishedFile> published, publish_output(files, rejects));
  report.rejects = {published.front().path, published.front().size_bytes, published.front().checksum};
  return {};
}

/// The output, then the manifest. That of one file is written beside it before either is renamed: they share the syncs of bytes, and
/// that of names, in which the file's is the older.
Status publish_parts(FileSystem& files, const Clock& clock, SteadyMs began_ms, const Publication& what, JobReport& report) {
  report.manifest_path = what.paths.manifest;
  const std::string written = report.manifest_path + ".tmp";
  const auto write_manifest = [&](const std::vector<PublishedFile>& published) {
    for (const PublishedFile& file : published) report.outputs.push_back({file.path, file.size_bytes, file.checksum});
    report.publishing_ms = clock.now_ms() - began_ms;
    return write_file_synced(files, written, manifest_text(what.job, report));
  };
  const auto publish = [&]() -> Status {
    if (!what.job.output.path.ends_with('/')) {
      SINTER_TRY(what.output.finish(what.stages.back().tasks, write_manifest));
    } else {
      SINTER_ASSIGN(const std::vector<PublishedFile> published, what.output.finish(what.stages.back().tasks));
      SINTER_TRY(write_manifest(published));
    }
    return files.rename(written, report.manifest_path);
  };
  if (Status published = publish(); !published.ok()) {
    (void)files.remove(written);  // best effort: the error that matters is the one we return
    return published;
  }
  return files.sync_directory(directory_of(report.manifest_path));
}

/// As the rejects: in the order of the input, then of the keys.
Status publish_side_outputs(FileSystem& files, const Publication& what, JobReport& report) {
  for (std::size_t index = 0; index < what.job.side_outputs.size(); ++index) {
    const OutputDeclaration& declared = what.job.side_outputs[index].output;
    OutputPublication output;
    output.path = declared.path;
    output.header = declared.header;
    output.part_extension = declared.part_extension;
    output.job = what.job.name;
    output.overwrite = what.job.overwrite;
    for (std::uint32_t stage = 0; stage < what.stages.size(); ++stage)
      for (const std::uint32_t ordinal : tasks_in_order(what.stages[stage]))
        if (const std::string path = what.layout.side_output(TaskId{stage, ordinal}, index); files.exists(path))
          output.parts.push_back(path);
    SINTER_ASSIGN(const std::vector<PublishedFile> published, publish_output(files, output));
    for (const PublishedFile& file : published) report.side_outputs.push_back({file.path, file.size_bytes, file.checksum});
  }
  return {};
}

void append_file(JsonWriter& json, const OutputFileReport& file) {
  json.begin_object().member("path", file.path).member("bytes", file.bytes).member("xxh3_64", checksum_text(file.checksum)).end_object();
}

void append_histograms(JsonWriter& json, const std::vector<HistogramSummary>& histograms) {
  if (histograms.empty()) return;
  json.key("histograms").begin_object();
  for (const HistogramSummary& one : histograms) {
    json.key(one.name).begin_object().member("count", one.count).member("least", one.least).member("median", one.median);
    json.member("percentile_90", one.percentile_90).member("percentile_99", one.percentile_99).member("most", one.most).end_object();
  }
  json.end_object();
}

}  // namespace

std::string manifest_path(std::string output) {
  const bool directory = output.ends_with('/');
  while (output.size() > 1 && output.ends_with('/')) output.pop_back();
  return directory ? output + "/" + std::string(kManifestName) : output + std::string(kManifestExtension);
}

OutputPaths output_paths(const JobDefinition& job) {
  std::string output = job.output.path;
  while (output.size() > 1 && output.ends_with('/')) output.pop_back();
  OutputPaths paths;
  paths.parent = directory_of(output);
  paths.rejects = job.rejects_path.empty() ? output + ".rejects.jsonl" : job.rejects_path;
  paths.logs = output + ".logs";
  paths.manifest = manifest_path(job.output.path);
  return paths;
}

OutputPublication output_of(const JobDefinition& job) {
  OutputPublication output;
  output.path = job.output.path;
  output.header = job.output.header;
  output.part_extension = job.output.part_extension;
  output.consume_parts = true;
  output.job = job.name;
  output.overwrite = job.overwrite;
  return output;
}

Status publish_job(FileSystem& files, const Clock& clock, const Publication& what, JobReport& report) {
  const SteadyMs began = clock.now_ms();
  SINTER_TRY(check_output_path(files, what.job.output.path, what.job.overwrite));
  if (files.exists(what.paths.manifest)) SINTER_TRY(files.remove(what.paths.manifest));
  SINTER_TRY(publish_rejects(files, what, report));
  SINTER_TRY(publish_side_outputs(files, what, report));
  return publish_parts(files, clock, began, what, report);
}

std::string manifest_text(const JobDefinition& job, const JobReport& report) {
  JsonWriter json(2);
  json.begin_object();
  json.member("job", job.name).member("job_hash", job.hash).member("sinter_version", SINTER_VERSION);
  json.key("outputs").begin_array();
  for (const OutputFileReport& file : report.outputs) append_file(json, file);
  json.end_array();
  if (job.sorted_output) {
    json.key("sorted_pairs").begin_object().member("key", job.sorted_output->key).member("value", job.sorted_output->value);
    json.member("parts", std::uint64_t{report.outputs.size()}).end_object();
  }
  if (!report.side_outputs.empty()) {
    json.key("side_outputs").begin_array();
    for (const OutputFileReport& file : report.side_outputs) append_file(json, file);
    json.end_array();
  }
  if (!report.rejects.path.empty()) {
    json.key("rejects");
    append_file(json, report.rejects);
  }
  if (!report.side_inputs.empty()) {
    json.key("side_inputs").begin_array();
    for (const OutputFileReport& file : report.side_inputs) append_file(json, file);
    json.end_array();
  }
  if (report.rounds > 0) json.member("rounds", std::uint64_t{report.rounds});
  json.member("rejected_lines", report.rejected_lines);
  json.key("counters").begin_object();
  for (const auto& [name, value] : report.counters) json.member(name, value);
  json.end_object();
  append_histograms(json, report.histograms);
  if (!job.parameters.empty()) {
    json.key("parameters").begin_object();
    for (const ParameterDeclaration& parameter : job.parameters) json.member(parameter.name, parameter.value);
    json.end_object();
  }
  // What differs from run to run stays together, so that the rest can be compared.
  json.key("run").begin_object();
  json.member("workers", std::uint64_t{report.workers}).key("stages").begin_array();
  for (const StageProgress& stage : report.stages)
    json.begin_object().member("name", stage.name).member("tasks", stage.tasks_total).member("ms", stage.elapsed_ms).end_object();
  json.end_array().member("publishing_ms", report.publishing_ms);
  json.member("failed_attempts", report.failed_attempts).member("lost_workers", report.lost_workers);
  json.member("peak_worker_memory_bytes", report.peak_worker_memory_bytes);
  json.end_object().end_object();
  return json.text() + "\n";
}

}  // namespace sinter

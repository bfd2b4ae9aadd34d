// `sinter preview`: the first entities, claims side by side. One thread.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "framework/plan/plan.hpp"
#include "jobs/fusion/config/render.hpp"
#include "jobs/fusion/report/preview.hpp"

namespace sinter::cli {
namespace {

std::string as_json(const fusion::JobFile& job, const fusion::Preview& preview) {
  JsonWriter json(2);
  json.begin_object().member("rows_read", preview.rows_read).member("rows_rejected", preview.rows_rejected);
  json.member("is_sample", preview.is_sample);
  json.key("entities").begin_array();
  for (const fusion::PreviewEntity& entity : preview.entities) {
    json.begin_object().member("key", entity.key).key("fused").begin_object();
    for (std::size_t i = job.key_size; i < job.schema.size(); ++i) json.key(job.schema[i].name).raw(entity.fused_json[i]);
    json.end_object().key("confidence").begin_object();
    for (std::size_t i = job.key_size; i < job.schema.size(); ++i) json.member(job.schema[i].name, entity.confidence[i]);
    json.end_object().key("rows").begin_array();
    for (const fusion::PreviewRow& row : entity.rows) {
      json.begin_object().member("source", row.source).key("cells").begin_object();
      for (std::size_t i = 0; i < job.schema.size(); ++i) {
        json.key(job.schema[i].name).begin_object().key("before").raw(row.cells[i].before_json);
        json.key("after").raw(row.cells[i].after_json).end_object();
      }
      json.end_object().end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.text() + "\n";
}

std::string why_none(const PreviewArguments& arguments, bool is_sample) {
  if (arguments.entity.empty()) return "see the rejects above, or the keys of the sources";
  const std::string key = "'" + fusion::printable(arguments.entity) + "' is ";
  if (!is_sample) return key + "the key of no row; keys are compared as cleaning leaves them, as they stand in the output";
  return key + "not among the first " + std::to_string(arguments.rows_per_file) + " rows of each file; try --rows";
}

}  // namespace

int preview_command(const PreviewArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  int code = kOk;
  const auto job = load_job_file(*files, arguments.job, console, code);
  if (job == nullptr) return code;
  if (!find_job_files(*files, *job, HeaderDepth::FirstFiles, console)) return kBadJobFile;
  fusion::PreviewOptions options;
  options.entities = arguments.entities;
  options.rows_per_file = arguments.rows_per_file;
  options.entity = arguments.entity;
  const auto preview = fusion::make_preview(*files, *job, options);
  if (!preview.ok()) {
    console.error(preview.error());
    return kRunFailed;
  }
  if (console.json()) {
    console.data(as_json(*job, *preview));
    return kOk;
  }
  console.data(fusion::render_preview(*job, *preview, console.width()));
  std::string note = counted(preview->rows_read, "row") + " read";
  if (preview->rows_rejected > 0) note += ", " + std::to_string(preview->rows_rejected) + " rejected, for example:";
  console.note(note);
  for (const std::string& example : preview->reject_examples) console.note("  " + fusion::printable(example));
  if (preview->is_sample) {
    console.note("a sample: files have more rows than the first " + std::to_string(arguments.rows_per_file) +
                 ", so entities may lack claims that a run would see (--rows)");
  }
  if (preview->entities.empty()) console.note("no entity to show: " + why_none(arguments, preview->is_sample));
  return kOk;
}

}  // namespace sinter::cli

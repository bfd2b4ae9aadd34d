// The plan file: magic, checksum, then the archive of PlanFile.
#include "framework/runtime/plan_file.hpp"

#include "framework/runtime/sealed_bytes.hpp"
#include "framework/runtime/wire_archive.hpp"

namespace sinter {
namespace {
constexpr std::string_view kMagic = "SNTRPLN3";
}  // namespace

template <class Archive>
void serialize(Archive& archive, Format& format, unsigned) {
  archive & format.kind & format.codec & format.delimiter & format.quote & format.header & format.columns & format.allow_short_rows;
}
template <class Archive>
void serialize(Archive& archive, InputFile& file, unsigned) {
  archive & file.input & file.path & file.capture & file.size_bytes & file.format;
}
template <class Archive>
void serialize(Archive& archive, SplitPiece& piece, unsigned) {
  archive & piece.file & piece.begin_bytes & piece.end_bytes & piece.first_line;
}
template <class Archive>
void serialize(Archive& archive, Split& split, unsigned) {
  archive & split.ordinal & split.size_bytes & split.pieces;
}
template <class Archive>
void serialize(Archive& archive, MemoryPlan& memory, unsigned) {
  archive & memory.worker_bytes & memory.side_bytes & memory.sort_bytes & memory.block_bytes & memory.merge_fan_in & memory.merge_bytes;
  archive & memory.step_sort_bytes;
}
template <class Archive>
void serialize(Archive& archive, SideFile& side, unsigned) {
  archive & side.file & side.checksum;
}
template <class Archive>
void serialize(Archive& archive, SortedRun& run, unsigned) {
  archive & run.input & run.path & run.size_bytes & run.modified_ns;
}
template <class Archive>
void serialize(Archive& archive, Plan& plan, unsigned) {
  archive & plan.job_name & plan.job_hash & plan.input_names & plan.files & plan.modified_ns & plan.splits & plan.side_files;
  archive & plan.sorted_runs;
  archive & plan.input_bytes & plan.split_bytes & plan.reduce_bytes & plan.workers & plan.memory & plan.max_attempts;
  archive & plan.task_timeout_ms & plan.lz4 & plan.quarantine & plan.in_process;
}
template <class Archive>
void serialize(Archive& archive, JobPayload& payload, unsigned) {
  archive & payload.kind & payload.body;
}
template <class Archive>
void serialize(Archive& archive, PlanFile& file, unsigned) {
  archive & file.payload & file.plan;
}

std::string plan_file_bytes(const PlanFile& plan) { return seal_bytes(kMagic, encode(plan)); }

Status write_plan_file(FileSystem& files, const std::string& path, const PlanFile& plan, bool synced) {
  SINTER_ASSIGN(const std::unique_ptr<WritableFile> file, files.create(path));
  SINTER_TRY(file->append(plan_file_bytes(plan)));
  if (synced) SINTER_TRY(file->sync());
  return file->close();
}

Result<PlanFile> read_plan_file(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const std::string bytes, read_file(files, path, kMaxPlanFileBytes));
  return parse_plan_file(bytes, path);
}

Result<PlanFile> parse_plan_file(std::string_view bytes, const std::string& path) {
  SINTER_ASSIGN(const std::string_view body, unseal_bytes(kMagic, bytes, "plan file", path));
  Result<PlanFile> plan = decode<PlanFile>(body, "plan file '" + path + "'");
  if (plan.ok() && plan->plan.files.size() != plan->plan.modified_ns.size())
    return internal_error("plan file '" + path + "' is inconsistent");
  if (plan.ok())
    for (const Split& split : plan->plan.splits)
      for (const SplitPiece& piece : split.pieces)
        if (piece.file >= plan->plan.files.size()) return internal_error("plan file '" + path + "' names a file it does not have");
  return plan;
}

}  // namespace sinter

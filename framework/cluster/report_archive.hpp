// A job's progress and report on the wire. Plain values; any thread.
#pragma once

#include <bit>
#include <cstdint>

#include "framework/runtime/run_job.hpp"
#include "framework/runtime/wire_archive.hpp"

namespace sinter {

template <class Archive>
void serialize(Archive& archive, StageProgress& stage, unsigned) {
  archive & stage.name & stage.tasks_total & stage.tasks_done & stage.tasks_running & stage.rows & stage.bytes & stage.rejected;
  archive & stage.elapsed_ms & stage.status;
}

template <class Archive>
void serialize(Archive& archive, JobProgress& progress, unsigned) {
  std::uint64_t stage = progress.stage;
  archive & progress.phase & progress.input_bytes & progress.workers & progress.stages & stage & progress.rounds;
  archive & progress.failed_attempts;
  progress.stage = stage;
}

template <class Archive>
void serialize(Archive& archive, OutputFileReport& file, unsigned) { archive & file.path & file.bytes & file.checksum; }

template <class Archive>
void serialize(Archive& archive, HistogramSummary& one, unsigned) {
  archive & one.name & one.count;
  for (double* number : {&one.least, &one.median, &one.percentile_90, &one.percentile_99, &one.most}) {
    auto bits = std::bit_cast<std::uint64_t>(*number);
    archive & bits;
    *number = std::bit_cast<double>(bits);
  }
}

template <class Archive>
void serialize(Archive& archive, JobReport& report, unsigned) {
  archive & report.counters & report.histograms & report.outputs & report.side_outputs & report.manifest_path & report.rejects;
  archive & report.rejected_lines & report.stages & report.rounds & report.summary & report.side_inputs;
  archive & report.planning_ms & report.publishing_ms & report.total_ms & report.workers & report.input_files & report.input_bytes;
  archive & report.shuffle_bytes & report.failed_attempts & report.lost_workers & report.quarantined_records;
  archive & report.peak_worker_memory_bytes;
}

}  // namespace sinter

// The map attempt: split -> reader -> mapper -> one sorted run, or one part of the output.
#include <algorithm>

#include "framework/io/problem_text.hpp"
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/attempt_context.hpp"
#include "framework/runtime/attempt_targets.hpp"

namespace sinter {
namespace {

/// `Target` is a RunTarget or a PartTarget.
template <class Target>
class MapAttempt {
 public:
  using Task = MapTaskTo<typename Target::Interface>;
  using Factory = std::function<Result<std::unique_ptr<Task>>(std::size_t input, TaskContext& context)>;

  MapAttempt(const AttemptSurroundings& around, const RunAttempt& run, const Factory& make_task)
      : around_(around), run_(run), make_task_(make_task), split_(around.plan.splits[run.attempt.task.ordinal]), context_(around, run),
        target_(around, run) {}

  AttemptResult run() {
    AttemptResult result;
    result.status = execute();
    result.threw = threw_;
    if (run_.careful && threw_) result.record = at_;
    result.counters = context_.counters();
    around_.position.nowhere();
    return result;
  }

 private:
  Status execute() {
    SINTER_TRY(context_.open());
    SINTER_TRY(target_.open(threw_));
    SINTER_TRY(map_pieces());
    SINTER_TRY(target_.finish(threw_));
    return context_.close();
  }

  Status map_pieces() {
    if (split_.pieces.empty()) return {};
    const std::uint32_t input = around_.plan.files[split_.pieces.front().file].input;
    SINTER_TRY(guarded(threw_, "mapper's factory", [&]() -> Status {
      SINTER_ASSIGN(task_, make_task_(input, context_));
      return {};
    }));
    for (const SplitPiece& piece : split_.pieces) {
      const InputFile& file = around_.plan.files[piece.file];
      SINTER_TRY(map_piece(piece, file).with_context("while mapping '" + file.path + "'"));
    }
    return guarded(threw_, "mapper", [&] { return task_->finish(target_); });
  }

  Status map_piece(const SplitPiece& piece, const InputFile& file) {
    SINTER_TRY(check_unchanged(around_.files, file.path, file.size_bytes, around_.plan.modified_ns[piece.file]));
    SINTER_ASSIGN(const std::unique_ptr<RecordReader> reader,
                  open_reader(around_.files, around_.memory, file, piece, around_.job.inputs[file.input].columns));
    SINTER_TRY(guarded(threw_, "mapper", [&] { return task_->begin_file(piece.file, file.capture); }));
    const std::uint64_t bytes_before = bytes_;
    while (true) {
      SINTER_ASSIGN(const std::span<const Record> batch, guarded(threw_, "reader", [&] { return reader->next_batch(); }));
      if (batch.empty()) break;
      if (around_.stop.load(std::memory_order_relaxed)) return environment_error("the job was stopped", false);
      SINTER_TRY(run_.careful ? map_carefully(batch) : map_batch(batch));
      rows_ += batch.size();
      // Offsets are of decompressed bytes; of a compressed file the share that was read is not known.
      const std::uint64_t offset = batch.back().position.offset_bytes;
      if (file.format.codec == Codec::None) bytes_ = bytes_before + (offset - std::min(offset, piece.begin_bytes));
      publish_progress();
    }
    bytes_ = bytes_before + (piece.end_bytes - piece.begin_bytes);
    publish_progress();
    return {};
  }

  Status map_batch(std::span<const Record> batch) {
    // The first record of the batch: where a crash was, roughly. Careful mode finds the record itself.
    around_.position.at_record(place_of(batch.front()));
    Status status = guarded(threw_, "mapper", [&] { return task_->map(batch, target_); });
    if (status.ok()) [[likely]]
      return status;
    const auto place = [](const Record& record) { return describe_place(record.line, record.position.offset_bytes); };
    return std::move(status).with_context("between " + place(batch.front()) + " and " + place(batch.back()));
  }

  Status map_carefully(std::span<const Record> batch) {
    for (const Record& record : batch) {
      at_ = place_of(record);
      if (std::find(run_.skip.begin(), run_.skip.end(), *at_) != run_.skip.end()) {
        SINTER_TRY(set_aside(record));
        continue;
      }
      around_.position.at_record(*at_);
      Status status = guarded(threw_, "mapper", [&] { return task_->map({&record, 1}, target_); });
      if (!status.ok()) return std::move(status).with_context("in " + describe_place(record.line, record.position.offset_bytes));
      around_.progress.steps.fetch_add(1, std::memory_order_relaxed);
    }
    around_.position.nowhere();
    at_.reset();
    return {};
  }

  Status set_aside(const Record& record) {
    context_.counter(kRowsReadCounter).add();
    context_.counter(kRowsRejectedCounter).add();
    Rejection rejection;
    rejection.record = &record;
    rejection.source = around_.plan.input_names[around_.plan.files[record.position.file].input];
    rejection.rule = kCrashedWorkerRule;
    rejection.reason = "the mapper crashes, hangs or throws at this record: it is in quarantine";
    return context_.reject(rejection);
  }

  static RecordAt place_of(const Record& record) { return {record.position.file, record.position.offset_bytes, record.line}; }

  void publish_progress() {
    around_.progress.rows.store(rows_, std::memory_order_relaxed);
    around_.progress.bytes.store(bytes_, std::memory_order_relaxed);
    around_.progress.steps.fetch_add(1, std::memory_order_relaxed);
  }

  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  const Factory& make_task_;
  const Split& split_;
  AttemptContext context_;
  Target target_;
  std::unique_ptr<Task> task_;
  std::optional<RecordAt> at_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  bool threw_ = false;
};

}  // namespace

AttemptResult run_map_attempt(const AttemptSurroundings& around, const RunAttempt& run) {
  if (run.attempt.task.ordinal >= around.plan.splits.size()) {
    AttemptResult result;
    result.status = internal_error("there is no split " + std::to_string(run.attempt.task.ordinal));
    return result;
  }
  if (around.job.make_map_output) return MapAttempt<PartTarget>(around, run, around.job.make_map_output).run();
  return MapAttempt<RunTarget>(around, run, around.job.make_map).run();
}

}  // namespace sinter

// What attempts write to: a sorted run for a later stage, or a part of the output. Owned by the attempt; one thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "framework/api/task.hpp"
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/attempt_context.hpp"
#include "shuffle/build/run_builder.hpp"
#include "shuffle/run/run_writer.hpp"

namespace sinter {

/// Few bytes may be much work, and ranges are cut between blocks: so runs begin with small ones, unless there are many runs: whoever cuts
/// ranges knows the blocks of all.
inline std::uint32_t first_block_bytes(const Plan& plan) {
  constexpr std::size_t kMaxSplits = 256;
  return plan.splits.size() <= kMaxSplits ? kMinBlockBytes : plan.memory.block_bytes;
}

/// Emitted records become the attempt's run, combined as the stage says.
class RunTarget final : public RawEmitter {
 public:
  using Interface = RawEmitter;
  RunTarget(const AttemptSurroundings& around, const RunAttempt& run) : around_(around), run_(run) {}

  /// Reserves the sort buffer. `threw`: see guarded().
  Status open(bool& threw) {
    const MemoryPlan& memory = around_.plan.memory;
    SINTER_TRY(guarded(threw, "combiner's factory", [&]() -> Status {
      if (const CombinerFactory make = output_combiner(around_.job, run_.stage)) combiner_ = make();
      return {};
    }));
    RunBuilderOptions options;
    options.memory_bytes = run_.stage.work == StageWork::Map ? memory.sort_bytes : memory.step_sort_bytes;
    options.block_bytes = memory.block_bytes;
    options.first_block_bytes = first_block_bytes(around_.plan);
    options.max_fan_in = memory.merge_fan_in;
    options.compression = around_.plan.lz4 ? Compression::Lz4 : Compression::None;
    options.spill_directory = around_.layout.attempt(run_.attempt);
    options.run_path = around_.layout.attempt_result(run_.attempt);
    options.combiner = combiner_.get();
    // Steps merge beside sorting, so they keep nothing.
    if (run_.stage.work == StageWork::Map) options.regions = &around_.regions;
    SINTER_ASSIGN(builder_, RunBuilder::create(around_.files, around_.memory, options));
    return {};
  }
  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override {
    return builder_->add(key, group_size, value);
  }
  Status finish(bool& threw) {
    return guarded(threw, "combiner", [&]() -> Status {
      SINTER_ASSIGN(const RunSummary summary, builder_->finish());
      return {};
    });
  }

 private:
  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  std::unique_ptr<Combiner> combiner_;
  std::unique_ptr<RunBuilder> builder_;
};

/// Records that come in key order become the attempt's run as they are: nothing is sorted.
class SortedTarget final : public RawEmitter {
 public:
  using Interface = RawEmitter;
  SortedTarget(const AttemptSurroundings& around, const RunAttempt& run) : around_(around), run_(run) {}

  Status open(bool&) {
    RunWriterOptions options;
    options.path = around_.layout.attempt_result(run_.attempt);
    options.block_bytes = around_.plan.memory.block_bytes;
    options.first_block_bytes = first_block_bytes(around_.plan);
    options.compression = around_.plan.lz4 ? Compression::Lz4 : Compression::None;
    options.write_bytes = std::min<std::size_t>(options.write_bytes, around_.plan.memory.task_bytes() / 16);
    SINTER_ASSIGN(memory_, around_.memory.reserve(RunWriter::memory_bytes(options, 0), "writing sorted pairs"));
    SINTER_ASSIGN(writer_, RunWriter::create(around_.files, std::move(options)));
    return {};
  }
  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override {
    return writer_->add(key, group_size, value);
  }
  Status finish(bool&) {
    SINTER_ASSIGN(const RunSummary summary, writer_->finish());
    around_.progress.bytes.store(summary.file_bytes, std::memory_order_relaxed);
    return {};
  }

 private:
  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  Reservation memory_;
  std::unique_ptr<RunWriter> writer_;
};

/// Lines become the attempt's part: collected and written in large pieces.
class PartTarget final : public OutputSink {
 public:
  using Interface = OutputSink;
  PartTarget(const AttemptSurroundings& around, const RunAttempt& run) : around_(around), run_(run) {}

  Status open(bool&) {
    buffer_.reserve(kBufferBytes);
    SINTER_ASSIGN(file_, around_.files.create(around_.layout.attempt_result(run_.attempt)));
    return {};
  }
  Status append(std::string_view bytes) override {
    if (buffer_.size() + bytes.size() > kBufferBytes) SINTER_TRY(flush());
    if (bytes.size() > kBufferBytes) return write(bytes);
    buffer_.append(bytes);
    return {};
  }
  Status finish(bool&) {
    SINTER_TRY(flush());
    return file_->close();
  }

 private:
  static constexpr std::size_t kBufferBytes = 256u << 10;

  Status flush() {
    SINTER_TRY(write(buffer_));
    buffer_.clear();
    return {};
  }
  Status write(std::string_view bytes) {
    written_ += bytes.size();
    // A map counts the bytes that it reads.
    if (run_.stage.work != StageWork::Map) around_.progress.bytes.store(written_, std::memory_order_relaxed);
    return bytes.empty() ? Status() : file_->append(bytes);
  }

  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

}  // namespace sinter

// The reduce attempt: runs -> group cursor -> reducer -> one part of the output.
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/attempt_context.hpp"
#include "shuffle/merge/group_cursor.hpp"

namespace sinter {
namespace {

constexpr std::size_t kPartBufferBytes = 256u << 10;
/// Values of one group between two signs of progress.
constexpr std::uint64_t kValuesPerStep = 4096;

/// Collects lines and writes them in large pieces.
class PartSink final : public OutputSink {
 public:
  PartSink(std::unique_ptr<WritableFile> file, ProgressBoard& progress) : file_(std::move(file)), progress_(progress) {
    buffer_.reserve(kPartBufferBytes);
  }

  Status append(std::string_view bytes) override {
    if (buffer_.size() + bytes.size() > kPartBufferBytes) SINTER_TRY(flush());
    if (bytes.size() > kPartBufferBytes) return write(bytes);
    buffer_.append(bytes);
    return {};
  }
  Status close() {
    SINTER_TRY(flush());
    return file_->close();
  }

 private:
  Status flush() {
    SINTER_TRY(write(buffer_));
    buffer_.clear();
    return {};
  }
  Status write(std::string_view bytes) {
    written_ += bytes.size();
    progress_.bytes.store(written_, std::memory_order_relaxed);
    return bytes.empty() ? Status() : file_->append(bytes);
  }

  std::unique_ptr<WritableFile> file_;
  ProgressBoard& progress_;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

/// One group of the cursor as reducers see it.
class CursorGroup final : public RawGroup {
 public:
  CursorGroup(GroupCursor& cursor, ProgressBoard& progress) : cursor_(cursor), progress_(progress) {}

  std::string_view key() const override { return cursor_.group(); }
  Result<bool> next() override {
    Result<bool> more = cursor_.next_value();
    if (more.ok() && *more && ++values_ % kValuesPerStep == 0) publish();
    return more;
  }
  std::string_view value() const override { return cursor_.value(); }
  std::string_view full_key() const override { return cursor_.key(); }
  void publish() {
    progress_.rows.store(values_, std::memory_order_relaxed);
    // One writer: a plain store saves the locked instruction, once per group.
    progress_.steps.store(++steps_, std::memory_order_relaxed);
  }

 private:
  GroupCursor& cursor_;
  ProgressBoard& progress_;
  std::uint64_t values_ = 0;
  std::uint64_t steps_ = 0;
};

class ReduceAttempt {
 public:
  ReduceAttempt(const AttemptSurroundings& around, const RunAttempt& run)
      : around_(around), run_(run), context_(around, run.attempt), directory_(around.layout.attempt(run.attempt)) {}

  AttemptResult run() {
    AttemptResult result;
    result.status = execute();
    result.threw = threw_;
    result.counters = context_.counters();
    around_.position.nowhere();
    return result;
  }

 private:
  Status execute() {
    around_.regions.clear();  // the budget is for merging now
    SINTER_TRY(around_.files.make_directories(directory_));
    SINTER_TRY(guarded(threw_, "reducer's factory", [&]() -> Status {
      if (around_.job.make_combiner) combiner_ = around_.job.make_combiner();
      SINTER_ASSIGN(task_, around_.job.make_reduce(context_));
      return {};
    }));
    MergeOptions options;
    for (std::uint32_t map = 0; map < around_.plan.splits.size(); ++map)
      options.run_paths.push_back(around_.layout.result(TaskId{TaskKind::Map, map}));
    options.range = run_.range;
    options.max_fan_in = around_.plan.memory.merge_fan_in;
    options.spill_directory = directory_;
    options.combiner = combiner_.get();
    SINTER_TRY(guarded(threw_, "combiner", [&]() -> Status {
      SINTER_ASSIGN(cursor_, GroupCursor::open(around_.files, around_.memory, std::move(options)));
      return {};
    }));
    SINTER_ASSIGN(std::unique_ptr<WritableFile> part, around_.files.create(around_.layout.attempt_result(run_.attempt)));
    PartSink sink(std::move(part), around_.progress);
    SINTER_TRY(reduce_groups(sink));
    SINTER_TRY(sink.close());
    return context_.close();
  }

  Status reduce_groups(PartSink& sink) {
    CursorGroup group(*cursor_, around_.progress);
    while (true) {
      SINTER_ASSIGN(const bool more, guarded(threw_, "combiner", [&] { return cursor_->next_group(); }));
      if (!more) break;
      if (around_.stop.load(std::memory_order_relaxed)) return environment_error("the job was stopped", false);
      around_.position.at_group(cursor_->group());
      Status status = guarded(threw_, "reducer", [&] { return task_->reduce(group, sink); });
      if (!status.ok()) return std::move(status).with_context("while reducing group " + readable_key(cursor_->group()));
      group.publish();
    }
    around_.position.nowhere();
    return guarded(threw_, "reducer", [&] { return task_->finish(sink); });
  }

  const AttemptSurroundings& around_;
  const RunAttempt& run_;
  AttemptContext context_;
  std::string directory_;
  std::unique_ptr<Combiner> combiner_;
  std::unique_ptr<GroupCursor> cursor_;
  std::unique_ptr<ReduceTask> task_;
  bool threw_ = false;
};

}  // namespace

AttemptResult run_reduce_attempt(const AttemptSurroundings& around, const RunAttempt& run) { return ReduceAttempt(around, run).run(); }

}  // namespace sinter

// The job of the cluster tests.
#include "tests/cluster/test_job.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/bytes.hpp"
#include "framework/io/text_output.hpp"
#include "framework/runtime/wire_archive.hpp"
#include "shuffle/record/key.hpp"
#include "tests/cluster/shape_jobs.hpp"

namespace sinter::test {
namespace {

struct Body {
  TestJobOptions options;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    ExecutionOptions& execution = options.execution;
    archive & options.shape & options.side_input & options.input & options.output & options.combine & options.overwrite;
    archive & execution.workers & execution.memory_bytes & execution.split_bytes & execution.reduce_bytes & execution.max_attempts;
    archive & execution.task_timeout_ms & execution.scratch_directory & execution.lz4 & execution.in_process & execution.on_bad_record;
    archive & options.fault.place & options.fault.action & options.fault.times & options.fault.flag_path;
  }
};

/// Whether the fault is due once more: each time leaves a file that only one process can create.
bool due(const TestFault& fault) {
  if (fault.times == 0) return true;
  for (int time = 0; time < fault.times; ++time) {
    const int file = ::open((fault.flag_path + std::to_string(time)).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) continue;
    ::close(file);
    return true;
  }
  return false;
}

}  // namespace

Status misbehave(const TestFault& fault, const std::string& place) {
  if (fault.place != place || !due(fault)) return {};
  if (fault.action == "segv") ::raise(SIGSEGV);
  if (fault.action == "kill") ::raise(SIGKILL);
  if (fault.action == "exit") ::_exit(7);
  if (fault.action == "throw") throw std::runtime_error("the test asked for it");
  if (fault.action == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  if (fault.action == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(40));
  if (fault.action == "stop") ::raise(SIGSTOP);
  if (fault.action == "error") return environment_error("a passing trouble");
  return {};
}

Result<Sum> add_up(RawGroup& group) {
  Sum sum;
  while (true) {
    SINTER_ASSIGN(const bool more, group.next());
    if (!more) return sum;
    const auto value = load_fixed<Sum>(group.value().data());
    sum.total += value.total;
    sum.count += value.count;
  }
}

namespace {

class SumMap final : public MapTask {
 public:
  SumMap(TestFault fault, TaskContext& context)
      : fault_(std::move(fault)),
        context_(context),
        rows_read_(context.counter("rows_read")),
        rows_rejected_(context.counter("rows_rejected")) {}

  Status begin_file(std::uint32_t, std::string_view) override { return {}; }
  Status map(std::span<const Record> batch, RawEmitter& emitter) override {
    for (const Record& record : batch) {
      rows_read_.add();
      if (record.fields.size() > 2 && record.fields[2].text == "fault") SINTER_TRY(misbehave(fault_, "map"));
      SINTER_TRY(map_one(record, emitter));
    }
    return {};
  }
  Status finish(RawEmitter&) override { return misbehave(fault_, "map_finish"); }

 private:
  Status map_one(const Record& record, RawEmitter& emitter) {
    Rejection rejection;
    rejection.record = &record;
    if (!record.problem.empty()) {
      rows_rejected_.add();
      rejection.rule = "reader";
      rejection.reason = record.problem;
      return context_.reject(rejection);
    }
    const std::string_view text = record.fields[1].text;
    Sum sum{0, 1};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), sum.total);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      rows_rejected_.add();
      rejection.field = "value";
      rejection.value = text;
      rejection.rule = "number";
      rejection.reason = "not a whole number";
      return context_.reject(rejection);
    }
    key_.clear();
    append_key_string(key_, record.fields[0].text);
    return emitter.emit(key_, key_.size(), bytes_of(sum));
  }

  TestFault fault_;
  TaskContext& context_;
  Counter rows_read_;
  Counter rows_rejected_;
  std::string key_;
};

class SumCombiner final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    const Sum merged = add(load_fixed<Sum>(into.data()), load_fixed<Sum>(value.data()));
    std::memcpy(into.data(), &merged, sizeof(merged));
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged = bytes_of(add(load_fixed<Sum>(a.data()), load_fixed<Sum>(b.data())));
  }

 private:
  static Sum add(Sum a, Sum b) { return {a.total + b.total, a.count + b.count}; }
};

class SumReduce final : public ReduceTask {
 public:
  SumReduce(TestFault fault, TaskContext& context)
      : fault_(std::move(fault)), rows_out_(context.counter("rows_out")), rows_fused_(context.counter("rows_fused")) {}
  ~SumReduce() override {
    // Destroyed when the attempt's files are closed, and before its commit is asked for.
    if (finished_) (void)misbehave(fault_, "written");
  }

  Status reduce(RawGroup& group, OutputSink& output) override {
    std::string key;
    KeyReader reader(group.key());
    SINTER_TRY(reader.read_string(key));
    if (key == "fault") SINTER_TRY(misbehave(fault_, "reduce"));
    SINTER_TRY(misbehave(fault_, "group"));
    SINTER_ASSIGN(const Sum sum, add_up(group));
    line_.clear();
    append_csv_text(line_, key);
    line_ += ',';
    append_int64(line_, sum.total);
    line_ += ',';
    append_int64(line_, sum.count);
    line_ += '\n';
    rows_out_.add();
    rows_fused_.add(static_cast<std::uint64_t>(sum.count));
    return output.append(line_);
  }
  Status finish(OutputSink&) override {
    finished_ = true;
    return misbehave(fault_, "reduce_finish");
  }

 private:
  TestFault fault_;
  Counter rows_out_;
  Counter rows_fused_;
  std::string line_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<MapTask> make_sum_map(TestFault fault, TaskContext& context) { return std::make_unique<SumMap>(std::move(fault), context); }
std::unique_ptr<Combiner> make_sum_combiner() { return std::make_unique<SumCombiner>(); }

JobPayload make_payload(const TestJobOptions& options) { return {"test", encode(Body{options})}; }

Result<JobDefinition> make_test_job(const JobPayload& payload) {
  SINTER_ASSIGN(const Body body, decode<Body>(payload.body, "test job"));
  const TestJobOptions options = body.options;
  JobDefinition job;
  job.name = "sums";
  job.hash = "test";
  InputDeclaration input;
  input.name = "numbers";
  input.paths = {options.input};
  input.columns = {{"key", true}, {"value", true}, {"note", false}};
  job.inputs = {input};
  job.make_map = [fault = options.fault](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
    return make_sum_map(fault, context);
  };
  if (options.combine) job.make_combiner = make_sum_combiner;
  job.make_reduce = [fault = options.fault](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<SumReduce>(fault, context));
  };
  job.output = {options.output, "key,sum,count\n", ".csv"};
  job.execution = options.execution;
  job.overwrite = options.overwrite;
  if (options.shape != "sums") SINTER_TRY(set_shape(job, options));
  return job;
}

}  // namespace sinter::test

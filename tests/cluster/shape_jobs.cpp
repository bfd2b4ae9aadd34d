// Chains, rounds, map-only jobs and side inputs on the byte-level api.
#include "tests/cluster/shape_jobs.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "framework/io/text_output.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::test {
namespace {

constexpr std::size_t kCentres = 4;
using Centres = std::array<std::int64_t, kCentres>;

/// Writes "key,value" of each record whose value is a number.
class PrintMap final : public MapOutputTask {
 public:
  PrintMap(TestFault fault, bool with_side_input, TaskContext& context)
      : fault_(std::move(fault)), with_side_input_(with_side_input), context_(context), rows_read_(context.counter("rows_read")),
        rows_rejected_(context.counter("rows_rejected")), rows_fused_(context.counter("rows_fused")) {}

  Status begin_file(std::uint32_t, std::string_view) override { return {}; }
  Status map(std::span<const Record> batch, OutputSink& output) override {
    for (const Record& record : batch) {
      rows_read_.add();
      if (record.fields.size() > 2 && record.fields[2].text == "fault") SINTER_TRY(misbehave(fault_, "map"));
      SINTER_TRY(print(record, output));
    }
    return {};
  }
  Status finish(OutputSink&) override { return misbehave(fault_, "map_finish"); }

 private:
  Status print(const Record& record, OutputSink& output) {
    const std::string_view text = record.fields[1].text;
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
      rows_rejected_.add();
      Rejection rejection;
      rejection.record = &record;
      rejection.rule = "number";
      rejection.reason = "not a whole number";
      return context_.reject(rejection);
    }
    rows_fused_.add();
    line_.assign(record.fields[0].text).append(",").append(text);
    if (with_side_input_) SINTER_TRY(append_side_input(record.fields[0].text));
    line_ += '\n';
    return output.append(line_);
  }
  Status append_side_input(std::string_view key) {
    SINTER_ASSIGN(const std::span<const Record> names, context_.side_records("names"));
    SINTER_ASSIGN(const std::string_view bytes, context_.side_bytes("names"));
    line_ += ',';
    for (const Record& name : names)
      if (name.fields[0].text == key) line_.append(name.fields[1].text);
    line_ += ',';
    append_int64(line_, static_cast<std::int64_t>(bytes.size()));
    return {};
  }

  TestFault fault_;
  bool with_side_input_;
  TaskContext& context_;
  Counter rows_read_;
  Counter rows_rejected_;
  Counter rows_fused_;
  std::string line_;
};

/// Sums a group and gives the sum to the group `total % modulus`.
class FoldStep final : public StepTask {
 public:
  FoldStep(TestFault fault, std::string place, std::int64_t modulus, TaskContext& context)
      : fault_(std::move(fault)), place_(std::move(place)), modulus_(modulus), groups_(context.counter("groups_of_" + place_)) {}

  Status reduce(RawGroup& group, RawEmitter& emitter) override {
    groups_.add();
    SINTER_TRY(misbehave(fault_, place_ + "_group"));
    SINTER_ASSIGN(const Sum sum, add_up(group));
    std::string key;
    append_key_string(key, std::to_string(sum.total % modulus_));
    return emitter.emit(key, key.size(), bytes_of(sum));
  }
  Status finish(RawEmitter&) override { return misbehave(fault_, place_ + "_finish"); }

 private:
  TestFault fault_;
  std::string place_;
  std::int64_t modulus_;
  Counter groups_;
};

Centres centres_of(std::string_view summary) {
  Centres centres{};
  require(summary.size() == sizeof(centres), "a summary holds four centres");
  std::memcpy(centres.data(), summary.data(), sizeof(centres));
  return centres;
}
std::string_view bytes_of(const Centres& centres) { return {reinterpret_cast<const char*>(centres.data()), sizeof(centres)}; }

std::size_t nearest(const Centres& centres, std::int64_t value) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < kCentres; ++i)
    if (std::abs(centres[i] - value) < std::abs(centres[best] - value)) best = i;
  return best;
}

/// Gives each key's sum to its nearest centre.
class NearestRound final : public StepTask {
 public:
  NearestRound(TestFault fault, TaskContext& context)
      : fault_(std::move(fault)), centres_(centres_of(context.summary())), rounds_seen_(context.counter("values_in_rounds")) {}

  Status reduce(RawGroup& group, RawEmitter& emitter) override {
    SINTER_ASSIGN(const Sum sum, add_up(group));
    rounds_seen_.add(static_cast<std::uint64_t>(sum.count));
    std::string key;
    append_key_int64(key, static_cast<std::int64_t>(nearest(centres_, sum.total)));
    return emitter.emit(key, key.size(), bytes_of(Sum{sum.total, 1}));
  }
  Status finish(RawEmitter&) override { return misbehave(fault_, "round_finish"); }

 private:
  TestFault fault_;
  Centres centres_;
  Counter rounds_seen_;
};

/// Each centre moves to the mean of what it was given; one that got nothing stays.
class CentresMerge final : public ReduceTask {
 public:
  CentresMerge(TestFault fault, TaskContext& context) : fault_(std::move(fault)), centres_(centres_of(context.summary())) {}

  Status reduce(RawGroup& group, OutputSink&) override {
    KeyReader reader(group.key());
    SINTER_ASSIGN(const std::int64_t centre, reader.read_int64());
    SINTER_ASSIGN(const Sum sum, add_up(group));
    centres_[static_cast<std::size_t>(centre)] = sum.total / sum.count;
    return {};
  }
  Status finish(OutputSink& output) override {
    SINTER_TRY(misbehave(fault_, "merge_finish"));
    return output.append(bytes_of(centres_));
  }

 private:
  TestFault fault_;
  Centres centres_;
};

/// "key,sum,count", and in a job with rounds the nearest centre and the number of rounds.
class PrintReduce final : public ReduceTask {
 public:
  PrintReduce(TestFault fault, TaskContext& context)
      : fault_(std::move(fault)), context_(context), rows_fused_(context.counter("rows_fused")) {}

  Status reduce(RawGroup& group, OutputSink& output) override {
    std::string key;
    KeyReader reader(group.key());
    SINTER_TRY(reader.read_string(key));
    SINTER_ASSIGN(const Sum sum, add_up(group));
    rows_fused_.add(static_cast<std::uint64_t>(sum.count));
    std::string line = key + "," + std::to_string(sum.total) + "," + std::to_string(sum.count);
    if (context_.round() > 0) {
      const Centres centres = centres_of(context_.summary());
      line += "," + std::to_string(centres[nearest(centres, sum.total)]) + "," + std::to_string(context_.round());
    }
    return output.append(line + "\n");
  }
  Status finish(OutputSink&) override { return misbehave(fault_, "reduce_finish"); }

 private:
  TestFault fault_;
  TaskContext& context_;
  Counter rows_fused_;
};

TaskFactory<StepTask> fold(const TestFault& fault, const std::string& place, std::int64_t modulus) {
  return [=](TaskContext& context) -> Result<std::unique_ptr<StepTask>> {
    return std::unique_ptr<StepTask>(std::make_unique<FoldStep>(fault, place, modulus, context));
  };
}

void set_rounds(JobDefinition& job, const TestFault& fault, bool combine) {
  RoundsDeclaration& rounds = job.rounds.emplace();
  rounds.make_round = [fault](TaskContext& context) -> Result<std::unique_ptr<StepTask>> {
    return std::unique_ptr<StepTask>(std::make_unique<NearestRound>(fault, context));
  };
  rounds.make_merge = [fault](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<CentresMerge>(fault, context));
  };
  if (combine) rounds.make_combiner = make_sum_combiner;
  rounds.first_summary = bytes_of(Centres{0, 100, 200, 100'000});
  rounds.converged = [](std::uint32_t, std::string_view previous, std::string_view current) { return previous == current; };
  rounds.max_rounds = 12;
}

}  // namespace

Status set_shape(JobDefinition& job, const TestJobOptions& options) {
  const TestFault fault = options.fault;
  job.make_reduce = [fault](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<PrintReduce>(fault, context));
  };
  job.output.header.clear();
  if (options.shape == "chain") {
    const CombinerFactory combiner = options.combine ? CombinerFactory(make_sum_combiner) : CombinerFactory();
    job.steps = {{"digits", fold(fault, "digits", 10), combiner}, {"", fold(fault, "parities", 2), combiner}};
  } else if (options.shape == "rounds") {
    set_rounds(job, fault, options.combine);
  } else if (options.shape == "map_only" || options.shape == "side") {
    const bool side = options.shape == "side";
    job.make_map = {};
    job.make_combiner = {};
    job.make_reduce = {};
    job.make_map_output = [fault, side](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapOutputTask>> {
      return std::unique_ptr<MapOutputTask>(std::make_unique<PrintMap>(fault, side, context));
    };
    InputDeclaration names;
    names.name = "names";
    names.paths = {options.side_input};
    names.columns = {{"key", true}, {"name", true}};
    if (side) job.side_inputs = {names};
  } else {
    return internal_error("the test job has no shape '" + options.shape + "'");
  }
  return {};
}

}  // namespace sinter::test

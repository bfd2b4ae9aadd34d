// Map and reduce attempts alone: no network, no processes.
#include "framework/runtime/attempt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>
#include <stdexcept>
#include <utility>

#include "framework/api/readable_key.hpp"
#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

/// Emits the first field as key and the second as value; calls `spy` for each record first.
class EchoMap final : public MapTask {
 public:
  EchoMap(std::function<void(const Record&)> spy, TaskContext& context) : spy_(std::move(spy)), rows_(context.counter("rows")) {}
  Status begin_file(std::uint32_t, std::string_view) override { return {}; }
  Status map(std::span<const Record> batch, RawEmitter& emitter) override {
    for (const Record& record : batch) {
      spy_(record);
      rows_.add();
      std::string key;
      append_key_string(key, record.fields[0].text);
      SINTER_TRY(emitter.emit(key, key.size(), record.fields[1].text));
    }
    return {};
  }
  Status finish(RawEmitter&) override { return {}; }

 private:
  std::function<void(const Record&)> spy_;
  Counter rows_;
};

/// Writes "key=value value ..." lines.
class EchoReduce final : public ReduceTask {
 public:
  Status reduce(RawGroup& group, OutputSink& output) override {
    std::string line = readable_key(group.key()) + "=";
    while (true) {
      SINTER_ASSIGN(const bool more, group.next());
      if (!more) break;
      line.append(group.value()).append(" ");
    }
    return output.append(line + "\n");
  }
  Status finish(OutputSink&) override { return {}; }
};

/// EchoReduce that asks its own attempt at its first group, as the worker's other thread may at any time.
class AskingReduce final : public ReduceTask {
 public:
  AskingReduce(RangeDesk& desk, std::string border) : desk_(desk), border_(std::move(border)) {}
  Status reduce(RawGroup& group, OutputSink& output) override {
    (void)desk_.look();
    if (!border_.empty()) desk_.ask(std::exchange(border_, ""));
    return echo_.reduce(group, output);
  }
  Status finish(OutputSink& output) override { return output.append("finished\n"); }

 private:
  RangeDesk& desk_;
  std::string border_;
  EchoReduce echo_;
};

class AttemptTest : public ::testing::Test {
 protected:
  AttemptTest() : directory_(make_directory()), layout_(directory_ + "/scratch"), position_(open_position()) {
    InputDeclaration input;
    input.name = "in";
    input.paths = {directory_ + "/in.csv"};
    input.columns = {{"k", true}, {"v", true}};
    job_.inputs = {input};
    job_.make_map = [this](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
      return std::unique_ptr<MapTask>(std::make_unique<EchoMap>([this](const Record& record) { spy_(record); }, context));
    };
    job_.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> {
      return std::unique_ptr<ReduceTask>(std::make_unique<EchoReduce>());
    };
  }
  ~AttemptTest() override { EXPECT_TRUE(files_->remove_all(directory_).ok()); }

  void plan_input(const std::string& text) {
    ASSERT_TRUE(write_file(*files_, directory_ + "/in.csv", text).ok());
    auto plan = make_plan(*files_, job_, 1);
    ASSERT_TRUE(plan.ok()) << plan.error().to_string();
    plan_ = std::move(plan).value();
    ASSERT_TRUE(files_->make_directories(layout_.committed_directory()).ok());
  }
  AttemptResult map(const RunAttempt& run) { return run_map_attempt(surroundings(), run); }
  AttemptSurroundings surroundings() { return {*files_, memory_, plan_, job_, layout_, progress_, position_, regions_, side_data_, stop_}; }
  static std::string make_directory() {
    std::string pattern = ::testing::TempDir() + "sinter-attempt-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    return pattern;
  }
  PositionFile open_position() {
    auto made = PositionFile::create(directory_ + "/position");
    return std::move(made).value();
  }

  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  std::string directory_;
  JobLayout layout_;
  MemoryBudget memory_{"execution.memory", 256u << 20};
  JobDefinition job_;
  Plan plan_;
  ProgressBoard progress_;
  PositionFile position_;
  RegionCache regions_;
  SideData side_data_{*files_, plan_, job_};
  std::atomic<bool> stop_{false};
  std::function<void(const Record&)> spy_ = [](const Record&) {};
};

constexpr AttemptId kMap{{0, 0}, 1};
const Stage kReduceStage{.work = StageWork::Reduce, .input_tasks = 1};

TEST_F(AttemptTest, maps_then_reduces_in_key_order) {
  plan_input("k,v\nb,1\na,2\nb,3\n");
  const AttemptResult mapped = map({kMap, {}, false, {}, {}});
  ASSERT_TRUE(mapped.status.ok()) << mapped.status.error().to_string();
  EXPECT_EQ(mapped.counters.at("rows"), 3u);
  EXPECT_EQ(progress_.read().rows, 3u);
  EXPECT_EQ(progress_.read().bytes, plan_.input_bytes);
  ASSERT_TRUE(files_->rename(layout_.attempt_result(kMap), layout_.result(kMap.task)).ok());
  const AttemptId reduce{{1, 0}, 1};
  const AttemptResult reduced = run_reduce_attempt(surroundings(), {reduce, kReduceStage, false, {}, {}});
  ASSERT_TRUE(reduced.status.ok()) << reduced.status.error().to_string();
  EXPECT_EQ(*read_file(*files_, layout_.attempt_result(reduce)), "\"a\"=2 \n\"b\"=1 3 \n");
  EXPECT_EQ(memory_.used_bytes(), 0u);
}

std::string key_of(std::string_view text) {
  std::string key;
  append_key_string(key, text);
  return key;
}

TEST_F(AttemptTest, a_reduce_ends_before_the_key_that_it_is_asked_for_unless_it_has_come_so_far) {
  plan_input("k,v\na,1\nb,2\nc,3\nd,4\n");
  ASSERT_TRUE(map({kMap, {}, false, {}, {}}).status.ok());
  ASSERT_TRUE(files_->rename(layout_.attempt_result(kMap), layout_.result(kMap.task)).ok());
  // The border lies between two keys, is one, is passed, or is behind the range's end.
  struct Case {
    std::string border, end, written;
    bool cut;
  };
  for (const Case& one : {Case{"bb", "", "\"a\"=1 \n\"b\"=2 \nfinished\n", true}, Case{"c", "", "\"a\"=1 \n\"b\"=2 \nfinished\n", true},
                          Case{"a", "", "\"a\"=1 \n\"b\"=2 \n\"c\"=3 \n\"d\"=4 \nfinished\n", false},
                          Case{"d", "c", "\"a\"=1 \n\"b\"=2 \nfinished\n", false}}) {
    SCOPED_TRACE(one.border);
    job_.make_reduce = [&](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> {
      return std::unique_ptr<ReduceTask>(std::make_unique<AskingReduce>(progress_.range, key_of(one.border)));
    };
    const AttemptId reduce{{1, 0}, 1};
    const KeyRange range{"", one.end.empty() ? "" : key_of(one.end)};
    progress_.range.begin(range.end);
    const AttemptResult reduced = run_reduce_attempt(surroundings(), {reduce, kReduceStage, false, {}, range});
    ASSERT_TRUE(reduced.status.ok()) << reduced.status.error().to_string();
    EXPECT_EQ(*read_file(*files_, layout_.attempt_result(reduce)), one.written);
    const RangeDesk::View view = progress_.range.look();
    EXPECT_EQ(view.cut_at.has_value(), one.cut);
    EXPECT_EQ(view.refused, !one.cut);
    EXPECT_FALSE(view.group.empty());
    EXPECT_EQ(progress_.range.close(), one.cut ? key_of(one.border) : range.end);
    progress_.range.ask(key_of("a"));
    EXPECT_EQ(progress_.range.close(), one.cut ? key_of(one.border) : range.end) << "it has ended";
  }
}

TEST_F(AttemptTest, a_stage_that_the_job_does_not_have_is_refused) {
  plan_input("k,v\nb,1\n");
  for (const Stage& stage :
       {Stage{.work = StageWork::Step}, Stage{.work = StageWork::Round, .round = 1}, Stage{.work = StageWork::Reduce, .round = 1}}) {
    const AttemptResult result = run_reduce_attempt(surroundings(), {{{1, 0}, 1}, stage, false, {}, {}});
    ASSERT_FALSE(result.status.ok());
    EXPECT_THAT(result.status.error().to_string(), HasSubstr("other stages"));
  }
}

TEST_F(AttemptTest, careful_mode_shows_each_record_in_the_position_file_before_it_is_mapped) {
  plan_input("k,v\na,1\nb,2\n");
  std::vector<std::uint64_t> lines;
  spy_ = [&](const Record&) {
    const ReadPosition at = ReadPosition::of(directory_ + "/position");
    lines.push_back(at.record ? at.record->line : 0);
  };
  ASSERT_TRUE(map({kMap, {}, true, {}, {}}).status.ok());
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_FALSE(ReadPosition::of(directory_ + "/position").record.has_value());
}

TEST_F(AttemptTest, a_skipped_record_goes_to_the_rejects_and_is_counted) {
  plan_input("k,v\na,1\nb,2\nc,3\n");
  const AttemptResult result = map({kMap, {}, true, {{0, 8, 3}}, {}});
  ASSERT_TRUE(result.status.ok()) << result.status.error().to_string();
  EXPECT_EQ(result.counters.at("rows"), 2u);
  EXPECT_EQ(result.counters.at("rows_read"), 1u);
  EXPECT_EQ(result.counters.at("rows_rejected"), 1u);
  const std::string rejects = *read_file(*files_, layout_.attempt_rejects(kMap));
  EXPECT_THAT(rejects, HasSubstr("\"rule\":\"crashed_worker\""));
  EXPECT_THAT(rejects, HasSubstr("\"line\":3,\"offset\":8"));
  EXPECT_THAT(rejects, HasSubstr("\"record\":\"b,2\""));
}

TEST_F(AttemptTest, an_exception_is_an_error_and_careful_mode_knows_its_record) {
  plan_input("k,v\na,1\nb,2\n");
  spy_ = [](const Record& record) {
    if (record.fields[0].text == "b") throw std::runtime_error("no b, please");
  };
  const AttemptResult fast = map({kMap, {}, false, {}, {}});
  EXPECT_TRUE(fast.threw);
  EXPECT_FALSE(fast.record.has_value());
  EXPECT_THAT(fast.status.error().to_string(), HasSubstr("no b, please"));
  const AttemptResult careful = map({{{0, 0}, 2}, {}, true, {}, {}});
  EXPECT_EQ(careful.record, (RecordAt{0, 8, 3}));
  EXPECT_THAT(careful.status.error().to_string(), HasSubstr("line 3"));
}

TEST_F(AttemptTest, a_stop_request_ends_it) {
  plan_input("k,v\na,1\n");
  stop_ = true;
  EXPECT_FALSE(map({kMap, {}, false, {}, {}}).status.ok());
}

TEST_F(AttemptTest, a_changed_input_is_the_users_error) {
  plan_input("k,v\na,1\n");
  ASSERT_TRUE(write_file(*files_, directory_ + "/in.csv", "k,v\na,1\nb,2\n").ok());
  const AttemptResult result = map({kMap, {}, false, {}, {}});
  ASSERT_FALSE(result.status.ok());
  EXPECT_EQ(result.status.error().fault(), Fault::User);
  EXPECT_THAT(result.status.error().to_string(), HasSubstr("changed while the job was running"));
}

}  // namespace
}  // namespace sinter

// Control messages: round trips, limits, and mutated bytes.
#include "framework/runtime/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "framework/runtime/range_desk.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

const AttemptId kAttempt{{1, 7}, 3};
const Stage kStage{StageWork::Round, 0, 3, 1, 12, 5, 0};

template <class T>
T round_trip(const T& value) {
  const auto back = from_message<T>(to_message(value));
  EXPECT_TRUE(back.ok());
  return *back;
}

TEST(MessagesTest, each_message_comes_back_as_it_was) {
  EXPECT_EQ(round_trip(Hello{kControlProtocolVersion, 9}).worker, 9u);
  const sinter::Setup setup = round_trip(sinter::Setup{"/scratch", 250, "here", "/home/jobs", ""});
  EXPECT_EQ(setup.scratch_directory, "/scratch");
  EXPECT_EQ(setup.host, "here");
  EXPECT_EQ(setup.working_directory, "/home/jobs");
  const RunAttempt run = round_trip(RunAttempt{kAttempt, kStage, true, {{1, 70, 7}, {1, 80, 8}}, {"a", std::string("\0b", 2)},
                                               {{"there", "tcp://there:7078", "key", "/scratch/run-12", {kAttempt}}}});
  ASSERT_EQ(run.inputs.size(), 1u);
  EXPECT_EQ(run.inputs[0].endpoint, "tcp://there:7078");
  EXPECT_EQ(run.inputs[0].attempts, (std::vector<AttemptId>{kAttempt}));
  EXPECT_EQ(run.attempt, kAttempt);
  EXPECT_EQ(run.stage, kStage);
  EXPECT_TRUE(run.careful);
  EXPECT_EQ(run.skip, (std::vector<RecordAt>{{1, 70, 7}, {1, 80, 8}}));
  EXPECT_EQ(run.range, (KeyRange{"a", std::string("\0b", 2)}));
  const Beat beat = round_trip(Beat{kAttempt, 5, {1, 2, 3, "at line 7"}, UINT64_MAX});
  EXPECT_EQ(beat.attempt, kAttempt);
  EXPECT_EQ(beat.peak_memory_bytes, UINT64_MAX);
  EXPECT_EQ(beat.progress.status, "at line 7");
  EXPECT_FALSE(round_trip(Beat{}).attempt.has_value());
  EXPECT_EQ(round_trip(Beat{kAttempt, 5, {}, 0, "at", "before", true}).cut_at, "before");
  EXPECT_EQ(round_trip(AttemptDone{kAttempt, {}, {}, 0, {}, "before"}).end, "before");
  EXPECT_EQ(round_trip(CutRange{kAttempt, "before"}).border, "before");
  EXPECT_EQ(round_trip(AttemptDone{kAttempt, {{"rows", 3}}, {}, 0}).counters, (Counters{{"rows", 3}}));
  EXPECT_EQ(round_trip(AttemptDone{kAttempt, {}, {}, 0, {{"result", UINT64_MAX}}}).checksums[0].checksum, UINT64_MAX);
}

TEST(MessagesTest, the_bytes_are_those_of_the_format_page) {
  const AttemptDone done{{{0, 2}, 1}, {{"n", 300}}, {5, 40, 0, ""}, 1u << 20};
  EXPECT_EQ(encode(done), std::string("\x00\x02\x01\x01\x01n\xac\x02\x05\x28\x00\x00\x80\x80\x40\x00\x00", 17));
}

TEST(MessagesTest, an_error_keeps_all_it_says) {
  const Error error = Error(Fault::User, "bad", true).with_hint("fix").with_context("inner").with_context("outer");
  const AttemptFailed failed = round_trip(AttemptFailed{kAttempt, WireError::of(error), true, RecordAt{0, 1, 2}});
  EXPECT_EQ(failed.error.error(), error);
  EXPECT_EQ(failed.record, (RecordAt{0, 1, 2}));
}

TEST(MessagesTest, long_error_texts_are_cut) {
  const WireError wire = WireError::of(user_error(std::string(1'000'000, 'x')));
  EXPECT_LT(wire.message.size(), kMaxErrorTextBytes + 10);
}

TEST(MessagesTest, another_protocol_version_is_refused_in_words) {
  const auto hello = from_message<Hello>(to_message(Hello{kControlProtocolVersion + 1, 1}));
  ASSERT_FALSE(hello.ok());
  EXPECT_THAT(hello.error().message(), HasSubstr("different sinter versions"));
}

TEST(MessagesTest, limits_are_enforced_by_name) {
  AttemptDone done{kAttempt, {}, {}, 0};
  for (std::size_t i = 0; i <= kMaxCounters; ++i) done.counters[std::to_string(i)] = i;
  EXPECT_THAT(from_message<AttemptDone>(to_message(done)).error().message(), HasSubstr("kMaxCounters"));
}

TEST(MessagesTest, an_attempt_that_cannot_be_is_refused) {
  EXPECT_FALSE(from_message<RunAttempt>(to_message(RunAttempt{{{0, 0}, 0}, {}, false, {}, {}})).ok());
  EXPECT_FALSE(from_message<CutRange>(to_message(CutRange{kAttempt, ""})).ok());
  EXPECT_FALSE(from_message<Beat>(to_message(Beat{kAttempt, 5, {}, 0, std::string(kMaxPositionBytes + 1, 'k')})).ok());
  EXPECT_FALSE(from_message<RunAttempt>(to_message(RunAttempt{kAttempt, {.work = static_cast<StageWork>(9)}, false, {}, {}})).ok());
}

TEST(MessagesTest, a_count_beyond_the_bytes_left_is_refused_before_memory_is_taken) {
  std::string body = encode(RunAttempt{kAttempt, {}, false, {}, {}});
  std::string lie = body.substr(0, 10);
  append_varint(lie, std::uint64_t{1} << 60);
  EXPECT_FALSE(from_message<RunAttempt>({static_cast<std::uint16_t>(MessageKind::RunAttempt), lie}).ok());
}

TEST(MessagesTest, bytes_left_over_are_refused) {
  net::Message message = to_message(Hello{kControlProtocolVersion, 1});
  message.body += 'x';
  EXPECT_FALSE(from_message<Hello>(message).ok());
}

TEST(MessagesTest, mutated_bytes_give_a_value_or_an_error) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const net::Message good =
      to_message(AttemptFailed{kAttempt, WireError::of(user_error("bad").with_context("a").with_context("b")), true, RecordAt{1, 2, 3}});
  int refused = 0;
  for (int i = 0; i < 200'000; ++i) {
    net::Message message = good;
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes)
      message.body[random.below(message.body.size())] = static_cast<char>(random.next());
    if (random.below(4) == 0) message.body.resize(random.below(message.body.size()));
    refused += from_message<AttemptFailed>(message).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);
}

struct Nested {
  std::vector<Nested> inner;
  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & inner; }
};

TEST(WireArchiveTest, nesting_is_followed_to_a_limit_only) {
  Nested deep;
  Nested* at = &deep;
  for (unsigned i = 0; i < kMaxWireDepth + 2; ++i) at = &at->inner.emplace_back();
  EXPECT_FALSE(decode<Nested>(encode(deep), "nest").ok());
  EXPECT_TRUE(decode<Nested>(encode(deep.inner[0].inner[0].inner[0]), "nest").ok());
}

}  // namespace
}  // namespace sinter

// Messages of a cluster: round trips, limits, hostile names and mutated bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "framework/cluster/admin_messages.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/file_messages.hpp"
#include "framework/cluster/node_messages.hpp"

namespace sinter::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T round_trip(const T& value) {
  const auto back = unpack<T>(pack(value));
  EXPECT_TRUE(back.ok()) << back.error().to_string();
  return *back;
}

NodeHello hello() {
  return {kClusterProtocolVersion, "rack-1", "boot 1", "tcp://rack-1:7078", 16, 64u << 30, 77, true, {3}, {{3, 9, AttemptId{{0, 1}, 1}}}};
}

TEST(ClusterMessagesTest, each_message_comes_back_as_it_was) {
  EXPECT_EQ(round_trip(hello()).endpoint, "tcp://rack-1:7078");
  EXPECT_EQ(round_trip(OpenRun{7, "plan bytes", "/home", "secret", {}}).plan, "plan bytes");
  EXPECT_EQ(round_trip(ToWorker{7, 3, 5, std::string("\0x", 2)}).body, std::string("\0x", 2));
  EXPECT_THAT(round_trip(DropFiles{7, {"a/b", "c"}}).names, ElementsAre("a/b", "c"));
  EXPECT_THAT(round_trip(FromWorker{7, 3, 5, "body", "/scratch", {"attempts/x/result"}}).files, ElementsAre("attempts/x/result"));
  const AccessList access =
      round_trip(AccessList{{{"ada", "read", "sinter-key-x", 5, true}}, {{"abcdefgh", "node", 9, 2, "lab", {"ada"}}}});
  EXPECT_EQ(access.members.at(0).name, "ada");
  EXPECT_THAT(access.tokens.at(0).joined, ElementsAre("ada"));
  EXPECT_EQ(round_trip(RevokeAccess{AccessKind::Token, "abcdefgh"}).what, AccessKind::Token);
  EXPECT_FALSE(unpack<RevokeAccess>(pack(RevokeAccess{static_cast<AccessKind>(2), "x"})).ok());
  const WorkerIsGone gone = round_trip(WorkerIsGone{7, 3, Loss::Killed, "was killed", RecordAt{1, 2, 3}, "group", "tail"});
  EXPECT_EQ(gone.record, (RecordAt{1, 2, 3}));
  EXPECT_EQ(gone.loss, Loss::Killed);
  EXPECT_THAT(round_trip(WorkerIsGone{7, 3, Loss::Crash, "", {}, {}, "", "/scratch", {"logs/x"}}).files, ElementsAre("logs/x"));
  EXPECT_EQ(round_trip(KillWorker{7, 3, AttemptId{{0, 1}, 2}}).attempt, (AttemptId{{0, 1}, 2}));
  EXPECT_FALSE(round_trip(KillWorker{7, 3}).attempt.has_value());
  EXPECT_EQ(round_trip(Submit{kClusterProtocolVersion, "fusion", "job", "/home", true, false, 3, true, true, {}, "key"}).overwrite, true);
  Submit submit;
  submit.submission = UINT64_MAX;
  EXPECT_EQ(round_trip(submit).submission, UINT64_MAX);
}

TEST(ClusterMessagesTest, messages_about_files_come_back_as_they_were) {
  const std::string hash(64, 'a');
  EXPECT_EQ(round_trip(OfferFiles{kClusterProtocolVersion, 7, {{hash, 12}}}).files[0].size_bytes, 12u);
  EXPECT_EQ(round_trip(WantFiles{{{hash, 5}}}).files[0].have_bytes, 5u);
  EXPECT_EQ(round_trip(PutBytes{{{hash, 5, std::string("\0x", 2)}}}).pieces[0].bytes, std::string("\0x", 2));
  EXPECT_THAT(round_trip(TookBytes{12, {hash}}).spoiled, ElementsAre(hash));
  EXPECT_THAT(round_trip(OutputsAt{3, "tcp://*:1", "key", "secret", {"/out"}, {}}).paths, ElementsAre("/out"));
  EXPECT_EQ(round_trip(LookForFiles{9, {{"/a", 1, -2, false}}}).files[0].modified_ns, -2);
  EXPECT_EQ(round_trip(FilesSeen{9, "/a", "node 'b'"}).by, "node 'b'");
  OpenRun open{7, "plan", "/home", "secret", ShippedInputs{"host", "/files", "tcp://*:1", "key", {{"/a", 1, hash}}}};
  EXPECT_EQ(round_trip(open).shipped->files[0].hash, hash);
}

TEST(ClusterMessagesTest, code_of_a_job_comes_back_as_it_was_and_stays_in_its_directory) {
  const std::string hash(64, 'a');
  Submit submit;
  submit.planned = PlannedJob{"1.2", {}, "plan", {true, {"--force"}, {{"program", 5, hash}, {"lib/libx.so", 6, hash}}}};
  submit.planned->outline.steps = {{"first", true}};
  submit.planned->outline.side_outputs = {{"side", {"out/side.csv", "a,b\n", ".csv"}}};
  const Submit back = round_trip(submit);
  EXPECT_EQ(back.planned->plan, "plan");
  EXPECT_EQ(back.planned->outline.steps[0].name, "first");
  EXPECT_EQ(back.planned->outline.side_outputs[0].output.header, "a,b\n");
  EXPECT_EQ(back.planned->code.files[1].path, "lib/libx.so");
  const auto refusal = [&](const std::string& name, std::uint64_t size, bool is_program) {
    submit.planned->code = {is_program, {}, {{name, size, hash}}};
    return unpack<Submit>(pack(submit)).error().message();
  };
  EXPECT_THAT(refusal("../program", 5, false), HasSubstr("outside its directory"));
  EXPECT_THAT(refusal("program", kMaxCodeBytes + 1, true), HasSubstr("kMaxCodeBytes"));
  EXPECT_THAT(refusal("lib/x.so", 5, true), HasSubstr("no program"));
  submit.planned->code = {};
  submit.planned->plan = std::string(kMaxSentPlanBytes + 1, 'x');
  EXPECT_THAT(unpack<Submit>(pack(submit)).error().message(), HasSubstr("kMaxSentPlanBytes"));
}

TEST(ClusterMessagesTest, files_that_are_no_files_or_too_many_are_refused) {
  const std::string hash(64, 'a');
  Submit submit;
  submit.shipped = {{"/a", 1, "../../etc/passwd"}};
  EXPECT_THAT(unpack<Submit>(pack(submit)).error().message(), HasSubstr("no content hash"));
  submit.shipped.assign(200, {std::string(100'000, 'x'), 1, hash});
  EXPECT_THAT(unpack<Submit>(pack(submit)).error().message(), HasSubstr("kMaxShippedListBytes"));
  OfferFiles offer;
  offer.files.assign(kMaxShippedFiles + 1, {hash, 1});
  EXPECT_THAT(unpack<OfferFiles>(pack(offer)).error().message(), HasSubstr("kMaxShippedFiles"));
  PutBytes put{{{hash, 0, std::string(kMaxPutBytes + 1, 'x')}}};
  EXPECT_THAT(unpack<PutBytes>(pack(put)).error().message(), HasSubstr("kMaxPutBytes"));
  LookForFiles look;
  look.files.resize(kMaxSeenFiles + 1);
  EXPECT_THAT(unpack<LookForFiles>(pack(look)).error().message(), HasSubstr("kMaxSeenFiles"));
}

TEST(ClusterMessagesTest, a_report_travels_whole) {
  JobReport report;
  report.counters = {{"rows_read", 12}};
  report.histograms = {{"sizes", 3, 0.5, 1.25, -2, 1e300, 7}};
  report.outputs = {{"out.csv", 10, UINT64_MAX}};
  report.stages = {{"map", 4, 4, 0, 12, 100, 1, 30, "busy"}};
  report.summary = "last";
  report.peak_worker_memory_bytes = 1u << 30;
  const RunEnded ended = round_trip(RunEnded{3, report, {}});
  ASSERT_TRUE(ended.report.has_value());
  EXPECT_EQ(ended.report->counters, report.counters);
  EXPECT_EQ(ended.report->histograms[0].median, 1.25);
  EXPECT_EQ(ended.report->histograms[0].percentile_99, 1e300);
  EXPECT_EQ(ended.report->outputs[0].checksum, UINT64_MAX);
  EXPECT_EQ(ended.report->stages[0].status, "busy");
  EXPECT_EQ(ended.report->peak_worker_memory_bytes, 1u << 30);
  const Error error = user_error("no such file").with_hint("make it");
  EXPECT_EQ(round_trip(RunEnded{3, {}, WireError::of(error)}).error.error().hint(), "make it");
}

TEST(ClusterMessagesTest, peers_of_another_version_are_told_so) {
  NodeHello node = hello();
  node.protocol_version += 1;
  EXPECT_THAT(unpack<NodeHello>(pack(node)).error().message(), HasSubstr("different sinter versions"));
  Submit submit;
  submit.protocol_version = 0;
  EXPECT_THAT(unpack<Submit>(pack(submit)).error().message(), HasSubstr("the client speaks cluster protocol 0"));
}

TEST(ClusterMessagesTest, values_outside_their_limits_are_refused_by_name) {
  NodeHello node = hello();
  node.slots = 0;
  EXPECT_THAT(unpack<NodeHello>(pack(node)).error().message(), HasSubstr("kMaxSlotsPerNode"));
  node = hello();
  node.name = std::string(kMaxNodeNameBytes + 1, 'n');
  EXPECT_THAT(unpack<NodeHello>(pack(node)).error().message(), HasSubstr("kMaxNodeNameBytes"));
  WorkerIsGone gone;
  gone.loss = static_cast<Loss>(99);
  EXPECT_FALSE(unpack<WorkerIsGone>(pack(gone)).ok());
  FromWorker from;
  from.files.assign(kMaxAttemptFiles + 1, "x");
  EXPECT_THAT(unpack<FromWorker>(pack(from)).error().message(), HasSubstr("kMaxAttemptFiles"));
  from.files = {"attempts/x/result"};
  from.sent_along = {{"attempts/x/result", std::string(kMaxSentAlongBytes - 17, 'x')}};
  EXPECT_EQ(unpack<FromWorker>(pack(from))->sent_along, from.sent_along);
  from.sent_along["y"] = "";
  EXPECT_THAT(unpack<FromWorker>(pack(from)).error().message(), HasSubstr("kMaxSentAlongBytes"));
  RunProgress progress;
  progress.progress.stages.resize(1);
  progress.progress.stage = 1;
  EXPECT_FALSE(unpack<RunProgress>(pack(progress)).ok());
}

TEST(ClusterMessagesTest, names_never_lead_out_of_a_jobs_directory) {
  for (const std::string name : {"", "/etc/passwd", "..", "a/../../b", "a//b", "./a", "a/.", "a/..", "a/"}) {
    EXPECT_FALSE(unpack<DropFiles>(pack(DropFiles{1, {name}})).ok()) << name;
    EXPECT_FALSE(unpack<FromWorker>(pack(FromWorker{1, 1, 5, "", "/s", {name}})).ok()) << name;
  }
  EXPECT_FALSE(unpack<DropFiles>(pack(DropFiles{1, {std::string("a\0b", 3)}})).ok());
  EXPECT_TRUE(unpack<DropFiles>(pack(DropFiles{1, {"attempts/stage-0-1-1/..x"}})).ok());
}

TEST(ClusterMessagesTest, mutated_bytes_give_a_value_or_an_error) {
  constexpr std::uint64_t kSeed = 5;
  Random random(kSeed);
  const net::Message good = pack(FromWorker{7, 3, 5, "body", "/scratch", {"attempts/x/result", "logs/x"}});
  for (int round = 0; round < 20'000; ++round) {
    net::Message bad = good;
    for (std::uint64_t i = 0; i <= random.below(3); ++i)
      bad.body[random.below(bad.body.size())] = static_cast<char>(random.below(256));
    (void)unpack<FromWorker>(bad);
    bad.body.resize(random.below(bad.body.size()));
    EXPECT_FALSE(unpack<FromWorker>(bad).ok()) << "seed " << kSeed << " round " << round;
  }
  const net::Message put = pack(PutBytes{{{std::string(64, 'a'), 5, "bytes"}, {std::string(64, 'b'), 0, ""}}});
  for (int round = 0; round < 5'000; ++round) {
    net::Message bad = put;
    bad.body[random.below(bad.body.size())] = static_cast<char>(random.below(256));
    (void)unpack<PutBytes>(bad);
    bad.body.resize(random.below(bad.body.size()));
    EXPECT_FALSE(unpack<PutBytes>(bad).ok()) << "seed " << kSeed << " round " << round;
  }
}

}  // namespace
}  // namespace sinter::cluster

// Jobs on a cluster whose files only the client has: sent there, and results fetched, with the bytes of one machine; also when somebody
// dies in between.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/random.hpp"
#include "framework/cluster/identity.hpp"
#include "framework/cluster/sent_files.hpp"
#include "tests/cluster/lan.hpp"

namespace sinter::testing {
namespace {

constexpr const char* kJob = R"(version: 1
name: readings
schema: { sensor: string, value: double }
sources:
  all: { from: "in/*.csv" }
entity: { key: sensor }
clean: { value: [ { strip_suffix: mm }, number ] }
fuse: { attributes: { value: mean } }
output: { fused: { to: out/fused.csv } }
execution: { split_size: 64KiB, reduce_size: 64KiB, memory: 16MiB }
)";

class ShippedTest : public ::testing::Test {
 protected:
  static std::string make_job(Lan& lan, std::uint64_t rows) {
    Random random(11);
    for (const std::string name : {"one.csv", "two.csv"}) {
      std::string text = "sensor,value\n";
      for (std::uint64_t row = 0; row < rows; ++row) {
        text += "s" + std::to_string(random.below(rows / 4 + 1)) + "," + std::to_string(random.below(100000));
        text += random.below(500) == 0 ? "?\n" : "mm\n";
      }
      lan.directory().write("job/in/" + name, text);
    }
    return lan.directory().write("job/job.yaml", kJob);
  }
  /// Many bytes of which little is read: sending them takes a while, fusing them does not.
  static void make_large(Lan& lan) {
    std::string text = "sensor,value,note\n";
    for (int row = 0; row < 600; ++row) text += "s" + std::to_string(row % 10) + ",1mm," + std::string(100'000, 'x') + "\n";
    lan.directory().write("job/in/large.csv", text);
  }
  static std::string result(Lan& lan, const std::string& name) {
    const std::string path = lan.directory() / ("job/" + name);
    return std::filesystem::exists(path) ? read_whole_file(path) : "none";
  }
  /// What the job leaves on this machine alone, moved away.
  static std::string expected(Lan& lan, const std::string& job) {
    const CommandResult here = lan.sinter({"run", job, "-q", "-j", "2", "--set", "execution.split_size=1MiB"});
    EXPECT_EQ(here.exit_code, 0) << here.err;
    std::filesystem::rename(lan.directory() / "job/out", lan.directory() / "job/here");
    return result(lan, "here/fused.csv");
  }
  static CommandResult run(Lan& lan, const std::string& job, std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--files", "shipped"});
    return lan.run(job, words);
  }
  static std::string without_run(std::string manifest) { return manifest.substr(0, manifest.find("\"run\"")); }
  static std::vector<std::string> kept(Lan& lan, const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(lan.directory() / ("tracker-data/" + directory)))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  /// However the keys were cut.
  static std::string rows_of_parts(Lan& lan, const std::string& directory) {
    std::string rows;
    for (const std::string& name : kept(lan, "../job/" + directory)) {
      if (!name.starts_with("part-")) continue;
      const std::string text = result(lan, directory + "/" + name);
      rows += text.substr(text.find('\n') + 1);
    }
    return rows;
  }
  static bool something_arrives(Lan& lan) {
    std::error_code gone;
    auto entry = std::filesystem::directory_iterator(lan.directory() / "tracker-data/files/arriving", gone);
    return !gone && entry != std::filesystem::directory_iterator();
  }
};

TEST_F(ShippedTest, gives_the_bytes_and_names_of_one_machine_and_leaves_no_results_at_the_tracker) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 20'000);
  const std::string expected_bytes = expected(lan, job);
  const CommandResult there = run(lan, job);
  ASSERT_EQ(there.exit_code, 0) << there.err << lan.log_of_tracker() << lan.log_of_node(0);
  EXPECT_NE(there.err.find("files     shipped: 2 files of"), std::string::npos) << there.err;
  EXPECT_TRUE(result(lan, "out/fused.csv") == expected_bytes);
  EXPECT_GT(expected_bytes.size(), 10'000u);
  EXPECT_EQ(result(lan, "out/fused.csv.rejects.jsonl"), result(lan, "here/fused.csv.rejects.jsonl"));
  EXPECT_NE(result(lan, "out/fused.csv.rejects.jsonl").find("in/one.csv"), std::string::npos);
  EXPECT_EQ(without_run(result(lan, "out/fused.csv.success.json")), without_run(result(lan, "here/fused.csv.success.json")));
  EXPECT_EQ(kept(lan, "jobs/1"), (std::vector<std::string>{"ended", "history", "numbers"}));
  EXPECT_EQ(kept(lan, "files").size(), 3u);  // two files, and where others arrive
  EXPECT_TRUE(wait_until([&] { return lan.left_on_nodes().empty(); }, 5));
  // What is there already is not replaced, and what the tracker has is not sent again.
  const CommandResult again = run(lan, job);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("out/fused.csv' exists"), std::string::npos) << again.err;
  const CommandResult forced = run(lan, job, {"--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_NE(forced.err.find("(0 B sent, the tracker had the others)"), std::string::npos) << forced.err;
  EXPECT_TRUE(result(lan, "out/fused.csv") == expected_bytes);
}

TEST_F(ShippedTest, tracker_and_nodes_need_not_see_the_clients_directories) {
  // A directory that only the client's processes see, mounted over an empty one.
  const std::vector<std::string> unshare = ::geteuid() == 0 ? std::vector<std::string>{"unshare", "-m"}
                                                            : std::vector<std::string>{"unshare", "-r", "-m"};
  std::vector<std::string> probe = unshare;
  probe.insert(probe.end(), {"sh", "-c", "mount -t tmpfs none /mnt"});
  if (run_command(probe).exit_code != 0) GTEST_SKIP() << "this user may not mount anything, not even in a namespace of its own";
  Lan lan(2, 1);
  const std::string job = make_job(lan, 20'000);
  const std::string expected_bytes = expected(lan, job);
  const std::string source = lan.directory() / "job";
  const std::string hidden = lan.directory() / "hidden";
  std::filesystem::create_directories(hidden);
  std::vector<std::string> words = unshare;
  words.insert(words.end(), {"sh", "-c",
                             "set -e; mount -t tmpfs none " + hidden + "; cp -r " + source + "/in " + source + "/job.yaml " + hidden +
                                 "; cd " + hidden + "; : > in/zero.csv; " + std::string(SINTER_BIN_DIR) +
                                 "/sinter run job.yaml --progress none --cluster " + lan.address() + "; cp -r out " +
                                 source + "/there"});
  const CommandResult there = run_command(words);
  ASSERT_EQ(there.exit_code, 0) << there.err << lan.log_of_tracker();
  EXPECT_NE(there.err.find("the tracker does not see " + hidden + "/in/one.csv"), std::string::npos) << there.err;
  EXPECT_NE(there.err.find("files     shipped: 3 files"), std::string::npos) << there.err;
  EXPECT_TRUE(result(lan, "there/fused.csv") == expected_bytes);
  EXPECT_NE(result(lan, "there/fused.csv.rejects.jsonl").find("in/one.csv"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(hidden));
}

TEST_F(ShippedTest, files_that_all_see_are_not_sent) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 2'000);
  const CommandResult there = lan.run(job);
  ASSERT_EQ(there.exit_code, 0) << there.err;
  EXPECT_NE(there.err.find("files     on shared paths"), std::string::npos) << there.err;
  EXPECT_EQ(kept(lan, "files"), std::vector<std::string>{"arriving"});
  // What was made to look for the output is gone.
  EXPECT_EQ(kept(lan, "../job").size(), 3u);
}

TEST_F(ShippedTest, a_directory_of_parts_comes_back_as_one) {
  Lan lan(2, 1);
  const std::string job = make_job(lan, 20'000);
  const CommandResult here = lan.sinter({"run", job, "-q", "-o", lan.directory() / "job/here/"});
  ASSERT_EQ(here.exit_code, 0) << here.err;
  for (const std::string force : {"-q", "--force"}) {
    const CommandResult there = run(lan, job, {"-o", lan.directory() / "job/there/", force});
    ASSERT_EQ(there.exit_code, 0) << there.err;
    EXPECT_GT(rows_of_parts(lan, "there").size(), 10'000u);
    EXPECT_TRUE(rows_of_parts(lan, "there") == rows_of_parts(lan, "here"));
    EXPECT_TRUE(std::filesystem::exists(lan.directory() / "job/there/_SUCCESS.json"));
  }
}

TEST_F(ShippedTest, a_detached_jobs_results_wait_until_they_are_fetched) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 20'000);
  const std::string expected_bytes = expected(lan, job);
  const CommandResult detached = run(lan, job, {"--detach"});
  ASSERT_EQ(detached.exit_code, 0) << detached.err;
  EXPECT_NE(detached.err.find("sinter job fetch 1 --cluster " + lan.address()), std::string::npos) << detached.err;
  EXPECT_TRUE(wait_until([&] { return lan.job("list").find("1  done") != std::string::npos; }, 60)) << lan.job("list");
  EXPECT_EQ(result(lan, "out/fused.csv"), "none");
  lan.restart_tracker(SIGKILL);
  const std::vector<std::string> fetch{"job", "fetch", "1", "--cluster", lan.address()};
  const CommandResult fetched = lan.sinter(fetch);
  EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
  EXPECT_NE(fetched.out.find("fused.csv"), std::string::npos) << fetched.out;
  EXPECT_TRUE(result(lan, "out/fused.csv") == expected_bytes);
  EXPECT_EQ(kept(lan, "jobs/1"), (std::vector<std::string>{"ended", "history", "numbers"}));
  const CommandResult again = lan.sinter(fetch);
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("was fetched already"), std::string::npos) << again.err;
}

TEST_F(ShippedTest, a_client_that_is_killed_while_it_sends_goes_on_where_it_was) {
  Lan lan(1, 1);
  const std::string job = make_job(lan, 1'000);
  make_large(lan);
  const std::string expected_bytes = expected(lan, job);
  {
    const auto client = lan.run_in_background(job, {"--files", "shipped", "--set", "execution.split_size=16MiB"});
    ASSERT_TRUE(wait_until([&] { return something_arrives(lan); }, 60));
    client->signal(SIGKILL);
    client->wait(10);
  }
  EXPECT_TRUE(something_arrives(lan));
  EXPECT_EQ(lan.job("list"), "no jobs\n");
  const CommandResult there = run(lan, job, {"--set", "execution.split_size=16MiB"});
  ASSERT_EQ(there.exit_code, 0) << there.err;
  EXPECT_NE(there.err.find("the tracker had the others"), std::string::npos) << there.err;
  EXPECT_TRUE(result(lan, "out/fused.csv") == expected_bytes);
  EXPECT_FALSE(something_arrives(lan));
}

TEST_F(ShippedTest, a_tracker_that_is_killed_while_files_arrive_or_while_the_job_runs_changes_nothing) {
  for (const bool sending : {true, false}) {
    SCOPED_TRACE(sending ? "while files arrive" : "while the job runs");
    Lan lan(2, 1);
    const std::string job = make_job(lan, sending ? 1'000 : 60'000);
    if (sending) make_large(lan);
    const std::string expected_bytes = expected(lan, job);
    const std::string splits = sending ? "execution.split_size=16MiB" : "execution.split_size=16KiB";
    const auto client = lan.run_in_background(job, {"--files", "shipped", "--set", splits});
    ASSERT_TRUE(wait_until([&] { return (sending ? something_arrives(lan) : !lan.workers(1).empty()) || !client->running(); }, 60));
    ASSERT_TRUE(client->running()) << read_whole_file(lan.directory() / "client.log");
    lan.restart_tracker(SIGKILL);
    EXPECT_EQ(client->wait(100), 0) << read_whole_file(lan.directory() / "client.log") << lan.log_of_tracker();
    EXPECT_TRUE(result(lan, "out/fused.csv") == expected_bytes);
    EXPECT_EQ(result(lan, "out/fused.csv.rejects.jsonl"), result(lan, "here/fused.csv.rejects.jsonl"));
  }
}

TEST_F(ShippedTest, a_file_that_changes_between_hash_and_upload_is_refused_and_not_kept) {
  Lan lan(0, 1);
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(LogLevel::Error);
  const cluster::Identity identity(lan.directory() / "home", lan.address());
  const cluster::ClientOptions options{cluster::endpoint_of(lan.address()), *identity.security(AccessRole::Submit), clock, log};
  const std::vector<std::string> names{"small.csv", "large.csv", "empty.csv"};
  const std::string large(3'000'000, 'x');
  const auto write_all = [&](const std::string& text) {
    lan.directory().write("small.csv", text);
    lan.directory().write("large.csv", large + text);
    lan.directory().write("empty.csv", "");
  };
  write_all("as it was");
  const std::vector<ShippedFile> shipped = [&] {
    cluster::ClientConnection tracker(options);
    EXPECT_TRUE(tracker.open().ok());
    return *cluster::hash_files(*files, lan.directory().path(), names, tracker);
  }();
  cluster::SentFiles sent;
  const auto send = [&]() -> Status {
    cluster::ClientConnection tracker(options);
    SINTER_TRY(tracker.open());
    sent = {};
    return cluster::send_files(tracker, *files, 1, shipped, sent);
  };
  for (const std::string text : {"as it is.", "longer than it was"}) {
    write_all(text);
    const Status changed = send();
    ASSERT_FALSE(changed.ok());
    EXPECT_NE(changed.error().message().find(".csv' changed while it was sent to the tracker"), std::string::npos);
    EXPECT_EQ(changed.error().fault(), Fault::User);
  }
  for (const std::string& name : kept(lan, "files"))
    EXPECT_TRUE(name == "arriving" || std::filesystem::is_empty(lan.directory() / ("tracker-data/files/" + name))) << name;
  write_all("as it was");
  const Status good = send();
  ASSERT_TRUE(good.ok()) << good.error().to_string();
  EXPECT_EQ(sent.bytes, 2 * 9 + large.size());
  EXPECT_EQ(kept(lan, "files").size(), 4u);
}

TEST_F(ShippedTest, files_above_the_quota_are_refused_and_nothing_is_left) {
  Lan lan(1, 1, "127.0.0.1:*", {"--files-quota", "100KiB"});
  const std::string job = make_job(lan, 20'000);
  const CommandResult there = run(lan, job);
  EXPECT_EQ(there.exit_code, 1);
  EXPECT_NE(there.err.find("of the 100 KiB that it keeps of clients' files (--files-quota)"), std::string::npos) << there.err;
  EXPECT_EQ(lan.job("list"), "no jobs\n");
  EXPECT_FALSE(something_arrives(lan));
  EXPECT_EQ(result(lan, "out/fused.csv"), "none");
  // A job that needs less runs.
  EXPECT_EQ(run(lan, make_job(lan, 1'000)).exit_code, 0);
}

}  // namespace
}  // namespace sinter::testing

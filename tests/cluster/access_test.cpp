// Tokens and members of a cluster that runs: made, listed and revoked as a person does it, at once, with no secret where others look.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/cluster/lan.hpp"
#include "tests/cluster/readings.hpp"

namespace sinter::testing {
namespace {

const std::string kProgram = std::string(SINTER_BIN_DIR) + "/sinter";

/// A Lan, and one more user elsewhere, who is a stranger at first.
class ClusterAccessTest : public ::testing::Test {
 protected:
  CommandResult as_admin(std::vector<std::string> words) {
    words.insert(words.end(), {"--cluster", lan_.address()});
    return lan_.sinter(std::move(words));
  }
  CommandResult as_other(std::vector<std::string> words) {
    words.insert(words.begin(), kProgram);
    return elsewhere(words);
  }
  CommandResult elsewhere(const std::vector<std::string>& words) {
    ::setenv("SINTER_HOME", (lan_.directory() / "elsewhere").c_str(), 1);
    CommandResult result = run_command(words, 60);
    ::setenv("SINTER_HOME", (lan_.directory() / "home").c_str(), 1);
    return result;
  }
  /// A file with a new token, made with these words.
  std::string token(std::vector<std::string> words) {
    words.insert(words.begin(), {"token", "create"});
    const CommandResult made = as_admin(std::move(words));
    EXPECT_EQ(made.exit_code, 0) << made.err;
    tokens_.push_back(made.out);
    return lan_.directory().write("token-" + std::to_string(tokens_.size()), made.out);
  }
  std::string id_of(const std::string& note) {
    const std::string list = as_admin({"token", "list"}).out;
    const std::size_t line = list.rfind('\n', list.find(note)) + 1;
    return list.substr(line, list.find(' ', line) - line);
  }
  CommandResult join(const std::string& file) { return as_other({"join", lan_.address(), "--token-file", file, "--name", "ada"}); }
  CommandResult jobs_of_other() { return as_other({"job", "list", "--cluster", lan_.address()}); }

  Lan lan_{0, 1};
  std::vector<std::string> tokens_;
};

TEST_F(ClusterAccessTest, a_token_lets_in_until_its_member_is_removed) {
  EXPECT_EQ(jobs_of_other().exit_code, 1);
  const std::string file = token({"--role", "read", "--for", "10m", "--uses", "2", "--note", "wall"});
  const std::string list = as_admin({"token", "list"}).out;
  EXPECT_NE(list.find("read  2 uses left"), std::string::npos) << list;
  // By a pipe, as another host's ssh would bring it.
  const CommandResult joined = elsewhere({"sh", "-c", "cat " + file + " | " + kProgram + " join " + lan_.address() +
                                                         " --token-file - --name ada"});
  ASSERT_EQ(joined.exit_code, 0) << joined.err;
  EXPECT_EQ(jobs_of_other().out, "no jobs\n");
  EXPECT_NE(as_admin({"token", "list"}).out.find("1 use left"), std::string::npos);
  EXPECT_NE(as_admin({"token", "list"}).out.find("joined: ada"), std::string::npos);
  EXPECT_NE(as_admin({"member", "list"}).out.find("ada  read"), std::string::npos);
  // Who may look may not do.
  const std::string job = lan_.directory().write(
      "job.yaml", "version: 1\nsources: { a: { from: a.csv } }\nentity: { key: k }\noutput: { fused: { to: o.csv } }\n");
  lan_.directory().write("a.csv", "k,v\n1,x\n");
  const CommandResult run = as_other({"run", job, "--cluster", lan_.address()});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("this key may not send messages"), std::string::npos) << run.err;

  const CommandResult removed = as_admin({"member", "remove", "ada"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(removed.out.find("ada"), std::string::npos);
  EXPECT_EQ(jobs_of_other().exit_code, 1);
  EXPECT_EQ(join(file).exit_code, 1) << "the token that it came by is gone too";
  EXPECT_EQ(as_admin({"member", "remove", "ada"}).exit_code, 1);
}

TEST_F(ClusterAccessTest, a_removed_node_is_gone_at_once) {
  const std::string file = token({});
  ::setenv("SINTER_HOME", (lan_.directory() / "elsewhere").c_str(), 1);
  BackgroundCommand node({std::string(SINTER_BIN_DIR) + "/sinter", "node", lan_.address(), "--name", "far", "--scratch",
                          lan_.directory() / "far", "--token-file", file},
                         lan_.directory() / "far.log");
  ::setenv("SINTER_HOME", (lan_.directory() / "home").c_str(), 1);
  ASSERT_TRUE(wait_until([&] { return lan_.job("nodes").find("far") != std::string::npos; }, 20))
      << read_whole_file(lan_.directory() / "far.log");
  EXPECT_NE(as_admin({"member", "list"}).out.find("far  node  connected"), std::string::npos);
  ASSERT_EQ(as_admin({"member", "remove", "far"}).exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return lan_.job("nodes") == "no nodes\n"; }, 20)) << lan_.job("nodes");
  EXPECT_TRUE(node.running()) << "it may be told so or not, but it decides nothing";
}

TEST_F(ClusterAccessTest, a_revoked_or_expired_token_lets_nobody_in) {
  const std::string revoked = token({"--note", "lab"});
  EXPECT_EQ(as_admin({"token", "revoke", id_of("lab")}).exit_code, 0);
  EXPECT_EQ(join(revoked).exit_code, 1);
  const std::string short_lived = token({"--role", "submit", "--for", "1ms"});
  EXPECT_EQ(join(short_lived).exit_code, 1);
  EXPECT_EQ(as_admin({"token", "list"}).out, "no join tokens\n");
  EXPECT_EQ(as_admin({"token", "create", "--role", "admin"}).exit_code, 1);
  EXPECT_EQ(as_admin({"token", "create", "--for", "31d"}).exit_code, 1);
  EXPECT_EQ(as_admin({"token", "create", "--uses", "0"}).exit_code, 1);
}

TEST_F(ClusterAccessTest, only_an_administrator_says_who_comes_in) {
  ASSERT_EQ(join(token({"--role", "submit"})).exit_code, 0);
  const CommandResult denied = as_other({"token", "create", "--cluster", lan_.address()});
  EXPECT_EQ(denied.exit_code, 1);
  EXPECT_NE(denied.err.find("who starts the tracker"), std::string::npos) << denied.err;
  // Nor is a key one because its file is called so.
  std::string name = lan_.address();
  name[name.find(':')] = '_';
  const std::string keys = lan_.directory() / ("elsewhere/" + name + "/");
  std::filesystem::copy(keys + "submit.key", keys + "admin.key");
  const CommandResult forged = as_other({"token", "create", "--cluster", lan_.address()});
  EXPECT_EQ(forged.exit_code, 1);
  EXPECT_NE(forged.err.find("this key may not send messages of the kind 170"), std::string::npos) << forged.err;
}

TEST_F(ClusterAccessTest, an_administrator_may_look_with_the_same_key) {
  const std::string home = lan_.directory() / "elsewhere";
  ASSERT_EQ(run_command({"cp", "-a", lan_.directory() / "home", home}).exit_code, 0);
  std::string name = lan_.address();
  name[name.find(':')] = '_';
  std::filesystem::rename(home + "/" + name + "/admin.key", home + "/" + name + "/submit.key");
  EXPECT_EQ(jobs_of_other().out, "no jobs\n") << jobs_of_other().err;
}

TEST_F(ClusterAccessTest, a_tracker_from_a_copy_of_its_data_is_the_same_tracker) {
  lan_.add_node(1);
  lan_.directory().write("a.csv", "k,v\n1,x\n");
  const std::string job = lan_.directory().write(
      "job.yaml",
      "version: 1\nsources: { a: { from: a.csv } }\nentity: { key: k }\nfuse: { default: vote }\noutput: { fused: { to: o.csv } }\n");
  ASSERT_EQ(lan_.run(job).exit_code, 0);
  ASSERT_EQ(join(token({"--role", "submit"})).exit_code, 0);
  lan_.tracker().signal(SIGTERM);
  ASSERT_EQ(lan_.tracker().wait(10), 0);
  const std::string data = lan_.directory() / "tracker-data";
  ASSERT_EQ(run_command({"cp", "-a", data, data + ".copy"}).exit_code, 0);
  std::filesystem::remove_all(data);
  std::filesystem::rename(data + ".copy", data);
  lan_.restart_tracker(0);
  EXPECT_TRUE(wait_until([&] { return lan_.job("nodes").find("node-0") != std::string::npos; }, 20)) << lan_.job("nodes");
  EXPECT_NE(jobs_of_other().out.find("1  done"), std::string::npos) << jobs_of_other().err;
}

TEST_F(ClusterAccessTest, what_administrators_do_is_logged_and_no_secret_is) {
  (void)token({"--note", "lab"});
  ASSERT_EQ(as_admin({"token", "revoke", id_of("lab")}).exit_code, 0);
  const std::string log = lan_.log_of_tracker();
  EXPECT_NE(log.find("an administrator asks for a join token"), std::string::npos) << log;
  EXPECT_NE(log.find("an administrator revokes"), std::string::npos) << log;
  EXPECT_NE(log.find("local-admin-"), std::string::npos) << log;
  for (const std::string& one : tokens_) EXPECT_EQ(log.find(one.substr(one.rfind('-') + 1, 20)), std::string::npos);
}

TEST_F(ClusterAccessTest, a_tracker_that_cannot_start_says_so_and_leaves_the_jobs_of_its_directory_alone) {
  const std::string data = lan_.directory() / "tracker-data";
  const CommandResult second = lan_.sinter({"tracker", "--listen", "127.0.0.1:*", "--data", data});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("another tracker uses '" + data + "'"), std::string::npos) << second.err;

  const CommandResult detached = lan_.run(make_readings_job(lan_.directory(), 10), {"--detach"});
  ASSERT_EQ(detached.exit_code, 0) << detached.err;
  lan_.tracker().signal(SIGTERM);
  ASSERT_EQ(lan_.tracker().wait(20), 0);
  // The port is its own already.
  const CommandResult taken = lan_.sinter({"tracker", "--listen", lan_.address(), "--data", data, "--http", lan_.address()});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_NE(taken.err.find("cannot serve HTTP at"), std::string::npos) << taken.err;
  std::filesystem::permissions(lan_.directory() / "home", std::filesystem::perms(0755));
  const CommandResult open = lan_.sinter({"tracker", "--listen", lan_.address(), "--data", data});
  EXPECT_EQ(open.exit_code, 1);
  EXPECT_NE(open.err.find("is open to other users"), std::string::npos) << open.err;
  std::filesystem::permissions(lan_.directory() / "home", std::filesystem::perms(0700));
  lan_.start_tracker_again();
  EXPECT_NE(lan_.job("list").find("waiting"), std::string::npos) << lan_.job("list");
}

}  // namespace
}  // namespace sinter::testing

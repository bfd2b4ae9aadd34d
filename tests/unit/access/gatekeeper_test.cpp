// The gatekeeper: rights survive a restart, and are what is on disk whatever operation of the disk fails.
#include "framework/access/gatekeeper.hpp"

#include <gtest/gtest.h>

#include "base/faulty_file_system.hpp"
#include "framework/access/access_list.hpp"
#include "framework/access/join_token.hpp"
#include "tests/unit/access/access_keys.hpp"

namespace sinter {
namespace {

constexpr Timestamp kStart{1'800'000'000'000'000};
constexpr Timestamp later(std::int64_t ms) { return {kStart.micros + ms * 1'000}; }
constexpr const char* kPath = "/access/list";

class GatekeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    log_.add_sink(make_memory_log_sink(log_lines_));
    ASSERT_TRUE(files_->make_directories("/access").ok());
  }
  std::unique_ptr<Gatekeeper> open(Timestamp now = kStart) { return Gatekeeper::open(*files_, kPath, now, log_).value(); }
  /// A token's public key, as its holder proves it.
  static net::PublicKey key_of(const std::string& text) { return net::key_pair_of(parse_join_token(text).value().secret).public_key; }

  std::shared_ptr<LogMemory> log_lines_ = std::make_shared<LogMemory>();
  Log log_;
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
};

TEST_F(GatekeeperTest, members_and_tokens_survive_a_restart) {
  std::string token;
  {
    const auto keeper = open();
    token = keeper->issue_token(key_number(100), {{AccessRole::Node, false}, 1'000, 2, "lab"}, kStart).value();
    EXPECT_EQ(parse_join_token(token).value().tracker_key, key_number(100));
    EXPECT_TRUE(keeper->allowed()->allows(key_of(token)));
    ASSERT_TRUE(keeper->join(key_of(token), key_number(1), "lab-1", later(1)).ok());
    EXPECT_TRUE(keeper->allowed()->allows(key_number(1)));
  }
  const auto keeper = open(later(2));
  EXPECT_EQ(keeper->grant_of(key_number(1), later(2)), (Grant{AccessRole::Node, false}));
  EXPECT_EQ(keeper->name_of(key_number(1)), "lab-1");
  EXPECT_TRUE(keeper->allowed()->allows(key_number(1)));
  EXPECT_TRUE(keeper->allowed()->allows(key_of(token)));
  EXPECT_TRUE(keeper->join(key_of(token), key_number(2), "lab-2", later(3)).ok());
  EXPECT_FALSE(keeper->join(key_of(token), key_number(3), "lab-3", later(4)).ok()) << "both uses are over, also over a restart";
  EXPECT_FALSE(open(later(1'000))->allowed()->allows(key_of(token))) << "its time has come while the tracker was down";
}

TEST_F(GatekeeperTest, revoking_takes_every_way_in) {
  const auto keeper = open();
  const std::string token = keeper->issue_token(key_number(100), {{AccessRole::Node, false}, 1'000, 9, ""}, kStart).value();
  ASSERT_TRUE(keeper->join(key_of(token), key_number(1), "lab-1", kStart).ok());
  ASSERT_TRUE(keeper->add_member(key_number(2), {AccessRole::Submit, true}, "ada", kStart).ok());
  EXPECT_EQ(keeper->revoke_member("nobody").error().fault(), Fault::User);
  EXPECT_EQ(keeper->revoke_token("lab-1").error().fault(), Fault::User) << "a member is no token, whatever it is called";
  EXPECT_EQ(keeper->revoke_member(token_id(key_of(token))).error().fault(), Fault::User);
  const std::uint64_t cuts = keeper->allowed()->revocations();
  ASSERT_TRUE(keeper->revoke_member("lab-1").ok());
  EXPECT_GT(keeper->allowed()->revocations(), cuts) << "its connections are cut";
  EXPECT_FALSE(keeper->allowed()->allows(key_number(1)));
  EXPECT_FALSE(keeper->allowed()->allows(key_of(token))) << "the machine still knows its token";
  ASSERT_TRUE(keeper->revoke_member(net::public_key_text(key_number(2))).ok());
  EXPECT_TRUE(open()->desk().members().empty()) << "on disk too";
  const std::string other = keeper->issue_token(key_number(100), {}, kStart).value();
  ASSERT_TRUE(keeper->revoke_token(token_id(key_of(other))).ok());
  EXPECT_FALSE(keeper->allowed()->allows(key_of(other)));
}

TEST_F(GatekeeperTest, expired_tokens_are_shut_out) {
  const auto keeper = open();
  const std::string token = keeper->issue_token(key_number(100), {}, kStart).value();
  keeper->expire(later(kDefaultTokenLifetimeMs - 1));
  EXPECT_TRUE(keeper->allowed()->allows(key_of(token)));
  keeper->expire(later(kDefaultTokenLifetimeMs));
  EXPECT_FALSE(keeper->allowed()->allows(key_of(token)));
}

TEST_F(GatekeeperTest, no_secret_is_on_disk_or_in_the_log) {
  const auto keeper = open();
  const std::string token = keeper->issue_token(key_number(100), {}, kStart).value();
  ASSERT_TRUE(keeper->join(key_of(token), key_number(1), "lab-1", kStart).ok());
  EXPECT_FALSE(keeper->join(key_of(token), key_number(2), "lab-2", kStart).ok());
  const std::string secret = token.substr(token.rfind('-') + 1);
  EXPECT_EQ(read_file(*files_, kPath).value().find(secret), std::string::npos);
  EXPECT_FALSE(log_lines_->lines().empty());
  EXPECT_FALSE(log_lines_->contains(secret));
  EXPECT_FALSE(log_lines_->contains(kJoinTokenPrefix));
}

TEST_F(GatekeeperTest, a_damaged_list_stops_the_start) {
  ASSERT_TRUE(write_file(*files_, kPath, "sinter-access 1\nmember x\n").ok());
  const auto opened = Gatekeeper::open(*files_, kPath, kStart, log_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().to_string().find("/access/list"), std::string::npos);
  EXPECT_NE(opened.error().to_string().find("line 2"), std::string::npos) << opened.error().to_string();
}

TEST_F(GatekeeperTest, what_was_granted_or_taken_holds_wherever_the_power_goes) {
  std::uint64_t operations = 0;
  int granted = 0;
  for (bool all_done = false; !all_done; ++operations) {
    ASSERT_LT(operations, 200u);
    const auto memory = make_memory_file_system();
    ASSERT_TRUE(memory->make_directories("/access").ok());
    FaultyFileSystem faulty(*memory);
    faulty.lose_power_after(operations);
    const auto keeper = Gatekeeper::open(faulty, kPath, kStart, log_).value();
    const bool added = keeper->add_member(key_number(1), {AccessRole::Node, false}, "lab-1", kStart).ok();
    EXPECT_EQ(keeper->allowed()->allows(key_number(1)), added);
    const auto token = keeper->issue_token(key_number(100), {}, kStart);
    const bool joined = token.ok() && keeper->join(key_of(*token), key_number(2), "lab-2", kStart).ok();
    EXPECT_EQ(keeper->allowed()->allows(key_number(2)), joined);
    const bool revoked = added && keeper->revoke_member("lab-1").ok();
    EXPECT_FALSE(keeper->allowed()->allows(key_number(1))) << "revoked at once, written or not";
    all_done = revoked && joined;
    ASSERT_TRUE(faulty.crash().ok());
    const auto after = Gatekeeper::open(faulty, kPath, kStart, log_);
    ASSERT_TRUE(after.ok()) << "never half a list: " << after.error().to_string();
    if (joined) {
      EXPECT_TRUE((*after)->allowed()->allows(key_number(2))) << "power lost after " << operations << " operations";
    }
    if (revoked) {
      EXPECT_FALSE((*after)->allowed()->allows(key_number(1))) << "power lost after " << operations << " operations";
    } else if (added) {
      EXPECT_TRUE((*after)->allowed()->allows(key_number(1))) << "power lost after " << operations << " operations";
    }
    granted += joined ? 1 : 0;
  }
  EXPECT_GT(granted, 1);
}

}  // namespace
}  // namespace sinter

// The access list: its text, its mistakes with their lines, hostile bytes.
#include "framework/access/access_list.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/unit/access/access_keys.hpp"

namespace sinter {
namespace {

constexpr Timestamp kStart{1'800'000'000'000'000};

JoinDesk desk_with_everything() {
  JoinDesk desk;
  TokenTerms terms;
  terms.uses = 3;
  terms.note = "rack-7";
  EXPECT_TRUE(desk.issue(key_number(1), terms, kStart).ok());
  EXPECT_TRUE(desk.issue(key_number(2), {{AccessRole::Submit, true}, 5'000, 1, ""}, kStart).ok());
  EXPECT_TRUE(desk.join(key_number(1), key_number(3), "lab-1", kStart).ok());
  EXPECT_TRUE(desk.join(key_number(1), key_number(4), "lab-2", kStart).ok());
  EXPECT_TRUE(desk.join(key_number(2), key_number(5), "ada", kStart).ok());
  EXPECT_TRUE(desk.add_member(key_number(6), {AccessRole::Read, false}, "wall.display", kStart).ok());
  EXPECT_TRUE(desk.add_member(key_number(7), {AccessRole::Admin, false}, "local-admin", kStart).ok());
  return desk;
}

TEST(AccessList, reads_back_as_it_was) {
  const JoinDesk desk = desk_with_everything();
  const std::string text = access_list_text(desk);
  EXPECT_EQ(parse_access_list(text).value(), desk);
  EXPECT_EQ(access_list_text(parse_access_list(text).value()), text);
  EXPECT_EQ(access_list_text({}), "sinter-access 1\n");
  EXPECT_NE(text.find("submit+native 2027-01-15T08:00:00Z ada\n"), std::string::npos) << text;
}

TEST(AccessList, names_the_line_that_is_wrong) {
  const std::string good = access_list_text(desk_with_everything());
  const std::string key = net::public_key_text(key_number(50));
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "empty"},
      {"sinter-access 2\n", "line 1"},
      {good + "member " + key + " node 2027-01-15T08:00:00Z lab-1\n", "belongs to another key"},
      {good + "member " + key + " king 2027-01-15T08:00:00Z lab-9\n", "a role is"},
      {good + "member " + key + " join 2027-01-15T08:00:00Z lab-9\n", "a role is"},
      {good + "member " + key + " node yesterday lab-9\n", "a time looks like"},
      {good + "member " + key + " node 2027-01-15T08:00:00Z ../lab\n", "letters, digits"},
      {good + "member " + key + " node 2027-01-15T08:00:00Z lab-9", "cut off"},
      {good + "member " + key + "\n", "'member', 'token' or 'joined'"},
      {good + "\n", "'member', 'token' or 'joined'"},
      {"sinter-access 1\njoined " + key + "\n", "follows a token"},
      {"sinter-access 1\ntoken " + key + " node 2027-01-15T08:00:00Z 2027-01-15T09:00:00Z 0 -\n", "0 uses"},
      {"sinter-access 1\ntoken " + key + " node 2027-01-15T08:00:00Z 2029-01-15T09:00:00Z 1 -\n", "lifetime"},
      {"sinter-access 1\ntoken " + key + " node 2027-01-15T08:00:00Z 2027-01-15T09:00:00Z -1 -\n", "are a number"},
      {"sinter-access 1\nmember " + key.substr(0, 40) + " node 2027-01-15T08:00:00Z lab-9\n", "mistyped"},
  };
  for (const auto& [text, part] : wrong) {
    const auto parsed = parse_access_list(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().to_string().find(part), std::string::npos) << parsed.error().to_string();
  }
  const auto twice = parse_access_list(good + "member " + key + " node 2027-01-15T08:00:00Z lab-1\n");
  EXPECT_NE(twice.error().to_string().find("in line 12 "), std::string::npos) << twice.error().to_string();
}

TEST(AccessList, damaged_lists_are_refused_or_mean_what_they_say) {
  const std::string good = access_list_text(desk_with_everything());
  const std::uint64_t seed = 7;
  Random random(seed);
  for (int i = 0; i < 3'000; ++i) {
    std::string text = good;
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      if (random.chance(0.3)) text.erase(at, static_cast<std::size_t>(1 + random.below(40)));
      else text[at] = static_cast<char>(random.next());
      if (text.empty()) text = "x";
    }
    const auto parsed = parse_access_list(text);
    if (!parsed.ok()) continue;
    ASSERT_EQ(parse_access_list(access_list_text(*parsed)).value(), *parsed) << "seed " << seed << " " << text;
  }
}

}  // namespace
}  // namespace sinter

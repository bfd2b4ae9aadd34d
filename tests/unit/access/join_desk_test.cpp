// Tokens and members: examples, and a property: over random histories the desk lets in exactly whom a naive model lets in.
#include "framework/access/join_desk.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "framework/access/access_list.hpp"
#include "framework/access/join_token.hpp"
#include "tests/unit/access/access_keys.hpp"

namespace sinter {
namespace {

constexpr Timestamp kStart{1'800'000'000'000'000};
constexpr Timestamp later(std::int64_t ms) { return {kStart.micros + ms * 1'000}; }

TokenTerms terms_for(AccessRole role, std::uint32_t uses = 1, std::int64_t lifetime_ms = 1'000) {
  TokenTerms terms;
  terms.grant = {role, false};
  terms.uses = uses;
  terms.lifetime_ms = lifetime_ms;
  return terms;
}

TEST(JoinDesk, a_token_lets_one_key_in_once) {
  JoinDesk desk;
  ASSERT_TRUE(desk.issue(key_number(1), terms_for(AccessRole::Node), kStart).ok());
  EXPECT_EQ(desk.grant_of(key_number(1), kStart), (Grant{AccessRole::Join, false}));
  EXPECT_EQ(desk.join(key_number(1), key_number(2), "lab-1", later(5)).value(), (Grant{AccessRole::Node, false}));
  EXPECT_EQ(desk.join(key_number(1), key_number(2), "lab-1", later(6)).value(), (Grant{AccessRole::Node, false})) << "the answer was lost";
  const auto second = desk.join(key_number(1), key_number(3), "lab-2", later(7));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().find("was used by 'lab-1'"), std::string::npos) << second.error().message();
  EXPECT_EQ(desk.grant_of(key_number(2), later(1'000'000)), (Grant{AccessRole::Node, false}));
  EXPECT_EQ(desk.grant_of(key_number(3), later(7)), std::nullopt);
}

TEST(JoinDesk, a_token_ends_with_its_time) {
  JoinDesk desk;
  ASSERT_TRUE(desk.issue(key_number(1), terms_for(AccessRole::Node), kStart).ok());
  const auto late = desk.join(key_number(1), key_number(2), "lab-1", later(1'000));
  ASSERT_FALSE(late.ok());
  EXPECT_NE(late.error().message().find("expired at 2027-01-15T08:00:01Z"), std::string::npos) << late.error().message();
  EXPECT_EQ(desk.grant_of(key_number(1), later(1'000)), std::nullopt);
  EXPECT_TRUE(desk.expire(later(999)).empty());
  EXPECT_EQ(desk.expire(later(1'000)), std::vector<net::PublicKey>{key_number(1)});
}

TEST(JoinDesk, names_and_keys_are_not_taken_over) {
  JoinDesk desk;
  ASSERT_TRUE(desk.issue(key_number(1), terms_for(AccessRole::Node, 5), kStart).ok());
  ASSERT_TRUE(desk.issue(key_number(9), terms_for(AccessRole::Read, 5), kStart).ok());
  ASSERT_TRUE(desk.join(key_number(1), key_number(2), "lab-1", kStart).ok());
  EXPECT_NE(desk.join(key_number(1), key_number(3), "lab-1", kStart).error().message().find("belongs to another key"), std::string::npos);
  EXPECT_NE(desk.join(key_number(9), key_number(2), "lab-1", kStart).error().message().find("is a member already"), std::string::npos);
  EXPECT_FALSE(desk.join(key_number(1), key_number(9), "lab-2", kStart).ok()) << "the key of a token";
  for (const std::string& name : {std::string(), std::string("a b"), std::string("../x"), std::string("-x"), std::string("a\nb"),
                                  std::string("a\0b", 3), std::string(65, 'a'), std::string("\xc3\xa4")})
    EXPECT_FALSE(desk.join(key_number(1), key_number(4), name, kStart).ok()) << name;
  EXPECT_EQ(desk.tokens().at(key_number(1)).uses_left, 4u) << "refusals use nothing up";
}

TEST(JoinDesk, revoking_a_member_ends_the_token_that_it_knows) {
  JoinDesk desk;
  ASSERT_TRUE(desk.issue(key_number(1), terms_for(AccessRole::Node, 5), kStart).ok());
  ASSERT_TRUE(desk.issue(key_number(9), terms_for(AccessRole::Node, 5), kStart).ok());
  ASSERT_TRUE(desk.join(key_number(1), key_number(2), "lab-1", kStart).ok());
  EXPECT_EQ(desk.revoke_member(key_number(2)), (std::vector<net::PublicKey>{key_number(2), key_number(1)}));
  EXPECT_EQ(desk.grant_of(key_number(2), kStart), std::nullopt);
  EXPECT_FALSE(desk.join(key_number(1), key_number(3), "lab-9", kStart).ok());
  EXPECT_TRUE(desk.join(key_number(9), key_number(3), "lab-9", kStart).ok());
  EXPECT_TRUE(desk.revoke_member(key_number(2)).empty());
}

TEST(JoinDesk, terms_have_limits) {
  JoinDesk desk;
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Node, 0), kStart).ok());
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Node, kMaxTokenUses + 1), kStart).ok());
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Node, 1, 0), kStart).ok());
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Node, 1, kMaxTokenLifetimeMs + 1), kStart).ok());
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Join), kStart).ok());
  EXPECT_FALSE(desk.issue(key_number(1), terms_for(AccessRole::Admin), kStart).ok()) << "nobody is made an administrator by a token";
  TokenTerms native = terms_for(AccessRole::Node);
  native.grant.native_code = true;
  EXPECT_FALSE(desk.issue(key_number(1), native, kStart).ok()) << "native code is a right of submitters";
  native.grant.role = AccessRole::Submit;
  EXPECT_TRUE(desk.issue(key_number(1), native, kStart).ok());
  for (std::uint64_t i = 2; i <= kMaxJoinTokens; ++i) ASSERT_TRUE(desk.issue(key_number(i), terms_for(AccessRole::Node), kStart).ok());
  const auto full = desk.issue(key_number(kMaxJoinTokens + 1), terms_for(AccessRole::Node), kStart);
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().message().find("kMaxJoinTokens"), std::string::npos);
  EXPECT_TRUE(desk.issue(key_number(kMaxJoinTokens + 1), terms_for(AccessRole::Node), later(1'000)).ok()) << "expired ones make room";
}

/// What a desk promises, in the plainest form.
struct NaiveDesk {
  struct Token {
    Grant grant;
    std::int64_t ends_ms;
    std::uint32_t uses;
    std::set<std::uint64_t> joined;
    bool revoked = false;
  };
  struct Key {
    Grant grant;
    std::string name;
  };
  std::map<std::uint64_t, Token> tokens;
  std::map<std::uint64_t, Key> members;

  bool may_join(std::uint64_t token_number, std::uint64_t key, const std::string& name, std::int64_t now_ms) {
    const auto at = tokens.find(token_number);
    if (at == tokens.end() || at->second.revoked || now_ms >= at->second.ends_ms) return false;
    const Token& token = at->second;
    if (const auto member = members.find(key); member != members.end())
      return member->second.grant == token.grant;  // it keeps its name
    if (token.joined.size() >= token.uses) return false;
    for (const auto& [other, member] : members)
      if (member.name == name) return false;
    return true;
  }
};

TEST(JoinDesk, random_histories_let_in_whom_the_naive_model_lets_in) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    JoinDesk desk;
    NaiveDesk naive;
    std::int64_t now_ms = 0;
    std::uint64_t next_token = 1'000;
    for (int step = 0; step < 200; ++step) {
      now_ms += static_cast<std::int64_t>(random.below(50));
      const std::uint64_t token = 1'000 + random.below(next_token - 999);
      const std::uint64_t key = 1 + random.below(12);
      switch (random.below(8)) {
        case 0: {
          const auto role = static_cast<AccessRole>(random.below(3));
          const auto terms =
              terms_for(role, 1 + static_cast<std::uint32_t>(random.below(3)), 1 + static_cast<std::int64_t>(random.below(900)));
          ASSERT_TRUE(desk.issue(key_number(next_token), terms, later(now_ms)).ok());
          naive.tokens[next_token++] = {terms.grant, now_ms + terms.lifetime_ms, terms.uses, {}, false};
          break;
        }
        case 1:
          if (random.chance(0.3)) {
            (void)desk.revoke_token(key_number(token));
            if (naive.tokens.contains(token)) naive.tokens[token].revoked = true;
          }
          break;
        case 2:
          if (random.chance(0.5)) {
            EXPECT_EQ(desk.revoke_member(key_number(key)).empty(), !naive.members.contains(key));
            if (naive.members.erase(key) > 0)
              for (auto& [number, known] : naive.tokens) known.revoked |= known.joined.contains(key);
          }
          break;
        case 3: (void)desk.expire(later(now_ms)); break;
        default: {
          const std::string name = "host-" + std::to_string(random.chance(0.8) ? key : random.below(12));
          const bool wanted = naive.may_join(token, key, name, now_ms);
          const auto granted = desk.join(key_number(token), key_number(key), name, later(now_ms));
          ASSERT_EQ(granted.ok(), wanted) << "seed " << seed << " step " << step;
          if (!wanted) break;
          ASSERT_EQ(*granted, naive.tokens[token].grant);
          if (naive.members.emplace(key, NaiveDesk::Key{*granted, name}).second) naive.tokens[token].joined.insert(key);
        }
      }
      for (std::uint64_t number = 1; number <= 12; ++number) {
        const auto at = naive.members.find(number);
        ASSERT_EQ(desk.grant_of(key_number(number), later(now_ms)),
                  at == naive.members.end() ? std::nullopt : std::optional(at->second.grant))
            << "seed " << seed << " step " << step;
      }
      if (step % 20 != 0) continue;
      ASSERT_EQ(parse_access_list(access_list_text(desk)).value(), desk) << "seed " << seed << " step " << step;
    }
  }
}

TEST(JoinToken, text_reads_back_and_is_refused_when_mistyped) {
  const net::KeyPair pair = net::make_key_pair();
  const JoinToken token{key_number(3), pair.secret_key};
  const std::string text = join_token_text(token);
  const JoinToken again = parse_join_token(text).value();
  EXPECT_EQ(again.tracker_key, token.tracker_key);
  EXPECT_EQ(net::key_pair_of(again.secret).public_key, pair.public_key);
  Random random(4);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = text[at] == 'q' ? 'r' : 'q';
    const auto parsed = parse_join_token(bad);
    ASSERT_FALSE(parsed.ok()) << at;
    EXPECT_EQ(parsed.error().to_string().find(text.substr(80, 10)), std::string::npos) << "an error repeats the secret";
    EXPECT_FALSE(parse_join_token(text.substr(0, at)).ok());
  }
  EXPECT_FALSE(parse_join_token(text + "a").ok());
  EXPECT_FALSE(parse_join_token(text + "-").ok());
  EXPECT_FALSE(parse_join_token(text + "\n").ok());
}

}  // namespace
}  // namespace sinter

// The table of roles and kinds: every pair is looked at.
#include "framework/access/message_gate.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "tests/unit/access/access_keys.hpp"

namespace sinter {
namespace {

TEST(MessageGate, allows_what_is_in_its_table_and_nothing_else) {
  Log log;
  const std::set<std::pair<AccessRole, std::uint16_t>> wanted = {
      {AccessRole::Node, 1}, {AccessRole::Node, 2}, {AccessRole::Submit, 2}, {AccessRole::Submit, 3}, {AccessRole::Join, 200}};
  MessageGate gate({{1, "Beat", {AccessRole::Node}, 10, false},
                    {2, "List", {AccessRole::Node, AccessRole::Submit}, 10, false},
                    {3, "SubmitProgram", {AccessRole::Submit}, 10, true},
                    {200, "Join", {AccessRole::Join}, 10, false}},
                   log);
  std::uint64_t refused = 0;
  for (const AccessRole role : {AccessRole::Node, AccessRole::Submit, AccessRole::Read, AccessRole::Join, AccessRole::Admin})
    for (std::uint32_t kind = 0; kind <= UINT16_MAX; ++kind) {
      const Grant grant{role, role == AccessRole::Submit};
      const bool admitted = gate.admits(key_number(1), grant, {static_cast<std::uint16_t>(kind), "body"});
      ASSERT_EQ(admitted, wanted.contains({role, static_cast<std::uint16_t>(kind)})) << to_string(grant) << " " << kind;
      refused += admitted ? 0 : 1;
    }
  EXPECT_EQ(gate.refused(), refused);
}

TEST(MessageGate, says_why) {
  Log log;
  const MessageGate gate({{3, "SubmitProgram", {AccessRole::Submit}, 10, true}}, log);
  const Grant native{AccessRole::Submit, true};
  EXPECT_EQ(gate.judge(native, {3, std::string(10, 'x')}), GateVerdict::Allowed);
  EXPECT_EQ(gate.judge(native, {3, std::string(11, 'x')}), GateVerdict::TooLarge);
  EXPECT_EQ(gate.judge({AccessRole::Submit, false}, {3, "x"}), GateVerdict::NeedsNativeCode);
  EXPECT_EQ(gate.judge({AccessRole::Node, false}, {3, "x"}), GateVerdict::WrongRole);
  EXPECT_EQ(gate.judge(native, {4, "x"}), GateVerdict::UnknownKind);
}

TEST(MessageGate, a_flood_is_counted_and_logged_seldom) {
  const auto lines = std::make_shared<LogMemory>();
  Log log;
  log.add_sink(make_memory_log_sink(lines));
  MessageGate gate({}, log);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(gate.admits(key_number(1), {AccessRole::Node, false}, {9, "x"}));
  EXPECT_EQ(gate.refused(), 1000u);
  EXPECT_EQ(lines->lines().size(), 10u);
  EXPECT_TRUE(lines->contains("no such kind of message"));
}

TEST(MessageGateDeathTest, a_kind_has_one_row_and_a_row_has_a_role) {
  Log log;
  EXPECT_DEATH(MessageGate({{1, "A", {AccessRole::Node}, 1, false}, {1, "B", {AccessRole::Node}, 1, false}}, log), "one row");
  EXPECT_DEATH(MessageGate({{1, "A", {}, 1, false}}, log), "no row");
}

}  // namespace
}  // namespace sinter

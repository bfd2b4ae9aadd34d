// render_problems(): the form of compilers, carets under the right characters, the cap, JSON.
#include "jobs/fusion/config/render.hpp"

#include <gtest/gtest.h>

namespace sinter::fusion {
namespace {

TEST(Render, shows_line_caret_and_help) {
  Diagnostics diagnostics;
  diagnostics.error({2, 18, 10}, "unknown key 'same_witin' in fuse.attributes.sched_dep", "did you mean 'same_within'?");
  EXPECT_EQ(render_problems(diagnostics, "flights.yaml", "a: 1\n    sched_dep: { same_witin: 10m }\n", false),
            "flights.yaml:2:18: error: unknown key 'same_witin' in fuse.attributes.sched_dep\n"
            "    2 |     sched_dep: { same_witin: 10m }\n"
            "      |                  ^~~~~~~~~~\n"
            "      = did you mean 'same_within'?\n");
}

TEST(Render, counts_characters_and_not_bytes) {
  Diagnostics diagnostics;
  diagnostics.warning({1, 10, 3}, "careful");
  EXPECT_EQ(render_problems(diagnostics, "x.yaml", "\xC3\xA4\xC3\xB6\xC3\xBC: {abc}", false),
            "x.yaml:1:10: warning: careful\n    1 | \xC3\xA4\xC3\xB6\xC3\xBC: {abc}\n      |       ^~~\n");
}

TEST(Render, is_in_file_order_with_placeless_problems_last) {
  Diagnostics diagnostics;
  diagnostics.error({}, "placeless");
  diagnostics.error({3, 1, 1}, "third");
  diagnostics.error({1, 5, 1}, "second");
  diagnostics.error({1, 2, 1}, "first");
  EXPECT_EQ(render_problems(diagnostics, "x", "", false),
            "x:1:2: error: first\nx:1:5: error: second\nx:3:1: error: third\nx: error: placeless\n");
}

TEST(Render, stops_at_twenty) {
  Diagnostics diagnostics;
  for (std::uint32_t i = 1; i <= 23; ++i) diagnostics.error({i, 1, 1}, "p" + std::to_string(i));
  const std::string text = render_problems(diagnostics, "x", "", false);
  EXPECT_NE(text.find("p20\n"), std::string::npos);
  EXPECT_EQ(text.find("p21"), std::string::npos);
  EXPECT_TRUE(text.ends_with("and 3 more\n"));
}

TEST(Render, cuts_long_lines_around_the_caret) {
  Diagnostics diagnostics;
  diagnostics.error({1, 5001, 3}, "here");
  const std::string line = std::string(5000, 'a') + "XYZ" + std::string(5000, 'b');
  const std::string text = render_problems(diagnostics, "x", line, false);
  EXPECT_LT(text.size(), 400u);
  const std::size_t shown = text.find("XYZ"), caret = text.find("^~~");
  const auto column_of = [&](std::size_t at) { return at - (text.rfind('\n', at) + 1); };
  EXPECT_EQ(column_of(shown), column_of(caret));
}

TEST(Render, never_writes_control_characters_of_the_file) {
  Diagnostics diagnostics;
  diagnostics.error({1, 2, 1}, "bad '\x1b[2J'");
  const std::string text = render_problems(diagnostics, "x", "a\tb\x1b[31m\n", false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\t'), std::string::npos);
  EXPECT_NE(render_problems(diagnostics, "x", "ab", true).find("\x1b[1;31merror"), std::string::npos);
}

TEST(Render, writes_json) {
  Diagnostics diagnostics;
  diagnostics.error({2, 3, 1}, "a \"quote\"", "help");
  diagnostics.warning({3, 1, 1}, "w");
  EXPECT_EQ(render_problems_json(diagnostics, "x.yaml"),
            R"([{"file":"x.yaml","line":2,"column":3,"severity":"error","message":"a \"quote\"","help":"help"},)"
            R"({"file":"x.yaml","line":3,"column":1,"severity":"warning","message":"w","help":""}])");
}

}  // namespace
}  // namespace sinter::fusion

// The sentences that the compiler says to a job author.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/command.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;

struct Mistake {
  const char* name;
  const char* functions;
  const char* steps;
  const char* sentence;
};

class CompileErrorTest : public ::testing::TestWithParam<Mistake> {};

constexpr const char* kMap = "void split(std::string_view, sinter::Emitter<std::string, int>&) {}\n";

std::string compile(const std::string& functions, const std::string& steps) {
  const testing::TemporaryDirectory directory;
  const std::string job = "(void)sinter::Job(\"x\").read(sinter::lines(\"a\"))" + steps + ";";
  const std::string source =
      directory.write("job.cpp", "#include \"framework/api/job.hpp\"\n" + functions + "void use() { " + job + " }\n");
  const auto result = testing::run_command({SINTER_CXX_COMPILER, "-std=c++20", "-fsyntax-only", "-I", SINTER_SOURCE_DIR, source});
  return result.exit_code == 0 ? "it compiles" : result.err + result.out;
}

TEST_P(CompileErrorTest, a_wrong_type_is_said_in_a_sentence) {
  EXPECT_THAT(compile(kMap + std::string(GetParam().functions), GetParam().steps), HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Api, CompileErrorTest,
    ::testing::Values(
        Mistake{"none", "", ".map(split).combine(std::plus<>{})", "it compiles"},
        Mistake{"map_of_number", "void bad(int*, sinter::Emitter<std::string, int>&) {}", ".map(bad)",
                "sinter: map() takes a callable void(std::string_view"},
        Mistake{"map_without_emitter", "void bad(std::string_view) {}", ".map(bad)",
                "sinter: map() takes a callable void(std::string_view"},
        Mistake{"generic_map", "", ".map([](auto, auto&) {})", "with both types written out"},
        Mistake{"key_without_order",
                "void bad(std::string_view, sinter::Emitter<std::vector<int>, int>& out) { out.emit({}, 1); }", ".map(bad)",
                "sinter: the key type of this Emitter has no order-preserving bytes"},
        Mistake{"view_as_value",
                "void bad(std::string_view t, sinter::Emitter<int, std::string_view>& out) { out.emit(1, t); }", ".map(bad)",
                "sinter: the value type of this Emitter has no bytes"},
        Mistake{"combine_of_text", "", ".map(split).combine([](std::string, std::string) { return 1; })",
                "sinter: combine() takes a callable V(V, V)"},
        Mistake{"reduce_of_other_value",
                "void bad(const std::string&, sinter::Group<double>&, sinter::RowWriter&) {}", ".map(split).reduce(bad)",
                "sinter: reduce() takes a callable void(const K&"},
        Mistake{"row_of_vector",
                "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter& out) { out.row(std::vector<int>()); }",
                ".map(split).reduce(bad)", "sinter: row() takes text, numbers"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace sinter

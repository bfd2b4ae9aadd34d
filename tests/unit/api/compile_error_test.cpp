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

std::string first_error(const std::string& output) {
  const std::size_t at = output.find(" error: ");
  return at == std::string::npos ? output : output.substr(at, output.find('\n', at) - at);
}

TEST_P(CompileErrorTest, a_wrong_type_is_said_first_in_a_sentence_at_the_authors_line) {
  const std::string output = compile(kMap + std::string(GetParam().functions), GetParam().steps);
  EXPECT_THAT(first_error(output), HasSubstr(GetParam().sentence)) << output;
  if (output != "it compiles") {
    EXPECT_THAT(output.substr(0, output.find(" error: ")), HasSubstr("job.cpp:")) << "the author's line is not named before the error";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Api, CompileErrorTest,
    ::testing::Values(
        Mistake{"none", "", ".map(split).combine(std::plus<>{})", "it compiles"},
        Mistake{"map_of_number", "void bad(int*, sinter::Emitter<std::string, int>&) {}", ".map(bad)",
                "sinter: map() takes a callable void(Input"},
        Mistake{"map_without_emitter", "void bad(std::string_view) {}", ".map(bad)", "sinter: map() takes a callable void(Input"},
        Mistake{"generic_map", "", ".map([](auto, auto&) {})", "with both types written out"},
        Mistake{"key_without_order", "void bad(std::string_view, sinter::Emitter<std::vector<int>, int>& out) { out.emit({}, 1); }",
                ".map(bad)", "sinter: the key type of this Emitter has no order-preserving bytes"},
        Mistake{"view_as_value", "void bad(std::string_view t, sinter::Emitter<int, std::string_view>& out) { out.emit(1, t); }",
                ".map(bad)", "sinter: the value type of this Emitter has no bytes"},
        Mistake{"combine_of_text", "", ".map(split).combine([](std::string, std::string) { return 1; })",
                "sinter: combine() takes a callable V(V, V)"},
        Mistake{"reduce_of_other_value", "void bad(const std::string&, sinter::Group<double>&, sinter::RowWriter&) {}",
                ".map(split).reduce(bad)", "sinter: reduce() takes a callable void(const K&"},
        Mistake{"second_map_of_other_key", "void other(std::string_view, sinter::Emitter<int, int>&) {}",
                ".map(split).read(sinter::lines(\"b\")).map(other)", "sinter: every map of a job emits the same key type"},
        Mistake{"reduce_of_two_value_types",
                "void other(std::string_view, sinter::Emitter<std::string, double>&) {}\n"
                "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter&) {}",
                ".map(split).read(sinter::lines(\"b\")).map(other).reduce(bad)", "the maps of this job emit different value types"},
        Mistake{"join_of_one_map", "void bad(const std::string&, const int&, const int&, sinter::RowWriter&) {}",
                ".map(split).inner_join(bad)", "sinter: inner_join() follows two maps"},
        Mistake{"left_join_by_reference", "void bad(const std::string&, const int&, const int&, sinter::RowWriter&) {}",
                ".map(split).read(sinter::lines(\"b\")).map(split).left_join(bad)", "const A&, const B*, sinter::RowWriter&"},
        Mistake{"co_group_of_too_few_groups", "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter&) {}",
                ".map(split).read(sinter::lines(\"b\")).map(split).co_group(bad)", "sinter: co_group() takes a callable"},
        Mistake{"ordered_group_by_whole_key",
                "using Key = sinter::Grouped<std::string, int>;\nvoid m(std::string_view, sinter::Emitter<Key, int>&) {}\n"
                "void bad(const Key&, sinter::Group<int>&, sinter::RowWriter&) {}",
                ".map(m).reduce(bad)", "Of a sinter::Grouped<G, O> key it takes const G&"},
        Mistake{"step_without_emitter", "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter&) {}", ".map(split).step(bad)",
                "sinter: step() takes a callable"},
        Mistake{"step_of_other_value", "void bad(const std::string&, sinter::Group<double>&, sinter::Emitter<int, int>&) {}",
                ".map(split).step(bad)", "sinter: step() takes a callable"},
        Mistake{"pairs_to_a_table", "", ".map(split).write(sinter::csv(\"b\", {\"c\"}))",
                "sinter: without a reduce() a job writes its pairs"},
        Mistake{"rows_to_sorted_pairs", "void rows(const std::string&, sinter::Group<int>&, sinter::RowWriter&) {}",
                ".map(split).reduce(rows).write(sinter::sorted_pairs(\"b/\"))", "sinter: sorted_pairs() takes what a job emits"},
        Mistake{"sorted_pairs_of_other_key", "", ".map(split).read_sorted<int, int>(sinter::sorted_pairs(\"b/\"))",
                "sinter: all inputs of a job have the same key type"},
        Mistake{"sorted_pairs_of_no_key", "", ".map(split).read_sorted<int*, int>(sinter::sorted_pairs(\"b/\"))",
                "sinter: read_sorted<K, V>() takes the key type"},
        Mistake{"round_without_summary",
                "void bad(const std::string&, sinter::Group<int>&, sinter::Emitter<int, int>&) {}\nvoid merge() {}",
                ".map(split).rounds(sinter::Rounds<int>{}, bad, merge)", "sinter: rounds() takes as round a callable"},
        Mistake{"merge_of_other_summary",
                "void round(const std::string&, sinter::Group<int>&, const int&, sinter::Emitter<int, int>&) {}\n"
                "void bad(const int&, sinter::Group<int>&, std::string&) {}",
                ".map(split).rounds(sinter::Rounds<int>{}, round, bad)", "sinter: rounds() takes as merge a callable"},
        Mistake{"reduce_without_summary",
                "void round(const std::string&, sinter::Group<int>&, const int&, sinter::Emitter<int, int>&) {}\n"
                "void merge(const int&, sinter::Group<int>&, int&) {}\n"
                "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter&) {}",
                ".map(split).rounds(sinter::Rounds<int>{}, round, merge).reduce(bad)", "sinter: reduce() behind rounds() takes a callable"},
        Mistake{"constant_fields",
                "struct K { int a; auto fields() const { return std::tie(a); } };\nvoid bad(std::string_view, sinter::Emitter<K, int>&) {}",
                ".map(bad)", "sinter: the key type of this Emitter has no order-preserving bytes"},
        Mistake{"parameter_of_vector", "",
                ".map([](std::string_view, sinter::Emitter<int, int>&, sinter::Context& context) { "
                "(void)context.parameter<std::vector<int>>(\"x\"); })",
                "sinter: a parameter is bool"},
        Mistake{"no_reader", "#include \"sinter/own_formats.hpp\"\nstruct Reader { int next(std::string_view); };",
                ".read(sinter::records(\"b\", Reader{})).map(split)", "sinter: records() takes a copyable reader with"},
        Mistake{"reader_of_columns_without_split",
                "#include \"sinter/own_formats.hpp\"\nstruct Reader { sinter::Frame next(const sinter::Window&); "
                "std::vector<std::string> columns() const; };",
                ".read(sinter::records(\"b\", Reader{})).map(split)", "void split(std::string_view, sinter::FieldList&)"},
        Mistake{"no_writer", "#include \"sinter/own_formats.hpp\"\nstruct Writer {};",
                ".map([](std::string_view, sinter::RowWriter&) {}).write(sinter::written(\"b\", Writer{}))",
                "sinter: written() takes a copyable writer with"},
        Mistake{"writer_with_footer", "#include \"sinter/own_formats.hpp\"\nstruct Writer { std::string footer() const; };",
                ".map([](std::string_view, sinter::RowWriter&) {}).write(sinter::written(\"b\", Writer{}))",
                "sinter: a writer has no footer()"},
        Mistake{"row_of_vector",
                "void bad(const std::string&, sinter::Group<int>&, sinter::RowWriter& out) { out.row(std::vector<int>()); }",
                ".map(split).reduce(bad)", "sinter: row() takes text, numbers"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace sinter

// A debug build (SINTER_CHECK_RECORDS) notices values of another type and keys out of order. Compiled with that setting in every build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/api/typed_reduce.hpp"
#include "tests/unit/api/job_fixture.hpp"
#include "tests/unit/api/memory_task_context.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;
static_assert(kCheckRecords, "this test is about the checks");

TEST(CheckedRecords, a_value_of_another_type_of_the_same_size_is_noticed) {
  std::string bytes;
  append_value<std::int32_t>(bytes, 7);
  std::int32_t same = 0;
  EXPECT_TRUE(decode_value(std::string_view(bytes), same).ok());
  std::uint32_t other = 0;
  const Status read = decode_value(std::string_view(bytes), other);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message(), HasSubstr("tag of another type"));
}

template <class Groups>
Status reduce_all(Groups groups) {
  testing::MemoryTaskContext task;
  testing::MemorySink sink;
  const auto reduce = [](const int&, Group<int>& values, RowWriter& out) {
    for (const int value : values) out.row(value);
  };
  TypedReduce<int, decltype(reduce), false, int> typed(reduce, lines("out"), {{}, std::make_shared<const std::vector<NamedFile>>()}, task);
  for (auto& group : groups) SINTER_TRY(typed.reduce(group, sink));
  return {};
}

testing::MemoryGroup group_of(int key, std::vector<std::string> suffixes) {
  std::string bytes;
  append_key<int>(bytes, key);
  std::vector<testing::MemoryGroup::Pair> pairs;
  for (const std::string& suffix : suffixes) append_value<int>(pairs.emplace_back(testing::MemoryGroup::Pair{bytes + suffix, ""}).value, 1);
  return testing::MemoryGroup(bytes, std::move(pairs));
}

TEST(CheckedRecords, groups_and_values_out_of_order_are_noticed) {
  EXPECT_TRUE(reduce_all(std::vector{group_of(1, {"a", "a", "b"}), group_of(2, {""})}).ok());
  const Status groups = reduce_all(std::vector{group_of(2, {""}), group_of(1, {""})});
  ASSERT_FALSE(groups.ok());
  EXPECT_THAT(groups.error().message(), HasSubstr("groups came out of order"));
  const Status values = reduce_all(std::vector{group_of(1, {"b", "a"})});
  ASSERT_FALSE(values.ok());
  EXPECT_THAT(values.error().message(), HasSubstr("values of a group came out of order"));
}

using CheckedJobTest = testing::JobTest;

TEST_F(CheckedJobTest, whole_jobs_pass_the_checks) {
  const std::string input = directory_.write("in.txt", "b\na\nb\n");
  const auto map = [](std::string_view line, Emitter<Grouped<std::string, Descending<int>>, std::uint64_t>& out) {
    for (int i = 0; i < 3; ++i) out.emit(line, {i}, 1);
  };
  const auto reduce = [](const std::string& key, Group<std::uint64_t, Descending<int>>& values, RowWriter& out) {
    std::string orders;
    for (const std::uint64_t value : values) orders += std::to_string(values.order().value) + "x" + std::to_string(value) + " ";
    out.row(key, orders);
  };
  const auto report =
      run(Job("checked").read(lines(input)).map(map).combine(std::plus<>{}).reduce(reduce).write(out({"key", "orders"})), 2);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "key,orders\na,\"2x1 1x1 0x1 \"\nb,\"2x2 1x2 0x2 \"\n");
}

TEST_F(CheckedJobTest, sorted_pairs_of_a_debug_build_are_of_types_of_their_own) {
  directory_.write("in.txt", "b\na\n");
  const auto map = [](std::string_view line, Emitter<std::string, int>& out) { out.emit(line, 1); };
  const auto report = run(Job("checked").read(lines("in.txt")).map(map).write(sorted_pairs("pairs/")));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_THAT(report->manifest, HasSubstr("\"value\": \"tagged int32\""));
  for (const auto& [path, text] : report->outputs) directory_.files[path] = text;
  ASSERT_TRUE(run(Job("again").read_sorted<std::string, int>(sorted_pairs("pairs/")).sort().write(out({"word", "one"}))).ok());
  EXPECT_EQ(output(), "word,one\na,1\nb,1\n");
}

}  // namespace
}  // namespace sinter

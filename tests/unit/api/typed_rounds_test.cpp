// Rounds of typed jobs: iteration over data that stays grouped, by a summary of the author's type.
#include <gmock/gmock.h>

#include <cmath>

#include "base/random.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;
using TypedRoundsTest = testing::JobTest;

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  auto fields() { return std::tie(from, to); }
};

/// Smallest node that reaches each node: connected components by label propagation, in whole numbers.
using Labels = std::map<std::uint32_t, std::uint32_t>;

std::uint32_t label_of(const Labels& labels, std::uint32_t node) {
  const auto found = labels.find(node);
  return found == labels.end() ? node : found->second;
}

void both_ways(const Edge& edge, Emitter<std::uint32_t, std::uint32_t>& out) {
  out.emit(edge.from, edge.to);
  out.emit(edge.to, edge.from);
}
void spread(const std::uint32_t& node, Group<std::uint32_t>& neighbours, const Labels& labels, Emitter<std::uint32_t, std::uint32_t>& out) {
  std::uint32_t least = label_of(labels, node);
  for (const std::uint32_t neighbour : neighbours) least = std::min(least, label_of(labels, neighbour));
  if (least != label_of(labels, node)) out.emit(node, least);
}
void relabel(const std::uint32_t& node, Group<std::uint32_t>& least, Labels& next) {
  for (const std::uint32_t label : least) next[node] = label;
}
void tell(const std::uint32_t& node, Group<std::uint32_t>&, const Labels& labels, RowWriter& out, Context& context) {
  out.row(node, label_of(labels, node));
  context.counter("rounds_seen").add(context.task().round());
}
bool settled(const Labels& previous, const Labels& current) { return previous == current; }

/// A path 1-2-...-6, a pair 10-11, and a loop.
constexpr const char* kEdges = "from,to\n2,1\n2,3\n3,4\n5,4\n5,6\n11,10\n20,20\n";
constexpr const char* kComponents = "node,label\n1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n10,10\n11,10\n20,20\n";

TEST_F(TypedRoundsTest, rounds_end_when_the_summary_has_settled) {
  const std::string path = directory_.write("edges.csv", kEdges);
  const Rounds<Labels> rounds{{}, 50, settled};
  const auto job = Job("components").read(csv(path, {"from", "to"})).map(both_ways).rounds(rounds, spread, relabel).reduce(tell)
                       .write(out({"node", "label"}));
  const auto report = run(job, 16);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), kComponents);
  // Label 1 walks five edges, and a sixth round changes nothing; nine nodes saw that number.
  EXPECT_EQ(report->counters.at("rounds_seen"), 6 * 9);
}

TEST_F(TypedRoundsTest, no_more_rounds_than_most) {
  const std::string path = directory_.write("edges.csv", kEdges);
  const auto job = Job("components").read(csv(path, {"from", "to"})).map(both_ways).rounds(Rounds<Labels>{{}, 2, {}}, spread, relabel)
                       .reduce(tell).write(out({"node", "label"}));
  ASSERT_TRUE(run(job, 16).ok());
  EXPECT_THAT(output(), HasSubstr("\n4,2\n5,3\n")) << "two steps from node 2, and from node 3";
}

/// A round with a combiner, a Grouped key, a class with setup and finish, and a context.
struct Sum {
  std::uint64_t total = 0;
  std::uint64_t last = 0;
  auto fields() { return std::tie(total, last); }
};
struct AddUp {
  std::uint64_t factor = 0;
  std::uint64_t seen = 0;
  void setup(Context& context) { factor = context.parameter<std::uint64_t>("factor"); }
  void operator()(const std::string& name, Group<std::uint64_t, Descending<std::int64_t>>& values, const Sum& sum,
                  Emitter<std::string, std::uint64_t>& out, Context& context) {
    std::int64_t before = INT64_MAX;
    for (const std::uint64_t value : values) {
      if (values.order().value > before) context.fail(user_error("values come in descending order"));
      before = values.order().value;
      out.emit(name.substr(0, 1), value * factor + sum.last);
      ++seen;
    }
  }
  void finish(Emitter<std::string, std::uint64_t>& out) { out.emit("seen", seen); }
};
struct KeepSum {
  void setup(Context& context) { context.count("merges"); }
  void operator()(const std::string& key, Group<std::uint64_t>& values, Sum& next, Context&) const {
    std::uint64_t values_seen = 0;
    for (const std::uint64_t value : values) values_seen += value;
    if (key == "seen") next.last = values_seen;
    else next.total += values_seen;
  }
  void finish(Sum& next) { ++next.total; }
};

TEST_F(TypedRoundsTest, combiners_grouped_keys_setup_finish_and_context_work_in_rounds) {
  std::string rows = "name,order,value\n";
  for (int i = 0; i < 100; ++i) rows += std::string(1, static_cast<char>('a' + i % 3)) + "x," + std::to_string(i) + ",1\n";
  const std::string path = directory_.write("rows.csv", rows);
  struct Row {
    std::string name;
    std::int64_t order = 0;
    std::uint64_t value = 0;
    auto fields() { return std::tie(name, order, value); }
  };
  using Key = Grouped<std::string, Descending<std::int64_t>>;
  const auto map = [](const Row& row, Emitter<Key, std::uint64_t>& out) { out.emit({row.name, {row.order}}, row.value); };
  const auto reduce = [](const std::string& name, Group<std::uint64_t, Descending<std::int64_t>>&, const Sum& sum, RowWriter& rows_out) {
    rows_out.row(name, sum.total, sum.last);
  };
  for (const std::uint64_t split_bytes : {64u, 1u << 20}) {
    const auto job = Job("sums").parameter<std::uint64_t>("factor", 2, "of each value").read(csv(path, {"name", "order", "value"})).map(map)
                         .rounds(Rounds<Sum>{{.total = 5}, 3, {}}, AddUp{}, KeepSum{}).combine(std::plus<>{}).reduce(reduce)
                         .write(out({"name", "total", "last"}));
    const auto report = run(job, split_bytes);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    // Rounds 1, 2, 3 add 100 times 2, 102, 102 to 5, and each merge's finish() one more.
    EXPECT_EQ(output(), "name,total,last\nax,20608,100\nbx,20608,100\ncx,20608,100\n");
    EXPECT_EQ(report->counters.at("merges"), 3);
  }
}

TEST_F(TypedRoundsTest, rounds_behind_a_step_read_what_the_step_emitted) {
  const std::string path = directory_.write("edges.csv", kEdges);
  const auto count = [](const std::uint32_t& node, Group<std::uint32_t>& neighbours, Emitter<std::uint32_t, std::uint32_t>& out) {
    std::uint32_t degree = 0;
    for ([[maybe_unused]] const std::uint32_t neighbour : neighbours) ++degree;
    out.emit(degree, node);
  };
  const auto round = [](const std::uint32_t& degree, Group<std::uint32_t>& nodes, const std::uint32_t&,
                        Emitter<bool, std::uint32_t>& out) {
    for ([[maybe_unused]] const std::uint32_t node : nodes) out.emit(true, degree);
  };
  const auto merge = [](const bool&, Group<std::uint32_t>& degrees, std::uint32_t& sum) {
    for (const std::uint32_t degree : degrees) sum += degree;
  };
  const auto reduce = [](const std::uint32_t& degree, Group<std::uint32_t>& nodes, const std::uint32_t& sum, RowWriter& rows) {
    for (const std::uint32_t node : nodes) rows.row(degree, node, sum);
  };
  const auto job = Job("degrees")
                       .read(csv(path, {"from", "to"}))
                       .map(both_ways)
                       .step(count)
                       .rounds(Rounds<std::uint32_t>{100, 1, {}}, round, merge)
                       .reduce(reduce)
                       .write(out({"degree", "node", "sum"}));
  const auto report = run(job, 16);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_THAT(output(), HasSubstr("degree,node,sum\n1,1,114\n1,6,114\n1,10,114\n1,11,114\n2,2,114\n"));
}

TEST_F(TypedRoundsTest, rounds_without_any_group_keep_the_first_summary) {
  const std::string path = directory_.write("edges.csv", "from,to\n");
  const auto job = Job("components")
                       .read(csv(path, {"from", "to"}))
                       .map(both_ways)
                       .rounds(Rounds<Labels>{{{1, 1}}, 3, settled}, spread, relabel)
                       .reduce(tell)
                       .write(out({"node", "label"}));
  const auto report = run(job, 16);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "node,label\n");
}

TEST_F(TypedRoundsTest, rounds_need_a_number_of_rounds) {
  const std::string path = directory_.write("edges.csv", kEdges);
  const auto job = Job("components").read(csv(path, {"from", "to"})).map(both_ways).rounds(Rounds<Labels>{{}, 0, {}}, spread, relabel)
                       .reduce(tell).write(out({"node", "label"}));
  const auto report = run(job, 16);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().to_string(), HasSubstr("at least 1 round is needed"));
}

}  // namespace
}  // namespace sinter

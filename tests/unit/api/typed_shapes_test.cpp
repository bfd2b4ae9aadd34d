// Shapes of typed jobs: several inputs with maps of their own, joins, co-groups, secondary sort, partitions, distinct, top-k, sort.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "base/random.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::HasSubstr;
using TypedShapesTest = testing::JobTest;

struct Customer {
  std::string id;
  std::string name;
  auto fields() { return std::tie(id, name); }
};
struct Order {
  std::string customer;
  std::int64_t cents = 0;
  auto fields() { return std::tie(customer, cents); }
};

void by_id(const Customer& row, Emitter<std::string, std::string>& out) { out.emit(row.id, row.name); }
void by_customer(const Order& row, Emitter<std::string, std::int64_t>& out) { out.emit(row.customer, row.cents); }

/// Customers and orders of a seed, and both files.
struct JoinCase {
  std::multimap<std::string, std::string> names;
  std::multimap<std::string, std::int64_t> cents;
  std::string customers = "id,name\n";
  std::string orders = "customer,cents\n";

  explicit JoinCase(std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 300; ++i) {
      const auto id = "c" + std::to_string(random.below(150));
      const auto name = "n" + std::to_string(i);
      names.emplace(id, name);
      customers += id + "," + name + "\n";
    }
    for (std::int64_t i = 0; i < 400; ++i) {
      const auto id = "c" + std::to_string(50 + random.below(150));
      cents.emplace(id, i);
      orders += id + "," + std::to_string(i) + "\n";
    }
  }
  /// Rows of a nested-loop join, sorted.
  std::vector<std::string> model(JoinKind kind) const {
    std::vector<std::string> rows;
    for (const auto& [id, name] : names) {
      const auto [first, last] = cents.equal_range(id);
      for (auto at = first; at != last; ++at) rows.push_back(id + "," + name + "," + std::to_string(at->second));
      if (first == last && kind != JoinKind::Inner) rows.push_back(id + "," + name + ",");
    }
    for (const auto& [id, amount] : cents)
      if (kind == JoinKind::Full && !names.contains(id)) rows.push_back(id + ",," + std::to_string(amount));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
};

std::vector<std::string> sorted_rows(const std::string& text) {
  std::vector<std::string> rows;
  for (std::size_t at = text.find('\n') + 1; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    rows.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

template <class T>
std::optional<T> maybe(const T* value) {
  return value == nullptr ? std::nullopt : std::optional<T>(*value);
}

TEST_F(TypedShapesTest, joins_give_what_nested_loops_give) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const JoinCase data(seed);
    const DataFile customers = csv(directory_.write("customers.csv", data.customers), {"id", "name"});
    const DataFile orders = csv(directory_.write("orders.csv", data.orders), {"customer", "cents"});
    reduce_bytes = seed == 2 ? 2000 : 0;
    const auto maps = [&] { return Job("join").read(customers).map(by_id).read(orders).map(by_customer); };
    const auto check = [&](JoinKind kind, CompleteJob job) {
      const auto report = run(job, 1500);
      ASSERT_TRUE(report.ok()) << report.error().to_string();
      EXPECT_EQ(sorted_rows(output()), data.model(kind));
    };
    const DataFile target = out({"id", "name", "cents"});
    check(JoinKind::Inner, maps().inner_join([](const std::string& id, const std::string& name, const std::int64_t& amount,
                                                RowWriter& rows) { rows.row(id, name, amount); }).write(target));
    check(JoinKind::Left, maps().left_join([](const std::string& id, const std::string& name, const std::int64_t* amount,
                                              RowWriter& rows) { rows.row(id, name, maybe(amount)); }).write(target));
    check(JoinKind::Full, maps().full_join([](const std::string& id, const std::string* name, const std::int64_t* amount, RowWriter& rows,
                                              Context&) { rows.row(id, maybe(name), maybe(amount)); }).write(target));
  }
}

TEST_F(TypedShapesTest, a_co_group_sees_each_map_on_its_own) {
  const JoinCase data(7);
  const DataFile customers = csv(directory_.write("customers.csv", data.customers), {"id", "name"});
  const DataFile orders = csv(directory_.write("orders.csv", data.orders), {"customer", "cents"});
  const auto count = [](const std::string& id, Group<std::string>& names, Group<std::int64_t>& cents, RowWriter& rows) {
    std::int64_t people = 0, total = 0;
    for ([[maybe_unused]] const std::string& name : names) ++people;
    for (const std::int64_t amount : cents) total += amount;
    rows.row(id, people, total);
  };
  const auto report = run(Job("co").read(customers).map(by_id).read(orders).map(by_customer).co_group(count)
                              .write(out({"id", "people", "total"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> model;
  for (const auto& [id, name] : data.names) ++model[id].first;
  for (const auto& [id, amount] : data.cents) model[id].second += amount;
  std::string expected = "id,people,total\n";
  for (const auto& [id, both] : model) expected += id + "," + std::to_string(both.first) + "," + std::to_string(both.second) + "\n";
  EXPECT_EQ(output(), expected);
}

TEST_F(TypedShapesTest, several_maps_of_one_type_share_a_reduce_and_a_combine) {
  const std::string left = directory_.write("left.txt", "a\nb\na\n");
  const std::string right = directory_.write("right.txt", "b\nc\n");
  const auto once = [](std::string_view line, Emitter<std::string, int>& out) { out.emit(line, 1); };
  const auto tenfold = [](std::string_view line, Emitter<std::string, int>& out) { out.emit(line, 10); };
  const auto sum = [](const std::string& key, Group<int>& values, RowWriter& out) {
    int total = 0;
    for (const int value : values) total += value;
    out.row(key, total);
  };
  const auto report = run(Job("two").read(lines(left)).map(once).read(lines(right)).map(tenfold).combine(std::plus<>{}).reduce(sum)
                              .write(out({"key", "total"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "key,total\na,2\nb,11\nc,10\n");
}

struct Reading {
  std::string sensor;
  Timestamp at;
  double value = 0;
  auto fields() { return std::tie(sensor, at, value); }
};

TEST_F(TypedShapesTest, values_of_a_group_come_in_the_order_of_the_key_descending_too) {
  constexpr std::uint64_t kSeed = 3;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  std::map<std::string, std::map<std::int64_t, double, std::greater<>>> model;
  std::string text = "sensor,at,value\n";
  for (int i = 0; i < 3000; ++i) {
    const std::string sensor = "s" + std::to_string(random.below(20));
    const auto at = static_cast<std::int64_t>(random.below(1'000'000)) * 1'000'000;
    if (!model[sensor].emplace(at, i).second) continue;
    text += sensor + "," + format_timestamp({at}) + "," + std::to_string(i) + "\n";
  }
  const DataFile input = csv(directory_.write("in.csv", text), {"sensor", "at", "value"});
  using Key = Grouped<std::string, Descending<Timestamp>>;
  const auto map = [](const Reading& row, Emitter<Key, double>& out) { out.emit(row.sensor, {row.at}, row.value); };
  const auto reduce = [](const std::string& sensor, Group<double, Descending<Timestamp>>& values, RowWriter& out) {
    for (const double value : values) out.row(sensor, values.order().value, value);
  };
  std::string expected = "sensor,at,value\n";
  for (const auto& [sensor, values] : model)
    for (const auto& [at, value] : values) {
      expected += sensor + "," + format_timestamp({at}) + "," + std::to_string(static_cast<int>(value)) + "\n";
    }
  const auto report = run(Job("newest").read(input).map(map).reduce(reduce).write(out({"sensor", "at", "value"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), expected);
}

/// Counts the groups of its task: what a partition guarantees is that its groups meet here.
struct Numbered {
  std::string partition;
  std::uint64_t number = 0;
  void operator()(const Partitioned<std::string, std::uint32_t>& key, Group<Nothing>& values, RowWriter& out) {
    if (key.partition != partition) number = 0;
    partition = key.partition;
    for ([[maybe_unused]] const Nothing& one : values) {
    }
    out.row(key.partition, key.key, ++number);
  }
};

TEST_F(TypedShapesTest, groups_of_one_partition_are_reduced_by_one_task) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "line " + std::to_string(i) + "\n";
  const DataFile input = lines(directory_.write("in.txt", text));
  using Key = Partitioned<std::string, std::uint32_t>;
  const auto map = [](std::string_view line, Emitter<Key, Nothing>& out) {
    const std::uint32_t number = *parse_parameter<std::uint32_t>(line.substr(5));
    out.emit({number % 2 == 0 ? "even" : "odd", number});
  };
  std::string expected = "partition,key,number\n";
  for (int i = 0; i < 4000; i += 2) expected += "even," + std::to_string(i) + "," + std::to_string(i / 2 + 1) + "\n";
  for (int i = 1; i < 4000; i += 2) expected += "odd," + std::to_string(i) + "," + std::to_string(i / 2 + 1) + "\n";
  reduce_bytes = 1000;
  const auto report = run(Job("parts").read(input).map(map).reduce(Numbered{}).write(out({"partition", "key", "number"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), expected);
  EXPECT_GT(report->stages.back().tasks, 1u) << "one task proves nothing";
  EXPECT_LE(report->stages.back().tasks, 3u);
}

TEST_F(TypedShapesTest, distinct_writes_each_key_once) {
  const DataFile input = lines(directory_.write("in.txt", "b\na\nb\na\nc\n"));
  const auto map = [](std::string_view line, Emitter<std::pair<std::string, int>, Nothing>& out) {
    out.emit({std::string(line), 7});
  };
  const auto report = run(Job("distinct").read(input).map(map).distinct().write(out({"line", "seven"})), 4);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "line,seven\na,7\nb,7\nc,7\n");
}

TEST_F(TypedShapesTest, sort_writes_every_pair_in_key_order) {
  const DataFile input = lines(directory_.write("in.txt", "3\n11\n2\n3\n"));
  const auto map = [](std::string_view line, Emitter<Descending<int>, std::string>& out) {
    out.emit({*parse_parameter<int>(line)}, line);
  };
  const auto report = run(Job("sort").read(input).map(map).sort().write(out({"number", "text"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "number,text\n11,11\n3,3\n3,3\n2,2\n");
}

TEST_F(TypedShapesTest, top_k_keeps_the_first_pairs_and_sends_no_more_of_each_task) {
  for (const std::uint64_t count : {0u, 1u, 10u, 10'000u}) {
    SCOPED_TRACE("count " + std::to_string(count));
    Random random(9);
    std::vector<std::pair<std::uint64_t, std::string>> all;
    std::string text;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t number = random.below(1000);
      all.emplace_back(number, "x" + std::to_string(i));
      text += std::to_string(number) + " x" + std::to_string(i) + "\n";
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      // Equal keys are ordered by the bytes of their values: the size first.
      return std::tuple(b.first, a.second.size(), a.second) < std::tuple(a.first, b.second.size(), b.second);
    });
    const auto map = [](std::string_view line, Emitter<Descending<std::uint64_t>, std::string>& out) {
      const std::size_t blank = line.find(' ');
      out.emit({*parse_parameter<std::uint64_t>(line.substr(0, blank))}, line.substr(blank + 1));
    };
    std::string expected = "number,name\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(count, all.size()); ++i)
      expected += std::to_string(all[i].first) + "," + all[i].second + "\n";
    const auto report = run(Job("top").read(lines(directory_.write("in.txt", text))).map(map).top_k(count).write(out({"number", "name"})));
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(output(), expected);
    if (count == 10) {
      EXPECT_LE(report->stages.back().rows, 10 * report->stages.front().tasks);
    }
  }
}

TEST_F(TypedShapesTest, rows_that_do_not_fit_their_struct_are_rejected_with_column_and_value) {
  const std::string input =
      directory_.write("in.csv", "sensor,at,value\ns1,2024-01-01,1.5\ns1,yesterday,2\ns2,2024-01-02,x\ns2,2024-01-03,\n");
  const auto map = [](const Reading& row, Emitter<std::string, double>& out) { out.emit(row.sensor, row.value); };
  const auto report = run(Job("rows").read(csv(input, {"sensor", "at", "value"})).map(map).sort().write(out({"sensor", "value"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "sensor,value\ns1,1.5\n");
  EXPECT_EQ(report->counters.at("rows_rejected"), 3u);
  const std::string rejects = report->rejects;
  EXPECT_THAT(rejects, HasSubstr("column 2 of those that the job reads is no time"));
  EXPECT_THAT(rejects, HasSubstr("column 3 of those that the job reads is no number"));
  EXPECT_THAT(rejects, HasSubstr("column 3 of those that the job reads is empty"));
  EXPECT_THAT(rejects, HasSubstr("yesterday"));
}

TEST_F(TypedShapesTest, a_map_of_rows_and_a_table_of_other_width_is_said_before_anything_runs) {
  const auto map = [](const Reading& row, Emitter<std::string, double>& out) { out.emit(row.sensor, row.value); };
  const auto definition = Job("rows").read(csv("in.csv", {"sensor", "at"})).map(map).sort().write(out({"sensor", "value"})).definition();
  ASSERT_FALSE(definition.ok());
  EXPECT_THAT(definition.error().message(), HasSubstr("rows of 3 fields, and the input 'in.csv' delivers 2 columns"));
}

/// Two steps: words are counted, counts are counted, and the reduce lists them.
TEST_F(TypedShapesTest, steps_group_anew_what_a_reduce_emits) {
  constexpr std::uint64_t kSeed = 12;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  std::string text;
  std::map<std::string, std::uint64_t> words;
  for (int i = 0; i < 5000; ++i) {
    const std::string word = "w" + std::to_string(random.below(1 + random.below(800)));
    ++words[word];
    text += word + "\n";
  }
  std::map<std::uint64_t, std::uint64_t> model;
  for (const auto& [word, count] : words) ++model[count];
  std::string expected = "count,words\n";
  for (auto at = model.rbegin(); at != model.rend(); ++at) expected += std::to_string(at->first) + "," + std::to_string(at->second) + "\n";

  const auto one = [](std::string_view line, Emitter<std::string, std::uint64_t>& out) { out.emit(line, 1); };
  const auto sum_up = [](Group<std::uint64_t>& values) {
    std::uint64_t total = 0;
    for (const std::uint64_t value : values) total += value;
    return total;
  };
  using Count = Descending<std::uint64_t>;
  const auto count = [=](const std::string&, Group<std::uint64_t>& ones, Emitter<Count, std::uint64_t>& out) {
    out.emit({sum_up(ones)}, 1);
  };
  const auto list = [=](const Count& times, Group<std::uint64_t>& ones, RowWriter& out) { out.row(times, sum_up(ones)); };
  const auto report = run(Job("steps").read(lines(directory_.write("in.txt", text))).map(one).combine(std::plus<>{}).step(count)
                              .combine(std::plus<>{}).reduce(list).write(out({"count", "words"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), expected);
  EXPECT_EQ(report->stages.size(), 3u);
}

TEST_F(TypedShapesTest, a_step_joins_and_the_next_one_ranks) {
  const JoinCase data(5);
  const DataFile customers = csv(directory_.write("customers.csv", data.customers), {"id", "name"});
  const DataFile orders = csv(directory_.write("orders.csv", data.orders), {"customer", "cents"});
  using Total = Descending<std::int64_t>;
  const auto total = [](const std::string& id, Group<std::string>& names, Group<std::int64_t>& cents, Emitter<Total, std::string>& out,
                        Context& context) {
    std::int64_t sum = 0;
    if (names.begin() == names.end()) return context.count("strangers");
    for (const std::int64_t amount : cents) sum += amount;
    out.emit({sum}, id);
  };
  const auto report = run(Job("rank").read(customers).map(by_id).read(orders).map(by_customer).step(total).top_k(5)
                              .write(out({"total", "id"})));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  std::map<std::string, std::int64_t> sums;
  for (const auto& [id, name] : data.names) sums[id];
  std::size_t strangers = 0;
  for (auto at = data.cents.begin(); at != data.cents.end(); at = data.cents.upper_bound(at->first))
    if (!sums.contains(at->first)) ++strangers;
  for (const auto& [id, amount] : data.cents)
    if (sums.contains(id)) sums[id] += amount;
  std::vector<std::tuple<std::int64_t, std::size_t, std::string>> ranked;
  for (const auto& [id, sum] : sums) ranked.emplace_back(-sum, id.size(), id);
  std::sort(ranked.begin(), ranked.end());
  std::string expected = "total,id\n";
  for (std::size_t i = 0; i < 5; ++i) expected += std::to_string(-std::get<0>(ranked[i])) + "," + std::get<2>(ranked[i]) + "\n";
  EXPECT_EQ(output(), expected);
  EXPECT_EQ(report->counters.at("strangers"), strangers);
}

TEST_F(TypedShapesTest, a_map_that_writes_rows_needs_no_reduce_and_keeps_the_order_of_the_input) {
  std::string text = "sensor,at,value\n";
  std::string expected = "value,sensor\n";
  for (int i = 0; i < 2000; ++i) {
    text += "s" + std::to_string(i * 7 % 10) + ",2024-01-01," + std::to_string(i) + "\n";
    if (i % 3 == 0) expected += std::to_string(i) + ",s" + std::to_string(i * 7 % 10) + "\n";
  }
  const auto every_third = [](const Reading& row, RowWriter& out, Context& context) {
    if (static_cast<int>(row.value) % 3 == 0) out.row(row.value, row.sensor);
    else context.count("left_out");
  };
  const auto report = run(Job("rows").read(csv(directory_.write("in.csv", text), {"sensor", "at", "value"})).map(every_third)
                              .write(out({"value", "sensor"})), 700);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), expected);
  EXPECT_EQ(report->counters.at("left_out"), 1333u);
  EXPECT_EQ(report->stages.size(), 1u);
}

/// A broadcast join: the small table is read once a task, nothing is shuffled.
class NameCustomers {
 public:
  void setup(Context& context) {
    for (Customer& one : context.side_rows<Customer>("customers")) names_[one.id] = std::move(one.name);
    greeting_ = context.side_text("greeting");
  }
  void operator()(const Order& order, RowWriter& out) { out.row(greeting_.substr(0, 5), names_[order.customer], order.cents); }

 private:
  std::map<std::string, std::string> names_;
  std::string_view greeting_;
};

TEST_F(TypedShapesTest, side_inputs_are_tables_or_text_that_every_task_reads) {
  const DataFile customers = csv(directory_.write("customers.csv", "id,name\nc1,Ada\nc2,Grace\n"), {"id", "name"});
  const DataFile greeting = lines(directory_.write("greeting.txt", "hello\n"));
  const DataFile orders = csv(directory_.write("orders.csv", "customer,cents\nc2,5\nc1,7\n"), {"customer", "cents"});
  const auto job = [&](const DataFile& table) {
    return Job("side").side_input("customers", table).side_input("greeting", greeting).read(orders).map(NameCustomers())
        .write(out({"greeting", "name", "cents"}));
  };
  const auto report = run(job(customers));
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "greeting,name,cents\nhello,Grace,5\nhello,Ada,7\n");
  const auto narrow = run(job(csv(customers.path, {"id"})));
  ASSERT_FALSE(narrow.ok());
  EXPECT_THAT(narrow.error().to_string(), HasSubstr("the side input 'customers' delivers 1 columns, and its rows are read into 2 fields"));
}

}  // namespace
}  // namespace sinter

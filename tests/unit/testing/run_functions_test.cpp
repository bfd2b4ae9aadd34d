// run_map, run_reduce, run_step: what they return, and that they find what a job would stumble over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "sinter/log.hpp"
#include "sinter/testing.hpp"

namespace sinter {
namespace {

using testing::run_map;
using testing::run_reduce;
using testing::run_step;
using testing::Surroundings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

void split_words(std::string_view line, Emitter<std::string, std::uint64_t>& out) {
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    if (blank > 0) out.emit(line.substr(0, blank), 1);
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
}

void sum(const std::string& word, Group<std::uint64_t>& counts, RowWriter& out) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  out.row(word, total);
}

struct Reading {
  std::string sensor;
  std::optional<double> value;
  auto fields() { return std::tie(sensor, value); }
};

/// Uses all that a context has.
class Watch {
 public:
  void setup(Context& context) {
    least_ = context.parameter<double>("least");
    known_ = context.side_text("known");
  }
  void operator()(const Reading& row, Emitter<std::string, double>& out, Context& context) {
    if (known_.find(row.sensor) == std::string_view::npos) return context.reject("sensor", row.sensor, "is unknown");
    if (row.value && *row.value >= least_) out.emit(row.sensor, *row.value);
    else context.rows("low").row(row.sensor, row.value);
    context.histogram("value").add(row.value.value_or(0));
    context.status("at " + row.sensor);
  }
  void finish(Emitter<std::string, double>& out, Context& context) {
    out.emit("end", least_);
    context.count("finished");
    context.log().info("done", {{"least", least_}});
  }

 private:
  double least_ = 0;
  std::string_view known_;
};

Surroundings watched() {
  return Surroundings().parameter("least", 2.0).side_input("known", lines("known.txt"), "s1\ns2\n").side_output("low");
}

TEST(RunMap, returns_the_pairs_of_lines_in_the_order_in_which_they_were_emitted) {
  const auto words = run_map(split_words, {"the crow", "", "the"});
  ASSERT_TRUE(words.ok()) << words.error().to_string();
  EXPECT_THAT(words->pairs, ElementsAre(Pair("the", 1), Pair("crow", 1), Pair("the", 1)));
  EXPECT_EQ(words->counters.at("rows_read"), 3u);
  EXPECT_THAT(run_map(split_words, {})->pairs, IsEmpty());
}

TEST(RunMap, gives_a_map_its_context_and_returns_all_that_it_left) {
  const auto watch = run_map(Watch(), {{"s1", 3.5}, {"s2", 1}, {"s3", 4}, {"s2", std::nullopt}}, watched());
  ASSERT_TRUE(watch.ok()) << watch.error().to_string();
  EXPECT_THAT(watch->pairs, ElementsAre(Pair("s1", 3.5), Pair("end", 2)));
  EXPECT_THAT(watch->side_rows.at("low"), ElementsAre("s2,1", "s2,"));
  ASSERT_EQ(watch->rejects.size(), 1u);
  EXPECT_THAT(watch->rejects[0], HasSubstr("\"reason\":\"is unknown\",\"file\":\"rows.csv\",\"line\":4"));
  EXPECT_EQ(watch->counters.at("rows_rejected"), 1u);
  EXPECT_EQ(watch->counters.at("finished"), 1u);
  ASSERT_EQ(watch->histograms.size(), 1u);
  EXPECT_EQ(watch->histograms[0].count, 3u);
  EXPECT_EQ(watch->status, "at s2");
  ASSERT_EQ(watch->log.size(), 1u);
  EXPECT_THAT(watch->log[0], HasSubstr("\"least\":2"));
}

TEST(RunMap, reads_a_text_as_a_job_would_read_the_file) {
  const auto read = run_map(Watch(), csv("data/monday.csv", {"sensor", "value"}), "at,value,sensor\n1,9,s1\n2,x,s1\nshort\n", watched());
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_THAT(read->pairs, ElementsAre(Pair("s1", 9), Pair("end", 2)));
  ASSERT_EQ(read->rejects.size(), 2u);
  EXPECT_THAT(read->rejects[0], HasSubstr("column 2 of those that the job reads is no number"));
  EXPECT_THAT(read->rejects[1], HasSubstr("\"file\":\"data/monday.csv\",\"line\":4"));
  const auto ids = [](const Record& record, Emitter<std::string, Nothing>& out) { out.emit(record.fields[0].text); };
  EXPECT_THAT(run_map(ids, json_lines("in.jsonl", {"book.id"}), "{\"book\":{\"id\":\"b7\"}}\n")->pairs, ElementsAre(Pair("b7", Nothing{})));
}

TEST(RunMap, returns_the_rows_of_a_map_that_writes_rows) {
  const auto lengths = [](std::string_view line, RowWriter& out) { out.row(line, line.size()); };
  EXPECT_THAT(run_map(lengths, {"a", "b,c"})->rows, ElementsAre("a,1", "\"b,c\",3"));
}

TEST(RunMap, errors_are_those_of_an_attempt_and_name_the_line) {
  const auto thrower = [](std::string_view line, Emitter<std::string, std::uint64_t>& out) {
    if (line == "bad") throw std::runtime_error("no such word");
    out.emit(line, 1);
  };
  const auto thrown = run_map(thrower, {"good", "bad"});
  ASSERT_FALSE(thrown.ok());
  EXPECT_THAT(thrown.error().to_string(), HasSubstr("the mapper threw an exception: no such word"));
  EXPECT_THAT(thrown.error().to_string(), HasSubstr("in line 2"));
  const auto undeclared = run_map(Watch(), {{"s1", 3.5}});
  ASSERT_FALSE(undeclared.ok());
  EXPECT_THAT(undeclared.error().to_string(), HasSubstr("the job declares no parameter 'least'"));
  const auto two_lines = run_map(split_words, {"a", "b\nc"});
  ASSERT_FALSE(two_lines.ok());
  EXPECT_THAT(two_lines.error().to_string(), HasSubstr("line 2 of those given has a line end in it"));
}

/// Its codec forgets the sign.
struct Forgetful {
  std::int64_t number = 0;
};

}  // namespace

template <>
struct ValueCodec<Forgetful> {
  static void append(std::string& out, const Forgetful& value) { append_fixed(out, value.number); }
  static bool read(ByteReader& reader, Forgetful& value) {
    const bool read = reader.read_fixed(value.number);
    value.number = value.number < 0 ? -value.number : value.number;
    return read;
  }
};

namespace {

TEST(RunMap, finds_a_value_that_does_not_survive_its_codec) {
  const auto emit = [](std::string_view line, Emitter<std::string, Forgetful>& out) {
    out.emit(line, {static_cast<std::int64_t>(line.size()) - 2});
  };
  EXPECT_TRUE(run_map(emit, {"long enough"}).ok());
  const auto lost = run_map(emit, {"long enough", "x"});
  ASSERT_FALSE(lost.ok());
  EXPECT_THAT(lost.error().to_string(), HasSubstr("the value of pair 1 (from 0) does not survive its codec"));
}

TEST(RunReduce, returns_rows_of_one_group_or_of_several_in_key_order) {
  EXPECT_THAT(run_reduce(sum, "the", {2, 1})->rows, ElementsAre("the,3"));
  const auto several = run_reduce(sum, {{"b", {1, 2}}, {"a", {5}}});
  ASSERT_TRUE(several.ok()) << several.error().to_string();
  EXPECT_THAT(several->rows, ElementsAre("a,5", "b,3"));
  EXPECT_EQ(several->counters.at("groups"), 2u);
}

TEST(RunReduce, gives_the_values_of_a_grouped_key_in_their_order) {
  const auto last = [](const std::string& sensor, Group<double, Timestamp>& values, RowWriter& out) {
    double value = 0;
    Timestamp at{};
    for (const double one : values) {
      value = one;
      at = values.order();
    }
    out.row(sensor, at, value);
  };
  const Timestamp monday = *parse_iso8601("2024-03-04");
  const Timestamp tuesday = *parse_iso8601("2024-03-05");
  EXPECT_THAT(run_reduce(last, "s1", {{tuesday, 1.5}, {monday, 7}})->rows, ElementsAre("s1,2024-03-05T00:00:00Z,1.5"));
}

/// Its member counts the groups of a partition.
struct Numbered {
  std::uint64_t number = 0;
  void operator()(const Partitioned<std::string, std::uint32_t>& key, Group<std::string, Descending<int>>& values, RowWriter& out) {
    for (const std::string& value : values) out.row(key.partition, key.key, ++number, value, values.order().value);
  }
  void finish(RowWriter& out) { out.line("end"); }
};

TEST(RunReduce, partitions_descending_orders_and_finish) {
  const auto rows = run_reduce(Numbered(), {{{"p", 2}, {{{1}, "x"}, {{2}, "y"}}}, {{"p", 1}, {{{5}, "z"}}}});
  ASSERT_TRUE(rows.ok()) << rows.error().to_string();
  EXPECT_THAT(rows->rows, ElementsAre("p,1,1,z,5", "p,2,2,y,2", "p,2,3,x,1", "end"));
}

TEST(RunReduce, takes_a_list_for_each_map_of_a_co_group) {
  const auto both = [](const std::string& id, Group<std::string>& names, Group<int>& cents, RowWriter& out, Context& context) {
    auto kept = names.replayable();
    for (const int one : cents)
      for (const std::string& name : kept) out.row(id, name, one);
    if (kept.empty()) context.reject("nobody has this id");
  };
  const auto rows = run_reduce(both, {{"c1", {{"Ada", "Eve"}, {5}}}, {"c2", {{}, {7}}}});
  ASSERT_TRUE(rows.ok()) << rows.error().to_string();
  EXPECT_THAT(rows->rows, ElementsAre("c1,Ada,5", "c1,Eve,5"));
  EXPECT_THAT(rows->rejects, ElementsAre(HasSubstr("\"entity\":\"\\\"c2\\\"\"")));
}

TEST(RunReduce, errors_name_the_group) {
  const auto thrower = [](const std::string&, Group<std::uint64_t>&, RowWriter&) { throw std::runtime_error("too many"); };
  const auto thrown = run_reduce(thrower, "crow", {1});
  ASSERT_FALSE(thrown.ok());
  EXPECT_THAT(thrown.error().to_string(), HasSubstr("the reducer threw an exception: too many"));
  EXPECT_THAT(thrown.error().to_string(), HasSubstr("group \"crow\""));
  EXPECT_FALSE(run_reduce(sum, "crow", {}).ok());
}

TEST(RunStep, returns_what_a_step_emitted) {
  const auto rank = [](const std::string& word, Group<std::uint64_t>& counts, Emitter<Descending<std::uint64_t>, std::string>& out) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    out.emit({total}, word);
  };
  EXPECT_THAT(run_step(rank, "crow", {1, 2})->pairs, ElementsAre(Pair(Descending<std::uint64_t>{3}, "crow")));
  EXPECT_THAT(run_step(rank, {{"b", {1}}, {"a", {2}}})->pairs, ElementsAre(Pair(::testing::_, "a"), Pair(::testing::_, "b")));
}

}  // namespace
}  // namespace sinter

// Claim bytes keep their order and survive foreign bytes; the collector sorts, spills and is reused.
#include "jobs/fusion/rules/claim_set.hpp"

#include "tests/unit/rules/rule_testing.hpp"

namespace sinter::fusion::testing {
namespace {

constexpr ClaimNeeds kEverything{true, true, true, true, true};

std::string encoded(const Claim& claim, const ClaimNeeds& needs = kEverything) {
  std::string bytes;
  append_claim(bytes, claim, needs);
  return bytes;
}

TEST(ClaimBytes, read_back) {
  Claim claim = at(text(std::string_view("a\0b", 3), std::string_view("s\0", 2), 0.25), -7);
  claim.sigma = 3;
  claim.position = {3, 1u << 20};
  const std::string bytes = encoded(claim);
  Arena arena;
  Claim back;
  ASSERT_TRUE(read_claim(bytes, kEverything, arena, back));
  EXPECT_EQ(back.value.string(), claim.value.string());
  EXPECT_EQ(back.source, claim.source);
  EXPECT_EQ(back.time, claim.time);
  EXPECT_EQ(back.position, claim.position);
  EXPECT_EQ(back.weight, 0.25);
  EXPECT_EQ(back.sigma, 3);
}

TEST(ClaimBytes, hold_only_what_is_needed) {
  const Claim claim = at(text("abc", "source", 0.5), 9);
  EXPECT_EQ(encoded(claim, {}).size(), 6u);
  EXPECT_LT(encoded(claim, {.source = true}).size(), encoded(claim, {.source = true, .time = true}).size());
}

TEST(ClaimBytes, order_by_value_source_time_position) {
  Claim first = text("a", "z");
  Claim timed = at(first, -1), later = at(first, 5), placed = later;
  placed.position = {0, 300};
  Claim other_file = later;
  other_file.position = {1, 0};
  const std::vector<Claim> ascending{first, timed, later, placed, other_file, text("a", "zz"), text("ab", "a"), text("b")};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) EXPECT_LT(encoded(ascending[i]), encoded(ascending[i + 1])) << i;
}

TEST(ClaimBytes, survive_foreign_bytes) {
  Random random(5);
  const std::string good = encoded(at(text("some text", "source", 0.25), 77));
  Arena arena;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good.substr(0, random.below(good.size() + 1));
    for (std::uint64_t i = random.below(4); i > 0 && !bytes.empty(); --i) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    Claim claim;
    arena.clear();
    (void)read_claim(bytes, kEverything, arena, claim);
  }
}

struct Collecting {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 8 << 20};
  SpillSpace spill() {
    EXPECT_TRUE(files->make_directories("scratch").ok());
    return {files.get(), &memory, "scratch", 512 << 10};
  }
};

std::vector<std::string> values_of(ClaimCollector& collector, std::size_t cell) {
  std::vector<std::string> values;
  Result<ClaimCursor*> cursor = collector.open(cell);
  EXPECT_TRUE(cursor.ok()) << cursor.error().to_string();
  if (!cursor.ok()) return values;
  Claim claim;
  while (true) {
    const Result<bool> more = (*cursor)->next(claim);
    EXPECT_TRUE(more.ok()) << more.error().to_string();
    if (!more.ok() || !*more) return values;
    values.emplace_back(claim.value.string());
  }
}

TEST(ClaimCollector, gives_each_cell_its_claims_sorted) {
  Collecting world;
  ClaimCollector collector({kEverything, {.source = true}}, world.spill());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(collector.clear().ok());
    ASSERT_TRUE(collector.add(0, encoded(text("b"))).ok());
    ASSERT_TRUE(collector.add(1, encoded(text("z"), {.source = true})).ok());
    ASSERT_TRUE(collector.add(0, encoded(text("a"))).ok());
    ASSERT_TRUE(collector.sort().ok());
    EXPECT_EQ(values_of(collector, 0), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(values_of(collector, 1), std::vector<std::string>{"z"});
    EXPECT_EQ(values_of(collector, 0).size(), 2u) << "a cell may be opened again";
  }
}

TEST(ClaimCollector, spills_and_gives_the_same_claims) {
  Collecting world;
  ClaimCollector collector({{.source = true}, {.source = true}}, world.spill());
  Random random(9);
  std::vector<std::string> expected;
  for (int i = 0; i < 60'000; ++i) {
    const std::string value = "value-" + std::to_string(random.below(30'000));
    ASSERT_TRUE(collector.add(0, encoded(text(value, "s"), {.source = true})).ok());
    expected.push_back(value);
  }
  ASSERT_TRUE(collector.add(1, encoded(text("other", "s"), {.source = true})).ok());
  ASSERT_TRUE(collector.sort().ok());
  EXPECT_TRUE(collector.spilled());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(values_of(collector, 0), expected);
  EXPECT_EQ(values_of(collector, 1), std::vector<std::string>{"other"});
  ASSERT_TRUE(collector.clear().ok());
  EXPECT_TRUE(world.files->list("scratch")->empty()) << "nothing is left behind";
  EXPECT_EQ(world.memory.used_bytes(), 0u);
  ASSERT_TRUE(collector.add(1, encoded(text("again", "s"), {.source = true})).ok());
  ASSERT_TRUE(collector.sort().ok());
  EXPECT_EQ(values_of(collector, 1), std::vector<std::string>{"again"});
  EXPECT_TRUE(values_of(collector, 0).empty());
}

TEST(ClaimCollector, spills_claims_longer_than_a_key) {
  Collecting world;
  ClaimCollector collector({{.source = true}}, world.spill());
  std::vector<std::string> expected;
  for (int i = 0; i < 12; ++i) expected.push_back(std::string(100'000, 'x') + static_cast<char>('a' + (i * 7) % 12));
  for (const std::string& value : expected) ASSERT_TRUE(collector.add(0, encoded(text(value, "s"), {.source = true})).ok());
  ASSERT_TRUE(collector.sort().ok());
  EXPECT_TRUE(collector.spilled());
  std::sort(expected.begin(), expected.end());
  EXPECT_TRUE(values_of(collector, 0) == expected);
}

TEST(ClaimCollector, takes_a_long_claim_after_it_began_to_spill) {
  Collecting world;
  ClaimCollector collector({{.source = true}}, world.spill());
  std::vector<std::string> expected;
  for (int i = 0; i < 30'000; ++i) expected.push_back("value-" + std::to_string(i));
  expected.push_back(std::string(300'000, 'w'));  // above an eighth of the memory that spilling began with
  expected.push_back("v");
  for (const std::string& value : expected) ASSERT_TRUE(collector.add(0, encoded(text(value, "s"), {.source = true})).ok());
  ASSERT_TRUE(collector.sort().ok());
  EXPECT_TRUE(collector.spilled());
  std::sort(expected.begin(), expected.end());
  EXPECT_TRUE(values_of(collector, 0) == expected);
  ASSERT_TRUE(collector.clear().ok());
  EXPECT_TRUE(world.files->list("scratch")->empty()) << "nothing is left behind";
}

TEST(ClaimCollector, spills_when_the_budget_is_full) {
  Collecting world;
  Result<Reservation> others = world.memory.reserve((8 << 20) - (400 << 10), "others");
  ASSERT_TRUE(others.ok());
  ClaimCollector collector({{.source = true}}, world.spill());
  for (int i = 0; i < 5000; ++i) {
    const Status added = collector.add(0, encoded(text("value-" + std::to_string(i), "s"), {.source = true}));
    ASSERT_TRUE(added.ok()) << added.error().to_string();
  }
  ASSERT_TRUE(collector.sort().ok());
  EXPECT_EQ(values_of(collector, 0).size(), 5000u);
}

}  // namespace
}  // namespace sinter::fusion::testing

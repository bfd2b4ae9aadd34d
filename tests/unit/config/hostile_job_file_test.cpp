// Job files of garbage: no crash, no hang, always a problem with a place inside the file, or a job.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/config/render.hpp"

namespace sinter::fusion {
namespace {

constexpr const char* kSeedJob = R"(version: 1
name: shops
params: { day: "2024-03-01" }
schema: { price: double, title: { type: string, required: true } }
sources:
  a: { from: shops/a.csv, trust: 0.9, sigma: { price: 0.5 } }
  b: { from: ["b-*.jsonl.gz"], columns: &c { isbn: book.id, price: eur }, format: { type: jsonl } }
  c: { from: c.csv, columns: *c, time: at, timezone: Europe/Berlin }
clean:
  isbn: [trim, { remove: "[^0-9X]" }]
  b.price: [{ number: { decimal: "," } }]
  rows: [drop_duplicates, { drop_nulls: [price] }]
entity: { key: isbn }
fuse:
  default: weighted_vote
  attributes: { price: { rule: median }, title: { rule: prefer, order: [a, b] } }
quality: { gold: { from: "gold-${params.day}.csv", coverage: 95% }, rejected_rows: { max: 1%, severity: warn } }
output: { fused: { to: out/books.csv, confidence: true }, rejects: out/r.jsonl }
execution: { workers: 2, memory: 64MiB }
)";

/// Loads, and checks what must hold of any text.
void load_anything(const std::string& text) {
  Diagnostics diagnostics;
  const auto job = load_job(text, "x.yaml", {}, {}, diagnostics);
  ASSERT_EQ(job.has_value(), diagnostics.ok());
  std::size_t lines = 2;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  for (const Diagnostics::Problem& problem : diagnostics.problems()) {
    ASSERT_FALSE(problem.message.empty());
    ASSERT_LE(problem.mark.line, lines);
  }
  (void)render_problems(diagnostics, "x.yaml", text, true);
}

TEST(HostileJobFile, its_seed_is_a_good_job) {
  Diagnostics diagnostics;
  const auto job = load_job(kSeedJob, "x.yaml", {}, {}, diagnostics);
  EXPECT_TRUE(job.has_value()) << render_problems(diagnostics, "x.yaml", kSeedJob, false);
}

TEST(HostileJobFile, random_mutations_never_crash) {
  constexpr std::uint64_t kSeed = 20240301;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  const std::string seed_job = kSeedJob;
  const std::string marks = std::string("{}[]:,\"'#&*!|>%@`-?\n\t \\$\xff\x80~<0") + '\0';
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed_job;
    const std::uint64_t edits = 1 + random.below(6);
    for (std::uint64_t i = 0; i < edits && !text.empty(); ++i) {
      const std::size_t at = random.below(text.size());
      const std::size_t length = std::min<std::size_t>(1 + random.below(12), text.size() - at);
      switch (random.below(5)) {
        case 0: text.erase(at, length); break;
        case 1: text.insert(at, 1, marks[random.below(marks.size())]); break;
        case 2: text[at] = marks[random.below(marks.size())]; break;
        case 3: text.insert(at, seed_job.substr(random.below(seed_job.size()), length * 4)); break;
        default: text.resize(at + 1); break;
      }
    }
    load_anything(text);
    if (HasFatalFailure()) {
      ADD_FAILURE() << "round " << round << ":\n" << text;
      return;
    }
  }
}

TEST(HostileJobFile, random_bytes_never_crash) {
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    std::string text(random.below(400), '\0');
    for (char& c : text) c = static_cast<char>(round % 2 == 0 ? random.below(256) : 32 + random.below(95));
    load_anything(text);
  }
}

TEST(HostileJobFile, every_prefix_of_a_good_job_is_handled) {
  const std::string seed_job = kSeedJob;
  for (std::size_t size = 0; size < seed_job.size(); size += 3) load_anything(seed_job.substr(0, size));
}

TEST(HostileJobFile, nesting_and_size_are_bounded) {
  load_anything(std::string(100'000, '['));
  load_anything(std::string(100'000, '{'));
  load_anything("a: " + std::string(100'000, '[') + std::string(100'000, ']'));
  std::string steps;
  for (int depth = 0; depth < 5000; ++depth) steps += std::string(static_cast<std::size_t>(std::min(depth, 400)), ' ') + "a:\n";
  load_anything(steps);
  load_anything(std::string(3u << 20, 'a'));
  load_anything("a: \"" + std::string(kMaxJobFileBytes - 10, 'x') + "\"");
}

TEST(HostileJobFile, a_large_file_of_mistakes_is_said_in_seconds) {
  std::string text = "version: 1\nfuse:\n  attributes:\n";
  for (int i = 0; i < 20'000; ++i) text += "    unknown_" + std::to_string(i) + ": vote\n";
  text += "schema: { a: string }\nsources: { s: s.csv }\nentity: { key: k }\noutput: { fused: o.csv }\n";
  const auto start = std::chrono::steady_clock::now();
  Diagnostics diagnostics;
  EXPECT_FALSE(load_job(text, "x.yaml", {}, {}, diagnostics).has_value());
  EXPECT_EQ(diagnostics.problems().size(), 20'000u);
  EXPECT_TRUE(render_problems(diagnostics, "x.yaml", text, false).ends_with("and 19980 more\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

}  // namespace
}  // namespace sinter::fusion

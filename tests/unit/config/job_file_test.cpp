// load_job(): what good job files mean.
#include "jobs/fusion/config/job_file.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "jobs/fusion/config/render.hpp"

namespace sinter::fusion {
namespace {

constexpr const char* kWide = R"(version: 1
name: shops
schema: { price: double, title: string }
sources:
  a: { from: shops/a.csv, trust: 0.9 }
  b: { from: "shops/b-*.jsonl.gz", columns: { isbn: book.id, price: eur } }
  crawl: { from: crawl.csv, source_column: site }        # each row names its own source
clean:
  isbn: [trim, { remove: "[^0-9X]" }]
  b.price: [{ number: { decimal: "," } }]
entity: { key: isbn }
fuse:
  default: weighted_vote
  attributes: { price: median }
output: { fused: { to: out/books.csv } }
)";

constexpr const char* kLong = R"(version: 1
name: weather
schema: { condition: string, high: double, low: double }
sources:
  claims:
    from: claims.csv
    long: { entity: entity, attribute: attribute, value: value, source: source, time: timestamp }
entity: { key: entity }
fuse:
  default: vote
  attributes: { high: mean, low: { rule: median } }
quality:
  gold: { from: truth.csv, long: { entity: entity, attribute: attribute, value: value } }
output:
  fused: { to: out/weather.csv }
  rejects: { to: out/rejects.jsonl }
)";

constexpr const char* kSmallest = R"(version: 1
sources:
  a: { from: shops/a.csv, trust: 0.9 }
  b: shops/b.jsonl.gz
entity: { key: isbn }
fuse: { default: weighted_vote }
output: { fused: { to: books.csv } }
)";

JobFile load(const std::string& text, const std::vector<std::string>& overrides = {}, const ColumnDiscovery& discover = {}) {
  Diagnostics diagnostics;
  auto job = load_job(text, "jobs/shops.yaml", overrides, discover, diagnostics);
  EXPECT_TRUE(diagnostics.problems().empty()) << render_problems(diagnostics, "jobs/shops.yaml", text, false);
  if (!job) throw std::runtime_error("the job file is not good");  // ends the test case
  return std::move(*job);
}

std::vector<std::string> names(const JobFile& job) {
  std::vector<std::string> out;
  for (const Attribute& attribute : job.schema) out.push_back(attribute.name);
  return out;
}

TEST(JobFile, reads_the_wide_example) {
  const JobFile job = load(kWide);
  EXPECT_EQ(job.name, "shops");
  EXPECT_EQ(names(job), (std::vector<std::string>{"isbn", "price", "title"}));
  EXPECT_EQ(job.key_size, 1u);
  EXPECT_EQ(job.schema[1].type, ValueType::Double);
  EXPECT_EQ(job.required, (std::vector<bool>{true, false, false}));
  ASSERT_EQ(job.sources.size(), 3u);
  EXPECT_EQ(job.sources[0].paths, (std::vector<std::string>{"jobs/shops/a.csv"}));
  EXPECT_EQ(job.sources[0].trust, 0.9);
  EXPECT_EQ(job.sources[1].columns.at(0), "book.id");
  EXPECT_EQ(job.sources[1].columns.at(1), "eur");
  EXPECT_EQ(job.sources[2].source_column, "site");
  ASSERT_EQ(job.clean.size(), 3u);
  EXPECT_EQ(job.clean[0][0].steps.size(), 2u);
  EXPECT_EQ(job.clean[0][1].steps.size(), 0u);
  EXPECT_EQ(job.clean[1][1].steps.size(), 1u);
  EXPECT_EQ(job.fuse[1].rule_name, "median");
  EXPECT_EQ(job.fuse[2].rule_name, "weighted_vote");
  EXPECT_EQ(job.output_path, "jobs/out/books.csv");
  EXPECT_EQ(job.execution.max_attempts, 4u);
  EXPECT_FALSE(job.gold.has_value());
}

TEST(JobFile, reads_the_long_example) {
  const JobFile job = load(kLong);
  ASSERT_TRUE(job.sources[0].long_shape.has_value());
  EXPECT_EQ(job.sources[0].long_shape->entity, (std::vector<std::string>{"entity"}));
  EXPECT_EQ(job.sources[0].long_shape->source, "source");
  EXPECT_EQ(job.sources[0].time_column, "timestamp");
  EXPECT_EQ(job.fuse[3].rule_name, "median");
  ASSERT_TRUE(job.gold.has_value());
  EXPECT_EQ(job.gold->paths, (std::vector<std::string>{"jobs/truth.csv"}));
  EXPECT_EQ(job.gold_clean.size(), 4u);
  EXPECT_EQ(job.rejects_path, "jobs/out/rejects.jsonl");
}

TEST(JobFile, finds_the_schema_of_the_smallest_job_in_the_files) {
  const auto discover = [](const SourceDeclaration& source) -> Result<std::vector<std::string>> {
    if (source.name == "a") return std::vector<std::string>{"isbn", "title", "price"};
    return std::vector<std::string>{"isbn", "price", "pages"};
  };
  const JobFile job = load(kSmallest, {}, discover);
  EXPECT_EQ(job.name, "shops");
  EXPECT_EQ(names(job), (std::vector<std::string>{"isbn", "title", "price", "pages"}));
  EXPECT_EQ(job.schema[2].type, ValueType::String);
  const JobFile numeric = load(kSmallest,
                               {"fuse.attributes.price=median", "sources.b={ from: b.csv, columns: { total: price } }"}, discover);
  EXPECT_EQ(names(numeric), (std::vector<std::string>{"isbn", "title", "price", "pages", "total"}));
  EXPECT_EQ(numeric.schema[2].type, ValueType::Double) << "the rule needs numbers";
}

TEST(JobFile, reports_files_whose_columns_cannot_be_found) {
  Diagnostics diagnostics;
  const auto discover = [](const SourceDeclaration&) -> Result<std::vector<std::string>> { return user_error("no such file"); };
  EXPECT_FALSE(load_job(kSmallest, "x.yaml", {}, discover, diagnostics).has_value());
  ASSERT_EQ(diagnostics.problems().size(), 2u);
  EXPECT_EQ(diagnostics.problems()[0].message, "sources.a: no such file");
  EXPECT_EQ(diagnostics.problems()[0].mark.line, 3u);
}

TEST(JobFile, keeps_absolute_paths_and_resolves_the_others_beside_the_job) {
  const std::string text = std::string(kSmallest) + "execution: { scratch: tmp }\nschema: { title: string }\n";
  EXPECT_EQ(load(text).execution.scratch_directory, "jobs/tmp");
  EXPECT_EQ(load(text, {"output.fused.to=/out/x.csv"}).output_path, "/out/x.csv");
  Diagnostics diagnostics;
  EXPECT_EQ(load_job(text, "job.yaml", {}, {}, diagnostics)->output_path, "books.csv");
}

TEST(JobFile, reads_execution_and_overrides) {
  const std::string text = std::string(kSmallest) +
                           "schema: { title: string }\n"
                           "execution: { workers: auto, memory: 64MiB, split_size: 1MiB, retries: 1, timeout: 90s, compression: lz4, "
                           "on_bad_record: quarantine, in_process: true }\n";
  const JobFile job = load(text, {"execution.memory=8MiB"});
  EXPECT_EQ(job.execution.workers, 0u);
  EXPECT_EQ(job.execution.memory_bytes, 8u << 20);
  EXPECT_EQ(job.execution.split_bytes, 1u << 20);
  EXPECT_EQ(job.execution.max_attempts, 2u);
  EXPECT_EQ(job.execution.task_timeout_ms, 90'000);
  EXPECT_TRUE(job.execution.lz4);
  EXPECT_TRUE(job.execution.in_process);
  EXPECT_EQ(job.execution.on_bad_record, OnBadRecord::Quarantine);
  EXPECT_EQ(job.overrides, (std::vector<std::string>{"execution.memory=8MiB"}));
}

TEST(JobFile, reads_sources_in_full) {
  const JobFile job = load(R"(version: 1
schema: { price: double, title: string }
sources:
  web: { each: "web/site-{id}.csv", trust: { default: 0.5, amazon: 2 }, time: crawled, weight: votes, timezone: Europe/Berlin,
         sigma: { price: 0.5 }, format: { type: csv, delimiter: ";", header: false, columns: [isbn, price, title], codec: gzip } }
  tabs: { from: [a.tsv, b.tsv], format: tsv, sigma: { price: price_error } }
entity: { key: isbn }
output: { fused: out/ }
)");
  const SourceDeclaration& web = job.sources[0];
  EXPECT_TRUE(web.each);
  EXPECT_EQ(web.paths[0], "jobs/web/site-{id}.csv");
  EXPECT_EQ(web.trust, 0.5);
  EXPECT_EQ(web.trust_by_source.at("amazon"), 2);
  EXPECT_EQ(web.time_column, "crawled");
  EXPECT_EQ(web.weight_column, "votes");
  EXPECT_EQ(web.timezone, "Europe/Berlin");
  EXPECT_EQ(web.sigmas[0].constant, 0.5);
  EXPECT_EQ(web.format.kind, FormatKind::Csv);
  EXPECT_EQ(web.format.delimiter, ';');
  EXPECT_FALSE(web.format.header);
  EXPECT_EQ(web.format.codec, Codec::Gzip);
  EXPECT_EQ(job.sources[1].paths.size(), 2u);
  EXPECT_EQ(job.sources[1].format.delimiter, '\t');
  EXPECT_EQ(job.sources[1].sigmas[0].column, "price_error");
  EXPECT_EQ(job.output_path, "jobs/out/");
  EXPECT_EQ(job.fuse[1].rule_name, "weighted_vote") << "the default without fuse";
}

TEST(JobFile, puts_general_steps_before_those_of_a_source) {
  const JobFile job = load(R"(version: 1
schema: { a_gate: string, b_gate: string, other: string }
sources: { x: { from: x.csv, time: t }, y: { from: y.csv, time: t } }
clean:
  y.a_gate: { steps: [lower], on_bad_value: null }
  "*_gate": [trim, upper]
  other: { on_bad_value: reject }
  on_bad_value: null
  rows: [drop_duplicates, keep_newest, { drop_nulls: ["*_gate"] }]
entity: { key: id }
output: { fused: out.csv }
)");
  EXPECT_EQ(job.clean[0][1].steps.size(), 2u);
  ASSERT_EQ(job.clean[1][1].steps.size(), 3u);
  EXPECT_EQ(job.clean[1][1].steps[2].scalar, "lower");
  EXPECT_EQ(job.clean[0][3].on_bad_value, OnBadValue::Reject);
  EXPECT_EQ(job.clean[0][2].on_bad_value, OnBadValue::Null);
  EXPECT_TRUE(job.rows.drop_duplicates);
  EXPECT_TRUE(job.rows.keep_newest);
  EXPECT_EQ(job.rows.drop_nulls, (std::vector<std::size_t>{1, 2}));
}

TEST(JobFile, completes_rules_by_the_default) {
  const JobFile job = load(R"(version: 1
schema: { price: double, high_t: double, low_t: double }
sources: { x: x.csv }
entity: { key: [id, day] }
fuse:
  default: { rule: vote, ties: first }
  attributes: { price: { same_within: 0.5 }, "*_t": mean }
output: { fused: out.csv }
)");
  EXPECT_EQ(job.key_size, 2u);
  EXPECT_EQ(job.fuse[2].rule_name, "vote");
  EXPECT_EQ(job.fuse[2].rule.find("ties")->scalar, "first");
  EXPECT_EQ(job.fuse[2].tolerance.amount, 0.5);
  EXPECT_EQ(job.fuse[3].rule_name, "mean");
  EXPECT_EQ(job.fuse[4].rule_name, "mean");
}

TEST(JobFile, reads_quality) {
  const JobFile job = load(std::string(kLong) + "x-mine: 1\n",
                           {"quality.rejected_rows={ max: 0.5%, severity: warn }", "quality.gold.coverage=95%",
                            "quality.gold.mae={ max: 5, attributes: { high: { max: 4.5, severity: warn } } }"});
  ASSERT_EQ(job.checks.size(), 4u);
  EXPECT_EQ(job.checks[0].measure, QualityCheck::Measure::Coverage);
  EXPECT_EQ(job.checks[0].bound, 0.95);
  EXPECT_TRUE(job.checks[0].bound_is_minimum);
  EXPECT_EQ(job.checks[1].attribute, -1);
  EXPECT_EQ(job.checks[2].attribute, 2);
  EXPECT_EQ(job.checks[2].bound, 4.5);
  EXPECT_EQ(job.checks[2].severity, Severity::Warn);
  EXPECT_EQ(job.checks[3].measure, QualityCheck::Measure::RejectedRows);
  EXPECT_EQ(job.checks[3].severity, Severity::Warn);
}

TEST(JobHash, follows_the_meaning_only) {
  const std::string hash = load(kWide).hash;
  EXPECT_EQ(hash.size(), 16u);
  std::string laid_out = kWide;
  laid_out.replace(laid_out.find("entity: { key: isbn }"), 21, "entity:\n  # the key\n  key:   isbn");
  EXPECT_EQ(load(laid_out).hash, hash);
  EXPECT_EQ(load(kWide, {"execution.workers=7", "name=other", "output.fused.to=elsewhere.csv", "x-note=1"}).hash, hash);
  EXPECT_NE(load(kWide, {"sources.a.trust=0.8"}).hash, hash);
  EXPECT_NE(load(kWide, {"fuse.attributes.price=mean"}).hash, hash);
  EXPECT_NE(load(kWide, {"output.fused.confidence=true"}).hash, hash);
}

TEST(JobHash, is_the_same_in_every_version_of_sinter) { EXPECT_EQ(load(kLong).hash, "57d4cb0a4d135327"); }

TEST(JobFile, replaces_parameters) {
  const std::string start = std::string(kSmallest) + "schema: { title: string }\nparams: { n: 3 }\n";
  Diagnostics diagnostics;
  EXPECT_FALSE(load_job(start + "execution: { workers: \"${params.n}\" }\n", "x", {}, {}, diagnostics).has_value())
      << "a quoted reference is a string";
  const std::string plain = start + "execution:\n  workers: ${params.n}\n";
  EXPECT_EQ(load(plain).execution.workers, 3u);
  EXPECT_EQ(load(plain, {"params.n=5"}).execution.workers, 5u);
}

}  // namespace
}  // namespace sinter::fusion

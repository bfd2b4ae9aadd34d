// Speed of the shuffle on one core: building runs, combining, merging. Plain program; prints one line a case.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/file_system.hpp"
#include "base/limits.hpp"
#include "base/memory_budget.hpp"
#include "base/random.hpp"
#include "bench/must.hpp"
#include "shuffle/merge/group_cursor.hpp"
#include "shuffle/record/key.hpp"
#include "shuffle/build/run_builder.hpp"

namespace sinter {
namespace {

class SumCombiner final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    const std::uint64_t sum = load_fixed<std::uint64_t>(into.data()) + load_fixed<std::uint64_t>(value.data());
    std::memcpy(into.data(), &sum, sizeof(sum));
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged.clear();
    append_fixed(merged, load_fixed<std::uint64_t>(a.data()) + load_fixed<std::uint64_t>(b.data()));
  }
};

/// Wall and processor time: on a busy machine only the second can be compared.
class Stopwatch {
 public:
  double wall_seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double processor_seconds() const { return static_cast<double>(std::clock() - processor_start_) / CLOCKS_PER_SEC; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t processor_start_ = std::clock();
};

void print_rate(const char* name, std::uint64_t records, const Stopwatch& watch, const std::string& note) {
  const double per_record = 1e9 / static_cast<double>(records);
  std::printf("%-36s %7.2f M records/s wall  %6.1f ns/record wall  %6.1f ns/record processor  %s\n", name,
              static_cast<double>(records) / watch.wall_seconds() / 1e6, watch.wall_seconds() * per_record,
              watch.processor_seconds() * per_record, note.c_str());
  std::fflush(stdout);
}

struct Case {
  const char* name;
  std::uint64_t records;
  std::uint64_t keys;
  bool text_keys = false;
  bool combine = false;
  Compression compression = Compression::None;
  std::uint64_t memory_bytes = 64 * kMiB;
  std::size_t value_bytes = 8;
};

class ShuffleBench {
 public:
  explicit ShuffleBench(std::string directory) : directory_(std::move(directory)), budget_("bench", 8 * kGiB) {
    (void)files_->make_directories(directory_);
  }
  ~ShuffleBench() { (void)files_->remove_all(directory_); }

  /// The first touch of memory can cost more than the sort, and depends on what ran before.
  static void warm_memory() { std::string(512 * kMiB, 'x').back() = 'y'; }

  void build(const Case& c) {
    warm_memory();
    SumCombiner combiner;
    RunBuilderOptions options;
    options.memory_bytes = c.memory_bytes;
    options.compression = c.compression;
    options.spill_directory = directory_ + "/spill";
    options.run_path = directory_ + "/run";
    options.combiner = c.combine ? &combiner : nullptr;
    Random random(1);
    const std::string value(c.value_bytes, 'v');
    // Text keys are made beforehand and lie in one string in the order of use: what is measured is the shuffle.
    constexpr std::size_t kTextBytes = 20;
    std::string texts;
    for (std::uint64_t i = 0; c.text_keys && i < c.records; ++i) {
      append_key_string(texts, "user:" + std::to_string(100000000000 + split_mix64(random.below(c.keys)) % 900000000000));
    }
    const Stopwatch watch;
    auto builder = must(RunBuilder::create(*files_, budget_, options));
    std::string key;
    for (std::uint64_t i = 0; i < c.records; ++i) {
      std::string_view from;
      if (c.text_keys) {
        from = std::string_view(texts).substr(i * kTextBytes, kTextBytes);
      } else {
        key.clear();
        append_key_int64(key, static_cast<std::int64_t>(random.below(c.keys)));
        from = key;
      }
      if (!builder->add(from, from.size(), value).ok()) std::exit(1);
    }
    const double adding = watch.wall_seconds();
    const RunSummary summary = must(builder->finish());
    print_rate(c.name, c.records, watch,
               "add " + std::to_string(adding) + " s, spills " + std::to_string(builder->statistics().spills) + ", out " +
                   std::to_string(summary.records) + ", " + std::to_string(summary.file_bytes >> 20) + " MiB");
  }

  /// `runs` runs of integer keys, then one merge of them all.
  void merge(const char* name, std::size_t runs, std::uint64_t records_per_run, std::uint64_t keys, bool combine) {
    SumCombiner combiner;
    MergeOptions options;
    options.max_fan_in = 256;
    options.spill_directory = directory_ + "/spill";
    options.combiner = combine ? &combiner : nullptr;
    Random random(2);
    for (std::size_t run = 0; run < runs; ++run) {
      RunBuilderOptions build;
      build.memory_bytes = 256 * kMiB;
      build.spill_directory = directory_ + "/spill";
      build.run_path = directory_ + "/run" + std::to_string(run);
      auto builder = must(RunBuilder::create(*files_, budget_, build));
      std::string key;
      for (std::uint64_t i = 0; i < records_per_run; ++i) {
        key.clear();
        append_key_int64(key, static_cast<std::int64_t>(random.below(keys)));
        if (!builder->add(key, key.size(), "12345678").ok()) std::exit(1);
      }
      (void)must(builder->finish());
      options.run_paths.push_back(build.run_path);
    }
    const Stopwatch watch;
    const auto cursor = must(GroupCursor::open(*files_, budget_, options));
    std::uint64_t groups = 0;
    std::uint64_t values = 0;
    while (must(cursor->next_group())) {
      ++groups;
      while (must(cursor->next_value())) values += cursor->value().size() / 8;
    }
    print_rate(name, runs * records_per_run, watch, std::to_string(groups) + " groups, " + std::to_string(values) + " values");
    for (const std::string& path : options.run_paths) (void)files_->remove(path);
  }

 private:
  std::string directory_;
  std::unique_ptr<FileSystem> files_ = make_posix_file_system();
  MemoryBudget budget_;
};

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  using namespace sinter;
  const std::string directory = argc > 1 ? argv[1] : "/tmp/sinter-shuffle-bench";
  const std::string only = argc > 2 ? argv[2] : "";
  constexpr std::uint64_t kAllDistinct = std::uint64_t{1} << 40;
  ShuffleBench bench(directory);
  const Case cases[] = {
      {"build: int keys, in memory", 1'000'000, kAllDistinct},
      {"build: int keys, spills", 8'000'000, kAllDistinct},
      {"build: int keys, spills, 256 MiB", 8'000'000, kAllDistinct, false, false, Compression::None, 256 * kMiB},
      {"build: text keys, in memory", 900'000, kAllDistinct, true},
      {"build: text keys, spills, lz4", 8'000'000, kAllDistinct, true, false, Compression::Lz4},
      {"build: 100-byte records, spills", 4'000'000, kAllDistinct, false, false, Compression::None, 64 * kMiB, 90},
      {"combine: 1 Ki keys", 16'000'000, 1 << 10, false, true},
      {"combine: 16 Ki keys", 16'000'000, 1 << 14, false, true},
      {"combine: 16 Ki text keys", 16'000'000, 1 << 14, true, true},
      {"combine: 1 Mi keys", 16'000'000, 1 << 20, false, true},
      {"combine: all distinct (bypass)", 8'000'000, kAllDistinct, false, true},
  };
  for (const Case& c : cases) {
    if (std::string_view(c.name).find(only) != std::string_view::npos) bench.build(c);
  }
  if (std::string_view("merge").find(only) != std::string_view::npos) {
    bench.merge("merge: 16 runs, 1 M distinct keys", 16, 500'000, 1'000'000, false);
    bench.merge("merge: 16 runs, distinct keys", 16, 500'000, kAllDistinct, false);
    bench.merge("merge: 16 runs, 1 M keys, combined", 16, 500'000, 1'000'000, true);
    bench.merge("merge: 64 runs, distinct keys", 64, 125'000, kAllDistinct, false);
  }
  return 0;
}

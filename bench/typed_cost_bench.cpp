// What the typed layer costs: word count and sort through sinter::Job beside the same jobs on the byte interface (task.hpp). Processor time
// of one worker in this process, runs in pairs of changing order; a pair's ratio is hardly touched by what else the machine does, and of
// the pairs the median is printed. Usage: typed_cost_bench [MEGABYTES] [ROUNDS]. One thread at a time.
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "framework/api/job.hpp"
#include "framework/io/text_output.hpp"
#include "framework/runtime/run_job.hpp"
#include "jobs/sort/sort_job.hpp"
#include "shuffle/record/key.hpp"

namespace sinter {
namespace {

template <class Word>
void for_each_word(std::string_view line, const Word& word) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) word(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

// ---- typed

void split_words(std::string_view line, Emitter<std::string, std::uint64_t>& out) {
  for_each_word(line, [&](std::string_view word) { out.emit(word, 1); });
}
void sum(const std::string& word, Group<std::uint64_t>& counts, RowWriter& out) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  out.row(word, total);
}
void line_as_key(std::string_view line, Emitter<std::string, Nothing>& out) { out.emit(line); }
void write_lines(const std::string& line, Group<Nothing>& copies, RowWriter& out) {
  for ([[maybe_unused]] const Nothing& copy : copies) out.line(line);
}

JobDefinition typed_words(const std::string& input, const std::string& output) {
  return *Job("words")
              .read(lines(input))
              .map(split_words)
              .combine(std::plus<>{})
              .reduce(sum)
              .write(csv(output, {"word", "count"}))
              .definition();
}
JobDefinition typed_sort(const std::string& input, const std::string& output) {
  return *Job("sort").read(lines(input)).map(line_as_key).reduce(write_lines).write(lines(output)).definition();
}

// ---- bytes

class WordsMap final : public MapTask {
 public:
  explicit WordsMap(TaskContext& context) : rows_read_(context.counter("rows_read")) {}
  Status begin_file(std::uint32_t, std::string_view) override { return {}; }
  Status map(std::span<const Record> batch, RawEmitter& emitter) override {
    rows_read_.add(batch.size());
    Status status;
    for (const Record& record : batch) {
      for_each_word(record.fields[0].text, [&](std::string_view word) {
        if (!status.ok()) return;
        key_.clear();
        append_key_string(key_, word);
        constexpr std::uint64_t kOne = 1;
        status = emitter.emit(key_, key_.size(), {reinterpret_cast<const char*>(&kOne), sizeof(kOne)});
      });
    }
    return status;
  }
  Status finish(RawEmitter&) override { return {}; }

 private:
  Counter rows_read_;
  std::string key_;
};

class SumCombiner final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    const std::uint64_t both = load_fixed<std::uint64_t>(into.data()) + load_fixed<std::uint64_t>(value.data());
    std::memcpy(into.data(), &both, sizeof(both));
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    merged.clear();
    append_fixed(merged, load_fixed<std::uint64_t>(a.data()) + load_fixed<std::uint64_t>(b.data()));
  }
};

class WordsReduce final : public ReduceTask {
 public:
  Status reduce(RawGroup& group, OutputSink& output) override {
    std::uint64_t total = 0;
    while (true) {
      SINTER_ASSIGN(const bool more, group.next());
      if (!more) break;
      total += load_fixed<std::uint64_t>(group.value().data());
    }
    KeyReader reader(group.key());
    SINTER_TRY(reader.read_string(word_));
    line_.clear();
    append_csv_text(line_, word_);
    line_ += ',';
    append_int64(line_, static_cast<std::int64_t>(total));
    line_ += '\n';
    return output.append(line_);
  }
  Status finish(OutputSink&) override { return {}; }

 private:
  std::string word_;
  std::string line_;
};

JobDefinition byte_words(const std::string& input, const std::string& output) {
  JobDefinition job = make_sort_job(input, output);
  job.name = "words";
  job.make_map = [](std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
    return std::unique_ptr<MapTask>(std::make_unique<WordsMap>(context));
  };
  job.make_combiner = [] { return std::make_unique<SumCombiner>(); };
  job.make_reduce = [](TaskContext&) -> Result<std::unique_ptr<ReduceTask>> {
    return std::unique_ptr<ReduceTask>(std::make_unique<WordsReduce>());
  };
  job.output = {output, "word,count\n", ".csv"};
  return job;
}

JobDefinition byte_sort(const std::string& input, const std::string& output) { return make_sort_job(input, output); }

// ---- measuring

using MakeJob = JobDefinition (*)(const std::string&, const std::string&);

double processor_seconds(MakeJob make, const std::string& input, const std::string& output) {
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(LogLevel::Error);
  JobDefinition job = make(input, output);
  job.overwrite = true;
  job.execution.in_process = true;
  job.execution.workers = 1;
  const JobFactory factory = [&](const JobPayload&) -> Result<JobDefinition> { return job; };
  const std::clock_t begin = std::clock();
  const Result<JobReport> report = run_job(job, {"bench", ""}, RunOptions{{"", {}}, factory, *files, clock, log, {}});
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  if (report.ok()) return seconds;
  std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
  std::exit(1);
}

/// Words of a Zipf distribution, ten to a line.
void write_text(const std::string& path, std::uint64_t bytes) {
  Random random(1);
  std::string text;
  while (text.size() < bytes) {
    for (int i = 0; i < 10; ++i) {
      const auto rank = static_cast<std::uint64_t>(std::exp(random.unit() * std::log(200'000.0)));
      text += "w" + std::to_string(split_mix64(rank) % 10'000'000) + (i == 9 ? "\n" : " ");
    }
  }
  const auto files = make_posix_file_system();
  if (!write_file(*files, path, text).ok()) std::exit(1);
}

void compare(const char* name, MakeJob typed, MakeJob bytes, const std::string& directory, int rounds) {
  std::array<double, 2> best = {1e9, 1e9};
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    std::array<double, 2> seconds{};
    for (const int which : {round % 2, 1 - round % 2}) {
      seconds[which] = processor_seconds(which == 0 ? typed : bytes, directory + "/in.txt", directory + (which == 0 ? "/typed" : "/bytes"));
      best[which] = std::min(best[which], seconds[which]);
    }
    ratios.push_back(seconds[0] / seconds[1]);
  }
  std::ranges::sort(ratios);
  const auto files = make_posix_file_system();
  const bool same = *read_file(*files, directory + "/typed") == *read_file(*files, directory + "/bytes");
  std::printf("%-12s typed %.3f s  bytes %.3f s  typed/bytes %.3f  (of %d pairs: %.3f to %.3f)  %s\n", name, best[0], best[1],
              ratios[ratios.size() / 2], rounds, ratios.front(), ratios.back(), same ? "same output" : "THE OUTPUTS DIFFER");
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  const std::uint64_t megabytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 64;
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  char directory[] = "/tmp/sinter-typed-cost-XXXXXX";
  if (mkdtemp(directory) == nullptr) return 1;
  sinter::write_text(std::string(directory) + "/in.txt", megabytes << 20);
  sinter::compare("word count", sinter::typed_words, sinter::byte_words, directory, rounds);
  sinter::compare("sort", sinter::typed_sort, sinter::byte_sort, directory, rounds);
  return sinter::make_posix_file_system()->remove_all(directory).ok() ? 0 : 1;
}

// io_bench: speed of the CSV index, the readers and the split planner, per second of processor time (so that a busy machine
// matters little) and of wall time. Usage: io_bench [megabytes] [file.csv]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "base/file_system.hpp"
#include "framework/io/csv_scanner.hpp"
#include "framework/io/input.hpp"

namespace {

using namespace sinter;

/// The file of performance.md section 4: key,source,ts,value,weight,note; optionally with quoted notes.
std::string make_csv(std::size_t size, bool quotes) {
  std::string text = "key,source,ts,value,weight,note\n";
  text.reserve(size + 256);
  std::uint64_t state = 42;
  const auto random = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  while (text.size() < size) {
    char row[160];
    const bool quoted = quotes && random() % 5 == 0;
    std::snprintf(row, sizeof(row), "e%08llu,s%02llu,17%08llu,%lld.%04llu,0.%03llu,%s\n",
        static_cast<unsigned long long>(random() % 100000000),
                  static_cast<unsigned long long>(random() % 40), static_cast<unsigned long long>(random() % 100000000),
                  static_cast<long long>(random() % 2000) - 1000, static_cast<unsigned long long>(random() % 10000),
                  static_cast<unsigned long long>(random() % 1000), quoted ? "\"ab, \"\"cd\"\"\nef\"" : "abcdefghijkl");
    text += row;
  }
  return text;
}

template <class Body>
void measure(const char* name, std::uint64_t bytes, Body body) {
  double best = 1e9;
  double best_cpu = 1e9;
  std::uint64_t result = 0;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    result = body();
    best_cpu = std::min(best_cpu, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::printf("%-28s cpu %6.2f GB/s %6.1f M/s   wall %6.2f GB/s   (%llu)\n", name, static_cast<double>(bytes) / best_cpu / 1e9,
              static_cast<double>(result) / best_cpu / 1e6, static_cast<double>(bytes) / best / 1e9,
                  static_cast<unsigned long long>(result));
}

std::uint64_t index_all(std::string_view text, ScanMode mode) {
  constexpr std::size_t kWindow = 64 * 1024;
  CsvIndex index;
  index.allocate(kWindow + CsvIndex::kSlack);
  CsvState state = CsvState::FieldStart;
  std::uint64_t rows = 0;
  for (std::size_t at = 0; at < text.size(); at += kWindow) {
    index.separator_count = index.row_count = 0;
    index.inner_lines.clear();
    state = scan_csv({}, state, text.substr(at, kWindow), 0, index, mode);
    rows += index.row_count;
  }
  return rows;
}

std::uint64_t read_all(FileSystem& files, const InputFile& file, const std::vector<ColumnRequest>& columns) {
  MemoryBudget budget("bench", 256u << 20);
  auto reader = open_reader(files, budget, file, {0, 0, file.size_bytes, 1}, columns);
  std::uint64_t rows = 0;
  while (reader.ok()) {
    auto batch = (*reader)->next_batch();
    if (!batch.ok() || batch->empty()) break;
    rows += batch->size();
  }
  return rows;
}

void run(const std::string& path, const std::string& text) {
  const auto files = make_posix_file_system();
  if (!write_file(*files, path, text).ok()) std::exit(1);
  InputFile file;
  file.path = path;
  file.size_bytes = text.size();
  file.format.kind = FormatKind::Csv;
  file.format.codec = Codec::None;
  file.format.delimiter = ',';
  measure("structural index, SIMD", text.size(), [&] { return index_all(text, ScanMode::Simd); });
  measure("structural index, scalar", text.size(), [&] { return index_all(text, ScanMode::Scalar); });
  measure("reader, 2 of 6 columns", text.size(), [&] { return read_all(*files, file, {{"key", true}, {"value", true}}); });
  measure("reader, 6 of 6 columns", text.size(), [&] {
    return read_all(*files, file, {{"key", true}, {"source", true}, {"ts", true}, {"value", true}, {"weight", true}, {"note", true}});
  });
  for (const unsigned threads : {1u, 2u}) {
    measure(threads == 1 ? "plan_splits, 1 thread" : "plan_splits, 2 threads", text.size(), [&] {
      const auto splits = plan_splits(*files, {file}, 8u << 20, threads);
      return splits.ok() ? splits->size() : 0;
    });
  }
  (void)files->remove(path);
}

void run_json(const std::string& path, std::size_t size) {
  const auto files = make_posix_file_system();
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i) {
    text += "{\"key\":\"e" + std::to_string(i * 2654435761u % 100000000) + "\",\"source\":\"s" + std::to_string(i % 40) +
            "\",\"ts\":17000000,\"value\":" + std::to_string(i % 1000) + ".25,\"weight\":0.5,\"note\":\"abcdefghijkl\"}\n";
  }
  if (!write_file(*files, path, text).ok()) std::exit(1);
  InputFile file;
  file.path = path;
  file.size_bytes = text.size();
  file.format.kind = FormatKind::JsonLines;
  file.format.codec = Codec::None;
  measure("json lines, 2 of 6 keys", text.size(), [&] { return read_all(*files, file, {{"key", true}, {"value", true}}); });
  (void)files->remove(path);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t size = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 256) << 20;
  const std::string path = argc > 2 ? argv[2] : "/tmp/sinter-io-bench.csv";
  std::puts("plain rows");
  run(path, make_csv(size, false));
  std::puts("20 % of rows with a quoted note (comma, doubled quotes, newline)");
  run(path, make_csv(size, true));
  run_json(path, size / 2);
  return 0;
}

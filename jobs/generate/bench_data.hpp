// Benchmark inputs behind `sinter generate --kind groupby|tera|text`: large, fast to make, the same for a seed. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter::generate {

/// A key is 'e' and 8 digits: this many are different.
inline constexpr std::uint64_t kMaxBenchKeys = 100'000'000;

/// A CSV of claims: key,source,ts,value,weight,note (performance reference, section 4).
struct BenchOptions {
  std::uint64_t seed = 42;
  std::uint64_t rows = 20'000'000;  ///< about 53 bytes each
  std::uint64_t keys = 1'000'000;   ///< from which keys are drawn; with few rows fewer appear
  double zipf = 0;                  ///< exponent of the keys' distribution, above 0 to 10; 0: uniform
  double quoted_notes = 0;          ///< share of notes with a comma, doubled quotes and a newline
};

struct BenchFile {
  std::uint64_t rows = 0;
  std::uint64_t size_bytes = 0;
};

/// Columns: key "e" + 8 digits of (rank * 2654435761 mod 10^8), rank uniform or Zipf in [0, keys); source s00..s39; ts in seconds
/// within 2024; value uniform in [-1000, 1000) with 4 decimals; weight 0.000..0.999; note 12 random base-32 letters.
/// Zipf by rejection-inversion (Hörmann and Derflinger 1996); it uses exp and log of the C library, all else is integers.
/// Errors: options out of range, a file already there (user), the file system's own. Cost: about 260 MB/s on one core, Zipf 145.
Result<BenchFile> generate_bench_csv(FileSystem& files, const BenchOptions& options, const std::string& path);

/// `rows` records of 100 bytes as gensort -a lays them out: 10 printable key bytes, 2 spaces, a 32-digit row number, 2 spaces, 52
/// bytes of filler, CRLF.
Result<BenchFile> generate_tera(FileSystem& files, std::uint64_t rows, std::uint64_t seed, const std::string& path);

/// `rows` lines of kWordsPerLine lower-case words with a space between; of `keys` words by Zipf's law with exponent `zipf` (0: uniform).
/// The words are syllables, the commonest the shortest: ba, be, ..., zu, baba, ... Errors: as generate_bench_csv().
inline constexpr int kWordsPerLine = 12;
Result<BenchFile> generate_text(FileSystem& files, const BenchOptions& options, const std::string& path);

}  // namespace sinter::generate

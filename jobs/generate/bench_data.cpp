// Benchmark inputs. Hot path: digits are written straight into the buffer, without printf or allocation per row.
#include "jobs/generate/bench_data.hpp"

#include <optional>

#include "jobs/generate/book.hpp"
#include "jobs/generate/generated_file.hpp"
#include "jobs/generate/zipf.hpp"

namespace sinter::generate {
namespace {

constexpr std::uint64_t kBenchStream = 8;
constexpr std::uint64_t kTeraStream = 9;
constexpr std::uint64_t kTextStream = 10;
constexpr std::uint64_t kFirstSecond = 1'704'067'200;  // 2024-01-01
constexpr std::uint64_t kSecondsOfYear = 31'622'400;
constexpr std::size_t kMaxRowBytes = 128;
constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr char kConsonants[] = "bcdfghjklmnpqrstvwxz";
constexpr char kVowels[] = "aeiou";

/// Writes exactly `width` digits and returns what follows them.
char* put_digits(char* to, std::uint64_t number, int width) {
  for (int i = width; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + width;
}

char* put_value(char* to, std::int64_t ten_thousandths) {
  if (ten_thousandths < 0) *to++ = '-';
  const auto magnitude = static_cast<std::uint64_t>(ten_thousandths < 0 ? -ten_thousandths : ten_thousandths);
  const std::uint64_t whole = magnitude / 10'000;
  to = put_digits(to, whole, whole >= 100 ? 3 : whole >= 10 ? 2 : 1);
  *to++ = '.';
  return put_digits(to, magnitude % 10'000, 4);
}

char* put_note(char* to, Random& random, double quoted_share) {
  const bool quoted = quoted_share > 0 && random.chance(quoted_share);
  std::uint64_t bits = random.next();
  if (quoted) *to++ = '"';
  for (int i = 0; i < 12; ++i, bits >>= 5) {
    if (quoted && i == 4) *to++ = ',';
    if (quoted && i == 8) {
      *to++ = '"';
      *to++ = '"';
    }
    if (quoted && i == 10) *to++ = '\n';
    *to++ = kBase32[bits & 31];
  }
  if (quoted) *to++ = '"';
  return to;
}

char* put_row(char* to, std::uint64_t rank, Random& random, double quoted_share) {
  *to++ = 'e';
  to = put_digits(to, rank * 2'654'435'761 % kMaxBenchKeys, 8);
  *to++ = ',';
  *to++ = 's';
  to = put_digits(to, random.below(40), 2);
  *to++ = ',';
  to = put_digits(to, kFirstSecond + random.below(kSecondsOfYear), 10);
  *to++ = ',';
  to = put_value(to, static_cast<std::int64_t>(random.below(20'000'000)) - 10'000'000);
  *to++ = ',';
  *to++ = '0';
  *to++ = '.';
  to = put_digits(to, random.below(1000), 3);
  *to++ = ',';
  to = put_note(to, random, quoted_share);
  *to++ = '\n';
  return to;
}

/// A syllable for each digit of the rank in base 100, so that no two ranks share a word.
char* put_word(char* to, std::uint64_t rank) {
  for (std::uint64_t left = rank + 1; left > 0; left = (left - 1) / 100) {
    const std::uint64_t syllable = (left - 1) % 100;
    *to++ = kConsonants[syllable / 5];
    *to++ = kVowels[syllable % 5];
  }
  return to;
}

Status check_options(const BenchOptions& options) {
  if (options.keys == 0 || options.keys > kMaxBenchKeys) {
    return user_error("keys must be 1 to " + std::to_string(kMaxBenchKeys) + " (kMaxBenchKeys), not " + std::to_string(options.keys));
  }
  if (!(options.zipf >= 0 && options.zipf <= 10)) return user_error("zipf must be 0 (uniform) to 10, not " + std::to_string(options.zipf));
  if (!(options.quoted_notes >= 0 && options.quoted_notes <= 1)) {
    return user_error("quoted_notes is a share: 0 to 1, not " + std::to_string(options.quoted_notes));
  }
  return {};
}

/// Draws ranks below `keys`, by Zipf's law or evenly.
class RankSource {
 public:
  explicit RankSource(const BenchOptions& options) : keys_(options.keys) {
    if (options.zipf > 0) zipf_.emplace(options.keys, options.zipf);
  }
  std::uint64_t next(Random& random) const { return zipf_ ? zipf_->next(random) : random.below(keys_); }

 private:
  std::uint64_t keys_;
  std::optional<Zipf> zipf_;
};

/// Grows the buffer by what `put` writes, at most kMaxRowBytes.
template <class Put>
void append_row(std::string& buffer, const Put& put) {
  const std::size_t start = buffer.size();
  buffer.resize(start + kMaxRowBytes);  // within the reserved capacity
  const char* end = put(buffer.data() + start);
  buffer.resize(static_cast<std::size_t>(end - buffer.data()));
}

}  // namespace

Result<BenchFile> generate_bench_csv(FileSystem& files, const BenchOptions& options, const std::string& path) {
  SINTER_TRY(check_options(options));
  SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files, path, path.ends_with(".gz")));
  const RankSource ranks(options);
  Random random = stream(options.seed, kBenchStream, 0);
  file.buffer() += "key,source,ts,value,weight,note\n";
  for (std::uint64_t row = 0; row < options.rows; ++row) {
    const std::uint64_t rank = ranks.next(random);
    append_row(file.buffer(), [&](char* to) { return put_row(to, rank, random, options.quoted_notes); });
    SINTER_TRY(file.flush_if_full());
  }
  SINTER_TRY(file.close());
  return BenchFile{options.rows, file.size_bytes()};
}

Result<BenchFile> generate_tera(FileSystem& files, std::uint64_t rows, std::uint64_t seed, const std::string& path) {
  SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files, path, false));
  Random random = stream(seed, kTeraStream, 0);
  for (std::uint64_t row = 0; row < rows; ++row) {
    append_row(file.buffer(), [&](char* to) {
      for (int i = 0; i < 10; ++i) *to++ = static_cast<char>(' ' + random.below(95));
      *to++ = ' ';
      *to++ = ' ';
      to = put_digits(to, row, 32);
      *to++ = ' ';
      *to++ = ' ';
      // Thirteen letters four times, as gensort does: compressible filler that differs from row to row.
      std::uint64_t bits = random.next();
      for (int i = 0; i < 13; ++i, bits >>= 4, to += 4) {
        const char letter = static_cast<char>('A' + (bits & 15));
        to[0] = to[1] = to[2] = to[3] = letter;
      }
      *to++ = '\r';
      *to++ = '\n';
      return to;
    });
    SINTER_TRY(file.flush_if_full());
  }
  SINTER_TRY(file.close());
  return BenchFile{rows, file.size_bytes()};
}

Result<BenchFile> generate_text(FileSystem& files, const BenchOptions& options, const std::string& path) {
  SINTER_TRY(check_options(options));
  SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files, path, path.ends_with(".gz")));
  const RankSource ranks(options);
  Random random = stream(options.seed, kTextStream, 0);
  for (std::uint64_t row = 0; row < options.rows; ++row) {
    append_row(file.buffer(), [&](char* to) {
      for (int word = 0; word < kWordsPerLine; ++word) {
        to = put_word(to, ranks.next(random));
        *to++ = word + 1 < kWordsPerLine ? ' ' : '\n';
      }
      return to;
    });
    SINTER_TRY(file.flush_if_full());
  }
  SINTER_TRY(file.close());
  return BenchFile{options.rows, file.size_bytes()};
}

}  // namespace sinter::generate

// generate(): disagreeing sources with known truth, behind `sinter generate`: books as shops list them. Stateless; any thread.
// Deterministic: the same options give the same bytes on every machine (base/random.hpp, no clock, no locale).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter::generate {

/// Thirteen digits hold this many different books.
inline constexpr std::uint64_t kMaxGeneratedEntities = 1'000'000'000;
inline constexpr std::size_t kMaxGeneratedSources = 1000;

enum class Shape : std::uint8_t {
  Wide,  // a row is a book as one shop sees it
  Long   // a row is one claim: isbn, attribute, value, seen
};

/// Rates are shares in [0, 1]. "Mean" rates differ from shop to shop, so that there is trust to be learned.
struct GenerateOptions {
  std::uint64_t seed = 42;
  std::uint64_t entities = 10'000;
  std::size_t sources = 8;
  Shape shape = Shape::Wide;
  double missing_rows = 0.2;    ///< mean share of the books that a shop does not list; 0.5 to 1.5 times that per shop
  double missing_cells = 0.03;  ///< empty cells of listed books
  double errors = 0.12;         ///< mean share of wrong cells; 0.2 to 1.8 times that per shop; half of them repeat a popular mistake
  double noise = 0.01;          ///< standard deviation of a price, as a share of the true one
  double bias = 0.5;            ///< each shop adds a constant in [-bias, bias] to its prices, in euros
  double copying = 0.25;        ///< share of the shops that copy 80 % of their rows, errors included, from another
  double unit_errors = 0.005;   ///< prices given in cents by mistake
  double duplicates = 0.02;     ///< rows that come twice, the older one with another price
  double bad_rows = 0.003;      ///< rows with a value that no cleaning can read: they must be rejected
  bool plain = false;           ///< one format for all: CSV, ISO dates, clean text; else six house styles, some of them gzipped
};

struct GeneratedFiles {
  std::vector<std::string> sources;  ///< one path a shop
  std::string truth;
  std::string job;     ///< job.yaml, ready for `sinter run`
  std::string readme;  ///< what is what
  std::uint64_t rows = 0;       ///< in all sources, header lines not counted
  std::uint64_t bad_rows = 0;   ///< of these, rows that must end in the rejects
  std::uint64_t claims = 0;     ///< cells with a value, bad rows included
  std::uint64_t size_bytes = 0;  ///< of the sources, as stored
};

/// Writes the sources, truth.csv, job.yaml and README.md into `directory`, which is made when missing.
/// Errors: options out of range (user), files already there (user), the file system's own.
/// Cost: memory is independent of `entities`; about a million rows a second.
Result<GeneratedFiles> generate(FileSystem& files, const GenerateOptions& options, const std::string& directory);

}  // namespace sinter::generate

// generate(): checks the options, writes one source after the other, then truth, job and README.
#include "jobs/generate/generate.hpp"

#include <bit>
#include <numeric>
#include <string_view>
#include <utility>

#include "jobs/generate/generated_file.hpp"
#include "jobs/generate/house_style.hpp"
#include "jobs/generate/job_text.hpp"
#include "jobs/generate/shop.hpp"

namespace sinter::generate {
namespace {

constexpr std::uint64_t kOrderStream = 7;

Status check_options(const GenerateOptions& options) {
  if (options.entities == 0 || options.entities > kMaxGeneratedEntities) {
    return user_error("entities must be 1 to " + std::to_string(kMaxGeneratedEntities) + " (kMaxGeneratedEntities), not " +
                      std::to_string(options.entities));
  }
  if (options.sources == 0 || options.sources > kMaxGeneratedSources) {
    return user_error("sources must be 1 to " + std::to_string(kMaxGeneratedSources) + " (kMaxGeneratedSources), not " +
                      std::to_string(options.sources));
  }
  const std::pair<std::string_view, double> shares[] = {
      {"missing_rows", options.missing_rows}, {"missing_cells", options.missing_cells}, {"errors", options.errors},
      {"noise", options.noise},               {"copying", options.copying},             {"unit_errors", options.unit_errors},
      {"duplicates", options.duplicates},     {"bad_rows", options.bad_rows}};
  for (const auto& [name, share] : shares) {
    if (!(share >= 0 && share <= 1)) return user_error(std::string(name) + " is a share: 0 to 1, not " + std::to_string(share));
  }
  if (!(options.bias >= 0 && options.bias <= 1e6))
    return user_error("bias must be 0 to 1000000 euros, not " + std::to_string(options.bias));
  return {};
}

/// Each shop lists books in an order of its own: a walk through all numbers with a step that has no divisor in common with them.
class Walk {
 public:
  Walk(const GenerateOptions& options, const Shop& shop) : count_(options.entities) {
    Random random = stream(options.seed, kOrderStream, shop.number);
    at_ = random.below(count_);
    do step_ = 1 + random.below(count_);
    while (std::gcd(step_, count_) != 1);
  }
  std::uint64_t next() {
    at_ = (at_ + step_) % count_;
    return at_;
  }

 private:
  std::uint64_t count_;
  std::uint64_t at_ = 0;
  std::uint64_t step_ = 1;
};

/// Everything that the files of one data set share.
class DataSet {
 public:
  DataSet(FileSystem& files, const GenerateOptions& options, const std::string& directory)
      : files_(files), options_(options), directory_(directory), shops_(make_shops(options)) {}

  Result<GeneratedFiles> write() {
    SINTER_TRY(files_.make_directories(directory_ + "/sources"));
    for (const Shop& shop : shops_) SINTER_TRY(write_shop(shop));
    SINTER_TRY(write_truth());
    generated_.job = directory_ + "/job.yaml";
    SINTER_TRY(write_text(generated_.job, job_text(options_, shops_)));
    generated_.readme = directory_ + "/README.md";
    SINTER_TRY(write_text(generated_.readme, readme_text(options_, shops_, generated_)));
    return std::move(generated_);
  }

 private:
  Status write_shop(const Shop& shop) {
    const HouseStyle& style = house_style(options_, shop);
    const std::string path = directory_ + "/" + source_path(options_, shop);
    SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files_, path, style.gzip));
    append_header(style, options_.shape, file.buffer());
    Walk walk(options_, shop);
    Listing listing;
    for (std::uint64_t i = 0; i < options_.entities; ++i) {
      const std::uint64_t entity = walk.next();
      if (!list_book(options_, shops_, shop, entity, listing)) continue;
      write_listing(style, listing, file);
      if (outdate(options_, shop, entity, listing)) write_listing(style, listing, file);
      SINTER_TRY(file.flush_if_full());
    }
    SINTER_TRY(file.close());
    generated_.sources.push_back(path);
    generated_.size_bytes += file.size_bytes();
    return {};
  }

  void write_listing(const HouseStyle& style, const Listing& listing, GeneratedFile& file) {
    generated_.rows += append_listing(style, options_.shape, listing, file.buffer());
    generated_.claims += static_cast<std::uint64_t>(std::popcount(listing.present));
    if (listing.nonsense) ++generated_.bad_rows;
  }

  Status write_truth() {
    generated_.truth = directory_ + "/truth.csv";
    SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files_, generated_.truth, false));
    append_truth_header(file.buffer());
    Book book;
    for (std::uint64_t entity = 0; entity < options_.entities; ++entity) {
      true_book(options_.seed, entity, book);
      append_truth(book, file.buffer());
      SINTER_TRY(file.flush_if_full());
    }
    return file.close();
  }

  Status write_text(const std::string& path, const std::string& text) {
    SINTER_ASSIGN(GeneratedFile file, GeneratedFile::create(files_, path, false));
    file.buffer() = text;
    return file.close();
  }

  FileSystem& files_;
  const GenerateOptions& options_;
  const std::string& directory_;
  std::vector<Shop> shops_;
  GeneratedFiles generated_;
};

}  // namespace

Result<GeneratedFiles> generate(FileSystem& files, const GenerateOptions& options, const std::string& directory) {
  SINTER_TRY(check_options(options));
  return DataSet(files, options, directory).write().with_context("while generating into '" + directory + "'");
}

}  // namespace sinter::generate

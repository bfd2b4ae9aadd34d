// What shops say: truth, plus everything that goes wrong between truth and a file.
#include "jobs/generate/shop.hpp"

#include <algorithm>

#include "base/calendar.hpp"

namespace sinter::generate {
namespace {

constexpr std::uint64_t kShopStream = 2;
constexpr std::uint64_t kPopularMistakeStream = 3;
constexpr std::uint64_t kListingStream = 4;
constexpr std::uint64_t kCopyStream = 5;
constexpr std::uint64_t kDuplicateStream = 6;

constexpr double kCopiedShare = 0.8;
constexpr double kPopularShare = 0.5;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSeen = days_from_civil(2025, 1, 1) * kSecondsPerDay;
constexpr std::int64_t kSeenSpan = 300 * kSecondsPerDay;

/// A stream per shop and book.
Random row_stream(const GenerateOptions& options, std::uint64_t purpose, std::size_t shop, std::uint64_t entity) {
  return stream(options.seed, purpose + 16 * static_cast<std::uint64_t>(shop), entity);
}

void slip_letter(Random& random, std::string& text) {
  // Only ASCII letters are hit: half a UTF-8 sequence would be another kind of error.
  const auto at = static_cast<std::size_t>(random.below(text.size()));
  if (text[at] >= 'a' && text[at] <= 'z') text[at] = static_cast<char>('a' + random.below(26));
  else text += '.';
}

/// Day and month in the wrong order where that is a date, else another year.
std::int64_t confuse_date(Random& random, std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  if (date.day <= 12 && date.day != date.month) return days_from_civil(date.year, date.day, date.month);
  return days + (random.chance(0.5) ? 365 : -365);
}

void falsify(Random& random, Field field, Book& book) {
  switch (field) {
    case Field::Title:
      if (random.chance(0.5)) slip_letter(random, book.title);
      else make_title(random, book.title);
      return;
    case Field::Author: make_author(random, book.author); return;
    case Field::Price: book.price_cents = make_price_cents(random); return;
    case Field::Pages: book.pages += random.chance(0.5) ? random.between(1, 40) : -random.between(1, 40); return;
    case Field::Released: book.released_days = confuse_date(random, book.released_days); return;
    case Field::InStock: book.in_stock = !book.in_stock; return;
  }
}

void add_errors(const GenerateOptions& options, const Shop& shop, std::uint64_t entity, Random& random, Book& book) {
  for (std::size_t i = 0; i < kFields; ++i) {
    if (!random.chance(shop.error_rate)) continue;
    if (random.chance(kPopularShare)) {
      Random popular = stream(options.seed, kPopularMistakeStream + 16 * i, entity);
      falsify(popular, static_cast<Field>(i), book);
    } else {
      falsify(random, static_cast<Field>(i), book);
    }
  }
}

bool list_own(const GenerateOptions& options, const Shop& shop, std::uint64_t entity, Listing& listing) {
  Random random = row_stream(options, kListingStream, shop.number, entity);
  if (!random.chance(shop.coverage)) return false;
  true_book(options.seed, entity, listing.book);
  add_errors(options, shop, entity, random, listing.book);

  const double noise = random.normal() * options.noise;
  const double price = static_cast<double>(listing.book.price_cents) * (1 + noise) + static_cast<double>(shop.bias_cents);
  listing.book.price_cents = std::max<std::int64_t>(1, static_cast<std::int64_t>(price + 0.5));
  if (random.chance(options.unit_errors)) listing.book.price_cents *= 100;

  listing.present = 0;
  for (unsigned i = 0; i < kFields; ++i) {
    if (!random.chance(options.missing_cells)) listing.present = static_cast<std::uint8_t>(listing.present | 1u << i);
  }
  listing.seen_seconds = kFirstSeen + random.between(0, kSeenSpan);
  return true;
}

}  // namespace

double Shop::trust() const {
  const double rounded = static_cast<double>(static_cast<int>((1 - error_rate) * 20 + 0.5)) / 20;
  return std::clamp(rounded, 0.05, 0.95);
}

std::vector<Shop> make_shops(const GenerateOptions& options) {
  std::vector<Shop> shops(options.sources);
  std::vector<std::size_t> originals;
  // Every k-th shop copies, so that the share is met exactly.
  std::size_t copiers = 0;
  for (std::size_t i = 0; i < shops.size(); ++i) {
    Random random = stream(options.seed, kShopStream, i);
    Shop& shop = shops[i];
    shop.number = i;
    const std::string number = std::to_string(i + 1);
    shop.name = "shop-" + std::string(number.size() < 2 ? 1 : 0, '0') + number;
    shop.coverage = 1 - std::min(1.0, options.missing_rows * random.uniform(0.5, 1.5));
    shop.error_rate = std::min(1.0, options.errors * random.uniform(0.2, 1.8));
    shop.bias_cents = static_cast<std::int64_t>(random.uniform(-1, 1) * options.bias * 100);
    const auto wanted = static_cast<std::size_t>(options.copying * static_cast<double>(i + 1));
    if (copiers < wanted && !originals.empty()) {
      shop.copies = originals[static_cast<std::size_t>(random.below(originals.size()))];
      ++copiers;
    } else {
      originals.push_back(i);
    }
  }
  return shops;
}

bool list_book(const GenerateOptions& options, const std::vector<Shop>& shops, const Shop& shop, std::uint64_t entity, Listing& listing) {
  bool listed = false;
  Random random = row_stream(options, kCopyStream, shop.number, entity);
  if (shop.copies && random.chance(kCopiedShare)) {
    listed = list_own(options, shops[*shop.copies], entity, listing);
    listing.seen_seconds += kSecondsPerDay;  // the copy is made a day later
  } else {
    listed = list_own(options, shop, entity, listing);
  }
  listing.nonsense.reset();
  if (listed && random.chance(options.bad_rows)) {
    constexpr Field kStrict[] = {Field::Price, Field::Pages, Field::Released, Field::InStock};
    listing.nonsense = kStrict[random.below(std::size(kStrict))];
    listing.present = static_cast<std::uint8_t>(listing.present | 1u << static_cast<unsigned>(*listing.nonsense));
  }
  return listed;
}

bool outdate(const GenerateOptions& options, const Shop& shop, std::uint64_t entity, Listing& listing) {
  Random random = row_stream(options, kDuplicateStream, shop.number, entity);
  if (!random.chance(options.duplicates)) return false;
  listing.seen_seconds -= random.between(1, 30) * kSecondsPerDay;
  listing.book.price_cents = std::max<std::int64_t>(1, listing.book.price_cents * random.between(80, 120) / 100);
  listing.nonsense.reset();
  return true;
}

}  // namespace sinter::generate

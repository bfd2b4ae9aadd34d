// True books: words put together by seeded dice.
#include "jobs/generate/book.hpp"

#include <array>
#include <string_view>

#include "base/calendar.hpp"

namespace sinter::generate {
namespace {

constexpr std::array<std::string_view, 24> kAdjectives = {
    "Quiet",  "Last",   "Hidden", "Golden", "Broken",  "Distant", "Silver", "Burning", "Frozen", "Gentle", "Crooked", "Brave",
    "Hollow", "Little", "Secret", "Wild",   "Patient", "Salt",    "Paper",  "Winter",  "Second", "Empty",  "Velvet",  "Iron"};
constexpr std::array<std::string_view, 24> kNouns = {
    "River",  "Garden", "Letter", "Harbour", "Clock",  "Mountain", "Mirror", "Orchard", "Lantern", "Bridge", "Season", "Island",
    "Painter", "Fox",   "Library", "Storm",  "Window", "Sparrow",  "Road",   "Kitchen", "Map",     "Piano",  "Tide",   "Voyage"};
constexpr std::array<std::string_view, 20> kPlaces = {"Oslo",   "Zürich", "Lisbon", "Prague", "Quito",  "Kyōto",  "Dublin",
                                                      "Málaga", "Riga",   "Tunis",  "Ghent",  "Aarhus", "Naples", "Kraków",
                                                      "Izmir",  "Basel",  "Porto",  "Tartu",  "Leeds",  "Lima"};
constexpr std::array<std::string_view, 20> kFirstNames = {"Ada",  "Björn", "Clara", "Dario", "Elif",  "Femi",  "Greta",
                                                          "Hugo", "Inés",  "Jonas", "Kaja",  "Lucía", "Marek", "Nora",
                                                          "Omar", "Petra", "Quinn", "Rosa",  "Sven",  "Thea"};
constexpr std::array<std::string_view, 20> kLastNames = {"Almqvist", "Brandt",   "Costa", "Dvořák", "Eriksen", "Ferreira", "Gruber",
                                                         "Hansen",   "Ionescu",  "Jansen", "Kowalski", "Lindqvist", "Moreau", "Novák",
                                                         "O'Brien",  "Petersen", "Rossi", "Sørensen", "Tanaka", "Weiss"};

constexpr std::uint64_t kTruthStream = 1;
constexpr std::int64_t kFirstDay = days_from_civil(1950, 1, 1);
constexpr std::int64_t kLastDay = days_from_civil(2024, 12, 31);

template <std::size_t Size>
std::string_view pick(Random& random, const std::array<std::string_view, Size>& words) {
  return words[static_cast<std::size_t>(random.below(Size))];
}

}  // namespace

Random stream(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number) {
  return Random(split_mix64(split_mix64(split_mix64(seed) ^ purpose) ^ number));
}

std::uint64_t isbn_of(std::uint64_t entity) {
  // The factor has no divisor in common with 10^9, so that different entities stay different.
  const std::uint64_t body = 978'000'000'000 + (entity * 2'654'435'761 + 123'456'789) % 1'000'000'000;
  std::uint64_t sum = 0;
  std::uint64_t rest = body;
  for (unsigned weight = 3; rest > 0; rest /= 10, weight = 4 - weight) sum += weight * (rest % 10);
  return body * 10 + (10 - sum % 10) % 10;
}

void make_title(Random& random, std::string& title) {
  title.assign("The ").append(pick(random, kAdjectives)).append(" ").append(pick(random, kNouns));
  if (random.chance(0.7)) title.append(" of ").append(pick(random, kPlaces));
  if (random.chance(0.1)) title.append(", Volume ").append(std::to_string(random.between(1, 9)));
}

void make_author(Random& random, std::string& author) {
  author.assign(pick(random, kFirstNames)).append(" ").append(pick(random, kLastNames));
}

std::int64_t make_price_cents(Random& random) {
  // A few collector's editions, so that thousands separators appear.
  return random.chance(0.02) ? random.between(100'000, 450'000) : random.between(499, 8'999);
}

std::int64_t make_released_days(Random& random) { return random.between(kFirstDay, kLastDay); }

void true_book(std::uint64_t seed, std::uint64_t entity, Book& book) {
  Random random = stream(seed, kTruthStream, entity);
  book.isbn = isbn_of(entity);
  make_title(random, book.title);
  make_author(random, book.author);
  book.price_cents = make_price_cents(random);
  book.pages = random.between(48, 1180);
  book.released_days = make_released_days(random);
  book.in_stock = random.chance(0.7);
}

}  // namespace sinter::generate

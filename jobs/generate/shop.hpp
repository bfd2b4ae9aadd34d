// Shop: one source: how much it knows, how often it errs, whom it copies. listing() is a pure function of (seed, shop, book), so a
// copier needs no memory of what it copies. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/generate/book.hpp"
#include "jobs/generate/generate.hpp"

namespace sinter::generate {

/// Attributes of a book, in column order after the ISBN.
enum class Field : std::uint8_t { Title, Author, Price, Pages, Released, InStock };
inline constexpr std::size_t kFields = 6;

/// One row of a shop.
struct Listing {
  Book book;
  std::uint8_t present = 0;  ///< bit per Field
  std::int64_t seen_seconds = 0;  ///< when the shop saw it, since 1970-01-01
  /// The field that holds nonsense; none in a good row.
  std::optional<Field> nonsense;

  bool has(Field field) const { return (present >> static_cast<unsigned>(field) & 1u) != 0; }
};

struct Shop {
  std::size_t number = 0;
  std::string name;  ///< "shop-01"
  double coverage = 1;
  double error_rate = 0;
  std::int64_t bias_cents = 0;
  std::optional<std::size_t> copies;  ///< the shop whose rows it takes; that one copies nobody

  /// What a person who knows the shop would write as `trust:`, in steps of 0.05.
  double trust() const;
};

/// All shops of a data set. The first is never a copier.
std::vector<Shop> make_shops(const GenerateOptions& options);

/// The shop's row about a book; false when it does not list the book. `listing`'s buffers are reused.
bool list_book(const GenerateOptions& options, const std::vector<Shop>& shops, const Shop& shop, std::uint64_t entity, Listing& listing);

/// Whether the row comes twice; then `listing` becomes the older one, with an outdated price.
bool outdate(const GenerateOptions& options, const Shop& shop, std::uint64_t entity, Listing& listing);

}  // namespace sinter::generate

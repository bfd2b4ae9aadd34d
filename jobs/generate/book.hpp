// Book: the true record of one entity, computed from its number, never stored. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.hpp"

namespace sinter::generate {

/// What the world is like, or what a shop says it is like.
struct Book {
  std::uint64_t isbn = 0;  ///< 13 digits with a valid check digit
  std::string title;
  std::string author;
  std::int64_t price_cents = 0;
  std::int64_t pages = 0;
  std::int64_t released_days = 0;  ///< since 1970-01-01
  bool in_stock = false;
};

/// Independent random numbers for one purpose: the same (seed, purpose, number) gives the same stream.
Random stream(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number);

/// A different ISBN for each entity below kMaxGeneratedEntities.
std::uint64_t isbn_of(std::uint64_t entity);

/// The true book number `entity`; `book`'s buffers are reused.
void true_book(std::uint64_t seed, std::uint64_t entity, Book& book);

/// Pieces of a false book: a wrong title, author, ... as `random` says.
void make_title(Random& random, std::string& title);
void make_author(Random& random, std::string& author);
std::int64_t make_price_cents(Random& random);
std::int64_t make_released_days(Random& random);

}  // namespace sinter::generate

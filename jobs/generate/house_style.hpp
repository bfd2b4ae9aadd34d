// HouseStyle: how a shop writes its file: format, column names, dates, numbers, spelling; rows as text, and the cleaning that a job
// needs to read them back. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "jobs/generate/shop.hpp"

namespace sinter::generate {

enum class PriceStyle : std::uint8_t { Plain, German, Euro, Cents };          // 1234.56  1.234,56  "EUR 1,234.56"  123456
enum class DateStyle : std::uint8_t { Iso, German, American, MonthName };     // 2024-03-01  01.03.2024  03/01/2024  01 Mar 2024
enum class Spelling : std::uint8_t { Clean, Lower, Upper, Spaced };

/// ISBN, the fields, and when it was seen.
inline constexpr std::size_t kColumns = kFields + 2;

struct HouseStyle {
  bool json = false;
  char delimiter = ',';
  bool gzip = false;
  std::string_view extension = ".csv";
  std::array<std::string_view, kColumns> columns;  ///< JSON: paths of at most two steps
  PriceStyle price = PriceStyle::Plain;
  DateStyle date = DateStyle::Iso;
  Spelling spelling = Spelling::Clean;
  std::string_view yes = "true";
  std::string_view no = "false";
  bool hyphens = false;  ///< in the ISBN
};

/// The canonical column names: those of the truth and of the schema.
inline constexpr std::array<std::string_view, kColumns> kColumnNames = {"isbn",  "title",    "author",   "price",
                                                                        "pages", "released", "in_stock", "seen"};

/// The style of a shop: six in turn, or the plain one.
const HouseStyle& house_style(const GenerateOptions& options, const Shop& shop);
/// The style of truth.csv: plain.
const HouseStyle& plain_style();

/// Appends the header line; nothing for JSON lines.
void append_header(const HouseStyle& style, Shape shape, std::string& out);
/// Appends the row, or in the long shape one row a claim. Returns how many rows that were.
std::uint64_t append_listing(const HouseStyle& style, Shape shape, const Listing& listing, std::string& out);
/// The true row: without `seen`.
void append_truth_header(std::string& out);
void append_truth(const Book& book, std::string& out);

}  // namespace sinter::generate

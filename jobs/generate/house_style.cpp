// Rows as text, in the ways shops write them.
#include "jobs/generate/house_style.hpp"

#include <charconv>

#include "base/calendar.hpp"

namespace sinter::generate {
namespace {

constexpr std::size_t kSeenColumn = kColumns - 1;

constexpr HouseStyle kPlain = {.columns = kColumnNames};

constexpr HouseStyle kStyles[] = {
    kPlain,
    {.delimiter = ';',
     .gzip = true,
     .extension = ".csv.gz",
     .columns = {"isbn", "titel", "autor", "preis", "seiten", "erschienen", "lieferbar", "stand"},
     .price = PriceStyle::German,
     .date = DateStyle::German,
     .yes = "ja",
     .no = "nein"},
    {.json = true,
     .extension = ".jsonl",
     .columns = {"book.isbn", "book.title", "book.author", "offer.price", "book.pages", "book.released", "offer.in_stock", "seen"}},
    {.delimiter = '\t',
     .extension = ".tsv",
     .columns = {"ISBN", "Title", "Author", "Price", "Pages", "Published", "Available", "Seen"},
     .price = PriceStyle::Euro,
     .date = DateStyle::American,
     .spelling = Spelling::Spaced,
     .yes = "yes",
     .no = "no"},
    {.columns = {"isbn13", "name", "by", "cents", "page_count", "release", "stock", "updated"},
     .price = PriceStyle::Cents,
     .date = DateStyle::MonthName,
     .spelling = Spelling::Upper,
     .yes = "Y",
     .no = "N",
     .hyphens = true},
    {.json = true,
     .gzip = true,
     .extension = ".jsonl.gz",
     .columns = {"isbn", "title", "author", "price", "pages", "released", "in_stock", "seen"},
     .date = DateStyle::American,
     .spelling = Spelling::Lower},
};

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  char digits[24];
  const auto size = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

void append_grouped(std::string& out, std::int64_t number, char separator) {
  if (number >= 1000) {
    append_grouped(out, number / 1000, separator);
    out += separator;
    append_padded(out, number % 1000, 3);
  } else {
    append_number(out, number);
  }
}

void append_price(std::string& out, PriceStyle style, std::int64_t cents) {
  switch (style) {
    case PriceStyle::Cents: append_number(out, cents); return;
    case PriceStyle::Plain:
      append_number(out, cents / 100);
      out += '.';
      break;
    case PriceStyle::German:
      append_grouped(out, cents / 100, '.');
      out += ',';
      break;
    case PriceStyle::Euro:
      out += "EUR ";
      append_grouped(out, cents / 100, ',');
      out += '.';
      break;
  }
  append_padded(out, cents % 100, 2);
}

void append_date(std::string& out, DateStyle style, std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  const auto two = [&out](unsigned number, char then) {
    append_padded(out, number, 2);
    if (then != '\0') out += then;
  };
  switch (style) {
    case DateStyle::Iso:
      append_padded(out, date.year, 4);
      out += '-';
      two(date.month, '-');
      two(date.day, '\0');
      return;
    case DateStyle::German: two(date.day, '.'); two(date.month, '.'); break;
    case DateStyle::American: two(date.month, '/'); two(date.day, '/'); break;
    case DateStyle::MonthName:
      two(date.day, ' ');
      out.append(kMonths[date.month - 1]).append(" ");
      break;
  }
  append_padded(out, date.year, 4);
}

void append_seen(std::string& out, std::int64_t seconds) {
  append_date(out, DateStyle::Iso, seconds / 86'400);
  out += 'T';
  append_padded(out, seconds / 3600 % 24, 2);
  out += ':';
  append_padded(out, seconds / 60 % 60, 2);
  out += ':';
  append_padded(out, seconds % 60, 2);
  out += 'Z';
}

void append_isbn(std::string& out, bool hyphens, std::uint64_t isbn) {
  const std::string digits = std::to_string(isbn);
  if (!hyphens) {
    out += digits;
    return;
  }
  out.append(digits, 0, 3).append("-").append(digits, 3, 1).append("-").append(digits, 4, 4).append("-").append(digits, 8, 4);
  out.append("-").append(digits, 12, 1);
}

void append_text(std::string& out, Spelling spelling, std::string_view text) {
  // ASCII letters only: "ZüRICH" is what careless programs print, and lower() of a job mends it.
  for (const char c : text) {
    if (spelling == Spelling::Upper && c >= 'a' && c <= 'z') out += static_cast<char>(c - 'a' + 'A');
    else if (spelling == Spelling::Lower && c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if (spelling == Spelling::Spaced && c == ' ') out += "  ";
    else out += c;
  }
  if (spelling == Spelling::Spaced) out += ' ';
}

void append_cell(std::string& out, const HouseStyle& style, const Listing& listing, Field field) {
  if (listing.nonsense == field) {
    constexpr std::string_view kNonsense[] = {"", "", "call us", "many", "soon", "perhaps"};
    out += kNonsense[static_cast<std::size_t>(field)];
    return;
  }
  const Book& book = listing.book;
  switch (field) {
    case Field::Title: append_text(out, style.spelling, book.title); return;
    case Field::Author: append_text(out, style.spelling, book.author); return;
    case Field::Price: append_price(out, style.price, book.price_cents); return;
    case Field::Pages: append_number(out, book.pages); return;
    case Field::Released: append_date(out, style.date, book.released_days); return;
    case Field::InStock: out += book.in_stock ? style.yes : style.no; return;
  }
}

/// Quotes the text behind `start` when CSV needs it (RFC 4180).
void quote_csv(std::string& out, std::size_t start, char delimiter) {
  const std::string_view cell(out.data() + start, out.size() - start);
  const char special[] = {delimiter, '"', '\n', '\r', '\0'};
  if (cell.find_first_of(special) == std::string_view::npos) return;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  out.resize(start);
  out.append(quoted).append("\"");
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

/// Pages, plain prices and true/false are JSON's own types; everything else is text.
void append_json_cell(std::string& out, const HouseStyle& style, const Listing& listing, Field field) {
  std::string text;
  append_cell(text, style, listing, field);
  const bool bare = field == Field::Pages || field == Field::Price || field == Field::InStock;
  if (bare && listing.nonsense != field) out += text;
  else append_json_text(out, text);
}

void append_json_row(const HouseStyle& style, const Listing& listing, std::string& out) {
  std::string isbn;
  append_isbn(isbn, style.hyphens, listing.book.isbn);
  std::string groups[2];  // "book" and "offer" of nested styles; flat styles use the first
  for (std::size_t column = 0; column + 1 < kColumns; ++column) {
    if (column > 0 && !listing.has(static_cast<Field>(column - 1))) continue;
    const std::string_view path = style.columns[column];
    const std::size_t dot = path.find('.');
    std::string& group = groups[path.starts_with("offer.") ? 1 : 0];
    if (!group.empty()) group += ',';
    append_json_text(group, dot == std::string_view::npos ? path : path.substr(dot + 1));
    group += ':';
    if (column == 0) append_json_text(group, isbn);
    else append_json_cell(group, style, listing, static_cast<Field>(column - 1));
  }
  const bool nested = style.columns[0].find('.') != std::string_view::npos;
  out += '{';
  if (nested) out.append("\"book\":{").append(groups[0]).append("},\"offer\":{").append(groups[1]).append("}");
  else out += groups[0];
  out += ",\"seen\":\"";
  append_seen(out, listing.seen_seconds);
  out += "\"}\n";
}

void append_csv_row(const HouseStyle& style, const Listing& listing, std::string& out) {
  append_isbn(out, style.hyphens, listing.book.isbn);
  for (std::size_t i = 0; i < kFields; ++i) {
    out += style.delimiter;
    const std::size_t start = out.size();
    if (listing.has(static_cast<Field>(i))) append_cell(out, style, listing, static_cast<Field>(i));
    quote_csv(out, start, style.delimiter);
  }
  out += style.delimiter;
  append_seen(out, listing.seen_seconds);
  out += '\n';
}

std::uint64_t append_claims(const HouseStyle& style, const Listing& listing, std::string& out) {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto field = static_cast<Field>(i);
    if (!listing.has(field)) continue;
    ++rows;
    if (style.json) out += "{\"isbn\":\"";
    append_isbn(out, style.hyphens, listing.book.isbn);
    if (style.json) {
      out.append("\",\"attribute\":\"").append(kColumnNames[i + 1]).append("\",\"value\":");
      append_json_cell(out, style, listing, field);
      out += ",\"seen\":\"";
      append_seen(out, listing.seen_seconds);
      out += "\"}\n";
      continue;
    }
    (out += style.delimiter).append(kColumnNames[i + 1]) += style.delimiter;
    const std::size_t start = out.size();
    append_cell(out, style, listing, field);
    quote_csv(out, start, style.delimiter);
    out += style.delimiter;
    append_seen(out, listing.seen_seconds);
    out += '\n';
  }
  return rows;
}

}  // namespace

const HouseStyle& plain_style() { return kPlain; }

const HouseStyle& house_style(const GenerateOptions& options, const Shop& shop) {
  return options.plain ? kPlain : kStyles[shop.number % std::size(kStyles)];
}

void append_header(const HouseStyle& style, Shape shape, std::string& out) {
  if (style.json) return;
  if (shape == Shape::Long) {
    for (const std::string_view name : {"isbn", "attribute", "value"}) (out += name) += style.delimiter;
    out += "seen\n";
    return;
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (i > 0) out += style.delimiter;
    out += style.columns[i];
  }
  out += '\n';
}

std::uint64_t append_listing(const HouseStyle& style, Shape shape, const Listing& listing, std::string& out) {
  if (shape == Shape::Long) return append_claims(style, listing, out);
  if (style.json) append_json_row(style, listing, out);
  else append_csv_row(style, listing, out);
  return 1;
}

void append_truth_header(std::string& out) {
  for (std::size_t i = 0; i < kSeenColumn; ++i) out.append(i > 0 ? "," : "").append(kColumnNames[i]);
  out += '\n';
}

void append_truth(const Book& book, std::string& out) {
  Listing listing;
  listing.book = book;
  append_isbn(out, false, book.isbn);
  for (std::size_t i = 0; i < kFields; ++i) {
    out += ',';
    const std::size_t start = out.size();
    append_cell(out, kPlain, listing, static_cast<Field>(i));
    quote_csv(out, start, ',');
  }
  out += '\n';
}

}  // namespace sinter::generate

// job.yaml and README.md of a generated data set.
#include "jobs/generate/job_text.hpp"

#include <charconv>

#include "jobs/generate/house_style.hpp"

namespace sinter::generate {
namespace {

std::string number_text(double number, int decimals) {
  char digits[64];
  return {digits, std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, decimals).ptr};
}

void append_source(const GenerateOptions& options, const Shop& shop, std::string& out) {
  const HouseStyle& style = house_style(options, shop);
  out += "  " + shop.name + ":\n    from: " + source_path(options, shop) + "\n    trust: " + number_text(shop.trust(), 2) + "\n";
  if (style.delimiter == ';') out += "    format: { type: csv, delimiter: \";\" }\n";
  if (options.shape == Shape::Long) {
    out += "    long: { entity: isbn, attribute: attribute, value: value, time: seen }\n";
    return;
  }
  out.append("    time: ").append(style.columns.back()).append("\n");
  std::string columns;
  for (std::size_t i = 0; i + 1 < kColumns; ++i) {
    if (style.columns[i] == kColumnNames[i]) continue;
    columns.append(columns.empty() ? " " : ", ").append(kColumnNames[i]).append(": ").append(style.columns[i]);
  }
  if (!columns.empty()) out += "    columns: {" + columns + " }\n";
}

void append_cleaning(const GenerateOptions& options, const Shop& shop, std::string& out) {
  const HouseStyle& style = house_style(options, shop);
  const auto step = [&](std::string_view attribute, std::string_view steps) {
    out.append("  ").append(shop.name).append(".").append(attribute).append(": [").append(steps).append("]\n");
  };
  switch (style.price) {
    case PriceStyle::Plain: break;
    case PriceStyle::German: step("price", "{ number: { decimal: \",\" } }"); break;
    case PriceStyle::Euro: step("price", "number"); break;
    case PriceStyle::Cents: step("price", "number, { scale: 0.01 }"); break;
  }
  switch (style.date) {
    case DateStyle::Iso: break;
    case DateStyle::German: step("released", "{ parse_time: \"%d.%m.%Y\" }"); break;
    case DateStyle::American: step("released", "{ parse_time: \"%m/%d/%Y\" }"); break;
    case DateStyle::MonthName: step("released", "{ parse_time: \"%d %b %Y\" }"); break;
  }
  if (style.yes == "ja") step("in_stock", "{ bool: { true: ja, false: nein } }");
  else if (style.yes != "true") step("in_stock", "bool");
}

std::string_view style_description(const HouseStyle& style) {
  if (style.price == PriceStyle::German) return "semicolons, 1.234,56, 31.12.2024, ja/nein";
  if (style.price == PriceStyle::Euro) return "tabs, EUR 1,234.56, 12/31/2024, stray spaces";
  if (style.price == PriceStyle::Cents) return "prices in cents, 31 Dec 2024, UPPER CASE, ISBN with hyphens";
  if (style.json && style.spelling == Spelling::Lower) return "JSON lines, 12/31/2024, lower case";
  if (style.json) return "nested JSON lines";
  return "plain CSV";
}

}  // namespace

std::string source_path(const GenerateOptions& options, const Shop& shop) {
  return "sources/" + shop.name + std::string(house_style(options, shop).extension);
}

std::string job_text(const GenerateOptions& options, const std::vector<Shop>& shops) {
  std::string out =
      "# One record per book from shops that disagree. Made by `sinter generate`; README.md says what is wrong with which shop.\n"
      "version: 1\n"
      "name: books\n"
      "\n"
      "schema:\n"
      "  isbn: string\n"
      "  title: string\n"
      "  author: string\n"
      "  price: double\n"
      "  pages: int64\n"
      "  released: timestamp\n"
      "  in_stock: bool\n"
      "\n"
      "sources:\n";
  for (const Shop& shop : shops) append_source(options, shop, out);
  out +=
      "\n"
      "clean:\n"
      "  isbn: [trim, { remove: \"[^0-9]\" }]\n"
      "  title: [trim, collapse_spaces, lower]\n"
      "  author: [trim, collapse_spaces, lower]\n";
  for (const Shop& shop : shops) append_cleaning(options, shop, out);
  // In the long shape a duplicate is a claim like any other; rows as wholes exist in the wide shape only.
  if (options.shape == Shape::Wide) out += "  rows: [keep_newest]\n";
  out +=
      "\n"
      "entity: { key: isbn }\n"
      "\n"
      "fuse:\n"
      "  default: weighted_vote\n"
      "  attributes:\n"
      "    price: { rule: weighted_vote, same_within: 1.5 }\n"
      "\n"
      "quality:\n"
      "  gold: { from: truth.csv }\n"
      "\n"
      "output:\n"
      "  fused: { to: out/books.csv }\n"
      "  rejects: { to: out/rejects.jsonl }\n";
  return out;
}

std::string readme_text(const GenerateOptions& options, const std::vector<Shop>& shops, const GeneratedFiles& generated) {
  std::string out =
      "# " + std::to_string(options.entities) + " books in " + std::to_string(shops.size()) + " shops, seed " +
      std::to_string(options.seed) + "\n\nGenerated: nothing here is real. " + std::to_string(generated.rows) + " rows hold " +
      std::to_string(generated.claims) + " claims; " + std::to_string(generated.bad_rows) +
      " rows hold nonsense that must be rejected. `truth.csv` is what the shops should have said; `sinter run job.yaml` "
      "fuses them and compares.\n\n| source | lists | wrong cells | price bias | copies | house style |\n|---|---|---|---|---|---|\n";
  for (const Shop& shop : shops) {
    out += "| " + source_path(options, shop) + " | " + number_text(shop.coverage * 100, 0) + " % | " +
           number_text(shop.error_rate * 100, 1) + " % | " + number_text(static_cast<double>(shop.bias_cents) / 100, 2) + " | " +
           (shop.copies ? shops[*shop.copies].name : "-") + " | " + std::string(style_description(house_style(options, shop))) + " |\n";
  }
  return out;
}

}  // namespace sinter::generate

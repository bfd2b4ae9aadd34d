// Steps from text, and cells run through them: see clean_fixture.hpp. Test code; one thread.
#include "tests/unit/clean/clean_fixture.hpp"

#include <gtest/gtest.h>

namespace sinter::fusion::test {
namespace {

class StepReader {
 public:
  explicit StepReader(std::string_view text) : text_(text) {}

  ConfigNode read() {
    ConfigNode node = read_node();
    skip();
    EXPECT_EQ(at_, text_.size()) << "left over in step: " << text_;
    return node;
  }

 private:
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char wanted) {
    skip();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    broken_ = broken_ || at_ >= text_.size() || text_[at_] != wanted;
    EXPECT_FALSE(broken_) << text_;
  }
  Mark mark() {
    skip();
    return {1, static_cast<std::uint32_t>(at_ + 1), 1};
  }
  ConfigNode read_node() {
    ConfigNode node;
    node.mark = mark();
    if (take('{')) {
      node.kind = NodeKind::Map;
      while (!take('}')) {
        ConfigEntry entry;
        entry.key_mark = mark();
        entry.key = read_scalar(":").scalar;
        EXPECT_TRUE(take(':')) << text_;
        entry.value = read_node();
        node.entries.push_back(std::move(entry));
        if (!take(',')) expect('}');
        if (broken_) return node;
      }
      return node;
    }
    if (take('[')) {
      node.kind = NodeKind::List;
      while (!take(']')) {
        node.items.push_back(read_node());
        if (!take(',')) expect(']');
        if (broken_) return node;
      }
      return node;
    }
    const Mark place = node.mark;
    node = read_scalar(",]}");
    node.mark = place;
    return node;
  }
  /// Quoted with \" and \\ escapes, or plain up to one of `ends`.
  ConfigNode read_scalar(std::string_view ends) {
    ConfigNode node;
    node.kind = NodeKind::Scalar;
    if (take('"')) {
      node.quoted = true;
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\') ++at_;
        node.scalar += text_[at_++];
      }
      ++at_;
      return node;
    }
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) node.scalar += text_[at_++];
    while (node.scalar.ends_with(' ')) node.scalar.pop_back();
    if (node.scalar.empty() || node.scalar == "null" || node.scalar == "~") {
      node.kind = NodeKind::Null;
      node.scalar.clear();
    }
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

std::string problems_text(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostics::Problem& problem : diagnostics.problems()) {
    if (!out.empty()) out += '\n';
    out += std::to_string(problem.mark.column) + ": " + problem.message;
    if (!problem.help.empty()) out += " | " + problem.help;
  }
  return out;
}

}  // namespace

ConfigNode step_of(std::string_view text) { return StepReader(text).read(); }

std::string shown(const Value& value) {
  std::string out;
  switch (value.type()) {
    case ValueType::Null: return "null";
    case ValueType::String: return std::string(value.string());
    case ValueType::Timestamp: return "@" + format_timestamp(value.timestamp());
    case ValueType::Int64: append_display(out, value); return "int " + out;
    default: append_display(out, value); return out;
  }
}

std::string Outcome::shown() const {
  if (verdict == CellVerdict::Fail) return "FAIL: " + reason;
  if (verdict == CellVerdict::DropRow) return "DROP";
  return test::shown(value);
}

CleanRow::CleanRow(std::vector<Attribute> schema, std::string zone) : schema_(std::move(schema)), timezone_(std::move(zone)) {}

std::string CleanRow::make(const std::vector<std::string>& steps) {
  const std::vector<CleanerInfo> cleaners = all_cleaners();
  Diagnostics diagnostics;
  CleanerSetting setting;
  setting.schema = &schema_;
  setting.timezone = timezone_;
  std::size_t number = 0;
  for (const std::string& step : steps) {
    const ConfigNode node = step_of(step);
    auto cleaner = make_cleaner(cleaners, node, setting, "clean.cell[" + std::to_string(++number) + "]", diagnostics);
    if (cleaner != nullptr) cleaners_.push_back(std::move(cleaner));
  }
  EXPECT_EQ(diagnostics.ok(), cleaners_.size() == steps.size());
  return problems_text(diagnostics);
}

Outcome CleanRow::run(std::vector<Value> cells) {
  cells_ = std::move(cells);
  cells_.resize(schema_.size());
  RowCells row{cells_, &arena_};
  Outcome outcome;
  for (const auto& cleaner : cleaners_) {
    if (cells_[0].is_null() && !cleaner->sees_null()) continue;
    outcome.verdict = cleaner->apply(row, 0, outcome.reason);
    if (outcome.verdict != CellVerdict::Keep) break;
  }
  EXPECT_TRUE(outcome.verdict != CellVerdict::Fail || !outcome.reason.empty()) << "a failed cell says why";
  outcome.value = cells_[0];
  return outcome;
}

std::string clean(std::string_view step, std::string_view text, ValueType type) {
  CleanRow row({{"cell", type}});
  const std::string problems = row.make({std::string(step)});
  if (!problems.empty()) return "PROBLEM " + problems;
  return row.run(text).shown();
}

std::string problems_of(std::string_view step, ValueType type) { return CleanRow({{"cell", type}}).make({std::string(step)}); }

std::string converted(std::string_view text, ValueType type) {
  Arena arena;
  Value cell = Value::of_string(text);
  RowCells row{{&cell, 1}, &arena};
  Outcome outcome;
  outcome.verdict = convert_cell(row, 0, type, outcome.reason);
  outcome.value = cell;
  return outcome.shown();
}

std::string random_bytes(std::uint64_t& state, std::size_t longest) {
  static constexpr std::string_view kPieces[] = {" ",
                                                 "\xC2\xA0",
                                                 "\xE2\x80\x89",
                                                 "0",
                                                 "12",
                                                 ",",
                                                 ".",
                                                 "-",
                                                 "%",
                                                 "$",
                                                 "€",
                                                 "é",
                                                 "e\xCC\x81",
                                                 "ß",
                                                 "ſ",
                                                 "İ",
                                                 "ﬁ",
                                                 "Ａ",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xFF",
                                                 "\xC3",
                                                 "\xE2\x80",
                                                 "\xF0\x9F",
                                                 "AM",
                                                 "Dec",
                                                 "T",
                                                 ":",
                                                 "/",
                                                 "[",
                                                 "\"",
                                                 "\\",
                                                 "(",
                                                 ")",
                                                 "1e9",
                                                 "nan",
                                                 "ft",
                                                 "Z",
                                                 "+01:00"};
  const auto next = [&state] {  // splitmix64
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  };
  std::string out;
  const std::size_t wanted = next() % (longest + 1);
  while (out.size() < wanted) {
    if (next() % 4 == 0) out += static_cast<char>(next() % 256);
    else out += kPieces[next() % std::size(kPieces)];
  }
  return out;
}

}  // namespace sinter::fusion::test

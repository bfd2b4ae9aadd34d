// Patterns by RE2: see regular_expression.hpp. Any thread.
#include "jobs/fusion/clean/regular_expression.hpp"

#include <re2/re2.h>

#include <array>

namespace sinter::fusion {
namespace {

/// Memory that one pattern may use for its automata.
constexpr std::int64_t kMaxPatternBytes = 16 << 20;
/// \0 .. \9
constexpr int kMaxRewriteGroups = 10;

std::string_view view_of(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

}  // namespace

struct RegularExpression::Compiled {
  Compiled(const std::string& pattern, const RE2::Options& options) : re(pattern, options) {}
  RE2 re;
};

RegularExpression::RegularExpression(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&&) noexcept = default;
RegularExpression::~RegularExpression() = default;

Result<RegularExpression> RegularExpression::compile(const std::string& pattern, bool ignore_case) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternBytes);
  options.set_case_sensitive(!ignore_case);
  auto compiled = std::make_unique<Compiled>(pattern, options);
  if (!compiled->re.ok()) return user_error("the pattern '" + pattern + "' is not a regular expression: " + compiled->re.error());
  return RegularExpression(std::move(compiled));
}

int RegularExpression::groups() const { return compiled_->re.NumberOfCapturingGroups(); }

int RegularExpression::group_named(const std::string& name) const {
  const auto& names = compiled_->re.NamedCapturingGroups();
  const auto found = names.find(name);
  return found == names.end() ? -1 : found->second;
}

bool RegularExpression::matches_whole(std::string_view text) const {
  return compiled_->re.Match({text.data(), text.size()}, 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

bool RegularExpression::find(std::string_view text, std::size_t from, int group, std::string_view& whole,
                             std::string_view& part) const {
  // Groups up to the wanted one have to be asked for; most patterns have few, and RE2 is fastest with none or one.
  std::array<re2::StringPiece, kMaxRewriteGroups> pieces;
  require(group >= 0 && group < kMaxRewriteGroups, "a group of a pattern is 0..9");
  if (!compiled_->re.Match({text.data(), text.size()}, from, text.size(), RE2::UNANCHORED, pieces.data(), group + 1)) return false;
  whole = view_of(pieces[0]);
  part = view_of(pieces[static_cast<std::size_t>(group)]);
  return true;
}

bool RegularExpression::find_and_rewrite(std::string_view text, std::size_t from, const std::string& rewrite, std::string_view& whole,
                                         std::string& out) const {
  std::array<re2::StringPiece, kMaxRewriteGroups> pieces;
  const int used = RE2::MaxSubmatch(rewrite) + 1;
  if (!compiled_->re.Match({text.data(), text.size()}, from, text.size(), RE2::UNANCHORED, pieces.data(), used)) return false;
  whole = view_of(pieces[0]);
  return compiled_->re.Rewrite(&out, rewrite, pieces.data(), used);
}

std::string RegularExpression::check_rewrite(const std::string& rewrite) const {
  std::string problem;
  return compiled_->re.CheckRewriteString(rewrite, &problem) ? std::string() : problem;
}

}  // namespace sinter::fusion

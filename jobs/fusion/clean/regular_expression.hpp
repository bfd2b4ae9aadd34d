// RegularExpression: a compiled pattern. The only module that knows RE2, whose time is linear in the text. Const after compile();
// any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter::fusion {

class RegularExpression {
 public:
  /// User error: what is wrong with the pattern.
  static Result<RegularExpression> compile(const std::string& pattern, bool ignore_case);
  RegularExpression(RegularExpression&&) noexcept;
  RegularExpression& operator=(RegularExpression&&) noexcept;
  ~RegularExpression();

  int groups() const;
  /// Number of a named group, -1 for none.
  int group_named(const std::string& name) const;
  bool matches_whole(std::string_view text) const;
  /// Finds the first match at or behind `from`, and a group of it (0: the whole). `part` has a null data() when the group took no part.
  bool find(std::string_view text, std::size_t from, int group, std::string_view& whole, std::string_view& part) const;
  /// Finds as find() does; \0..\9 of `rewrite` stand for groups.
  bool find_and_rewrite(std::string_view text, std::size_t from, const std::string& rewrite, std::string_view& whole,
                        std::string& out) const;
  /// Empty when `rewrite` is fine, else what is wrong with it.
  std::string check_rewrite(const std::string& rewrite) const;

 private:
  struct Compiled;
  explicit RegularExpression(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace sinter::fusion

// Globs: a pattern is compiled into segments of tokens, then walked down the directories. Any thread.
#include "base/glob.hpp"

#include <algorithm>
#include <bitset>
#include <string_view>

#include "base/limits.hpp"

namespace sinter {
namespace {

struct Token {
  enum class Kind : std::uint8_t { Byte, AnyByte, Set, Star, Placeholder };
  Kind kind = Kind::Byte;
  char byte = 0;             // Byte
  std::bitset<256> set;      // Set
  std::string name;          // Placeholder

  bool matches(char c) const {
    switch (kind) {
      case Kind::Byte: return c == byte;
      case Kind::Set: return set[static_cast<unsigned char>(c)];
      default: return true;
    }
  }
};

struct Segment {
  std::vector<Token> tokens;
  bool is_magic = false;       // has something other than plain bytes
  bool is_double_star = false;
  std::string literal;         // when not magic
};

using Captures = std::vector<std::pair<std::string, std::string>>;

Error bad_pattern(std::string_view pattern, const std::string& what) {
  return user_error("the pattern '" + std::string(pattern) + "' " + what);
}

/// Turns a pattern into segments.
class PatternCompiler {
 public:
  PatternCompiler(std::string_view pattern, bool placeholders) : pattern_(pattern), placeholders_(placeholders) {}

  Result<std::vector<Segment>> compile() {
    std::vector<Segment> segments(1);
    for (; at_ < pattern_.size(); ++at_) {
      if (pattern_[at_] == '/') {
        segments.emplace_back();
        continue;
      }
      SINTER_ASSIGN(Token token, next_token());
      segments.back().tokens.push_back(std::move(token));
    }
    for (Segment& segment : segments) finish(segment);
    return segments;
  }

 private:
  /// Reads the token at at_ and leaves at_ on its last byte.
  Result<Token> next_token() {
    Token token;
    token.byte = pattern_[at_];
    switch (pattern_[at_]) {
      case '*': token.kind = Token::Kind::Star; break;
      case '?': token.kind = Token::Kind::AnyByte; break;
      case '[': SINTER_TRY(read_set(token)); break;
      case '{':
        if (placeholders_) SINTER_TRY(read_placeholder(token));
        break;
      case '\\':
        if (at_ + 1 == pattern_.size()) return bad_pattern(pattern_, "ends in a backslash");
        token.byte = pattern_[++at_];
        break;
      default: break;
    }
    return token;
  }

  Status read_set(Token& token) {
    token.kind = Token::Kind::Set;
    std::size_t i = at_ + 1;
    const bool negated = i < pattern_.size() && (pattern_[i] == '!' || pattern_[i] == '^');
    if (negated) ++i;
    const std::size_t first = i;
    for (; i < pattern_.size() && (pattern_[i] != ']' || i == first); ++i) {
      if (pattern_[i] == '/') break;
      auto low = static_cast<unsigned char>(pattern_[i]);
      auto high = low;
      if (i + 2 < pattern_.size() && pattern_[i + 1] == '-' && pattern_[i + 2] != ']') {
        high = static_cast<unsigned char>(pattern_[i + 2]);
        i += 2;
      }
      if (low > high) return bad_pattern(pattern_, "has a [set] whose range runs backwards");
      for (unsigned c = low; c <= high; ++c) token.set.set(c);
    }
    if (i >= pattern_.size() || pattern_[i] != ']') return bad_pattern(pattern_, "has a '[' without its ']'");
    if (negated) token.set.flip();
    at_ = i;
    return {};
  }

  Status read_placeholder(Token& token) {
    const std::size_t end = pattern_.find('}', at_);
    if (end == std::string_view::npos) return bad_pattern(pattern_, "has a '{' without its '}'");
    token.kind = Token::Kind::Placeholder;
    token.name = pattern_.substr(at_ + 1, end - at_ - 1);
    const bool is_word = !token.name.empty() && std::all_of(token.name.begin(), token.name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!is_word) return bad_pattern(pattern_, "has a placeholder {" + token.name + "} that is no name of letters, digits and '_'");
    if (std::find(names_.begin(), names_.end(), token.name) != names_.end())
      return bad_pattern(pattern_, "uses the placeholder {" + token.name + "} twice");
    names_.push_back(token.name);
    at_ = end;
    return {};
  }

  static void finish(Segment& segment) {
    for (const Token& token : segment.tokens) {
      segment.is_magic = segment.is_magic || token.kind != Token::Kind::Byte;
      segment.literal += token.byte;
    }
    segment.is_double_star = segment.tokens.size() == 2 && segment.tokens[0].kind == Token::Kind::Star &&
                             segment.tokens[1].kind == Token::Kind::Star;
  }

  std::string_view pattern_;
  bool placeholders_;
  std::size_t at_ = 0;
  std::vector<std::string> names_;
};

/// Matches a name against tokens in O(tokens * bytes): reach[t][p] says whether tokens t.. can match bytes p.. .
class NameMatcher {
 public:
  bool match(const std::vector<Token>& tokens, std::string_view name, Captures& captures) {
    const bool leading_wildcard = !tokens.empty() && tokens[0].kind != Token::Kind::Byte;
    if (name.starts_with('.') && leading_wildcard) return false;
    const std::size_t width = name.size() + 1;
    reach_.assign((tokens.size() + 1) * width, 0);
    reach_[tokens.size() * width + name.size()] = 1;
    for (std::size_t t = tokens.size(); t-- > 0;)
      for (std::size_t p = width; p-- > 0;) {
        const bool here = p < name.size() && tokens[t].matches(name[p]);
        const bool next = here && reach_[(t + 1) * width + p + 1] != 0;
        const bool stay = here && reach_[t * width + p + 1] != 0;
        bool good = next;
        if (tokens[t].kind == Token::Kind::Star) good = reach_[(t + 1) * width + p] != 0 || stay;
        if (tokens[t].kind == Token::Kind::Placeholder) good = next || stay;
        reach_[t * width + p] = good ? 1 : 0;
      }
    if (reach_[0] == 0) return false;
    collect(tokens, name, width, captures);
    return true;
  }

 private:
  void collect(const std::vector<Token>& tokens, std::string_view name, std::size_t width, Captures& captures) const {
    std::size_t p = 0;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const std::size_t start = p;
      const bool is_star = tokens[t].kind == Token::Kind::Star;
      if (!is_star) ++p;
      if (is_star || tokens[t].kind == Token::Kind::Placeholder)
        while (reach_[(t + 1) * width + p] == 0) ++p;
      if (tokens[t].kind == Token::Kind::Placeholder) captures.emplace_back(tokens[t].name, name.substr(start, p - start));
    }
  }

  std::vector<char> reach_;
};

class Walker {
 public:
  Walker(FileSystem& files, std::string_view pattern, std::vector<Segment> segments)
      : files_(files), pattern_(pattern), segments_(std::move(segments)) {}

  Result<std::vector<GlobMatch>> run() {
    SINTER_TRY(walk(0, "", {}, 0));
    std::sort(matches_.begin(), matches_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto last = std::unique(matches_.begin(), matches_.end(), [](const auto& a, const auto& b) { return a.path == b.path; });
    matches_.erase(last, matches_.end());
    return std::move(matches_);
  }

 private:
  /// `prefix` is the path so far, with its '/' at the end unless empty.
  Status walk(std::size_t index, const std::string& prefix, const Captures& captures, std::size_t depth) {
    const Segment& segment = segments_[index];
    const bool last = index + 1 == segments_.size();
    if (segment.is_double_star) return walk_double_star(index, prefix, captures, depth);
    if (!segment.is_magic) {
      if (!last) return walk(index + 1, prefix + segment.literal + "/", captures, depth);
      if (files_.exists(prefix + segment.literal)) return add(prefix + segment.literal, captures);
      return {};
    }
    SINTER_ASSIGN(const auto names, list(prefix));
    for (const std::string& name : names) {
      Captures extended = captures;
      if (!matcher_.match(segment.tokens, name, extended)) continue;
      SINTER_ASSIGN(const bool directory, is_directory(prefix + name));
      if (directory == last) continue;
      if (last) SINTER_TRY(add(prefix + name, extended));
      else SINTER_TRY(walk(index + 1, prefix + name + "/", extended, depth));
    }
    return {};
  }

  /// Zero directories: the rest of the pattern here; then the same below every directory. As last segment: every file below.
  Status walk_double_star(std::size_t index, const std::string& prefix, const Captures& captures, std::size_t depth) {
    if (depth > kMaxGlobDepth)
      return user_error("the pattern '" + std::string(pattern_) + "' goes more than kMaxGlobDepth = " + std::to_string(kMaxGlobDepth) +
                        " directories deep at '" + prefix + "'; is there a link that points upwards?");
    const bool last = index + 1 == segments_.size();
    if (!last) SINTER_TRY(walk(index + 1, prefix, captures, depth));
    SINTER_ASSIGN(const auto names, list(prefix));
    for (const std::string& name : names) {
      if (name.starts_with('.')) continue;
      SINTER_ASSIGN(const bool directory, is_directory(prefix + name));
      if (directory) SINTER_TRY(walk_double_star(index, prefix + name + "/", captures, depth + 1));
      else if (last) SINTER_TRY(add(prefix + name, captures));
    }
    return {};
  }

  /// Empty when there is no such directory: then nothing matches below it.
  Result<std::vector<std::string>> list(const std::string& prefix) {
    const std::string directory = prefix.empty() ? "." : prefix;
    SINTER_ASSIGN(const bool exists, is_directory(directory));
    if (!exists) return std::vector<std::string>();
    return files_.list(directory);
  }

  Result<bool> is_directory(const std::string& path) {
    auto info = files_.info(path);
    if (info.ok()) return info->is_directory;
    // A dangling link, or removed since it was listed: not there.
    if (!files_.exists(path)) return false;
    return std::move(info).error();
  }

  Status add(std::string path, const Captures& captures) {
    if (matches_.size() >= kMaxGlobMatches)
      return user_error("the pattern '" + std::string(pattern_) + "' matches more than kMaxGlobMatches = " +
                        std::to_string(kMaxGlobMatches) + " files");
    matches_.push_back({std::move(path), captures});
    return {};
  }

  FileSystem& files_;
  std::string_view pattern_;
  std::vector<Segment> segments_;
  NameMatcher matcher_;
  std::vector<GlobMatch> matches_;
};

Result<std::vector<GlobMatch>> expand(FileSystem& files, const std::string& pattern, bool placeholders) {
  SINTER_ASSIGN(auto segments, PatternCompiler(pattern, placeholders).compile());
  const bool magic = std::any_of(segments.begin(), segments.end(), [](const Segment& segment) { return segment.is_magic; });
  if (magic) return Walker(files, pattern, std::move(segments)).run();
  std::string plain;
  for (std::size_t i = 0; i < segments.size(); ++i) plain.append(i == 0 ? "" : "/").append(segments[i].literal);
  return std::vector<GlobMatch>{{std::move(plain), {}}};
}

}  // namespace

Result<std::vector<std::string>> expand_glob(FileSystem& files, const std::string& pattern) {
  SINTER_ASSIGN(auto matches, expand(files, pattern, /*placeholders=*/false));
  std::vector<std::string> paths;
  paths.reserve(matches.size());
  for (GlobMatch& match : matches) paths.push_back(std::move(match.path));
  return paths;
}

Result<std::vector<GlobMatch>> expand_named_glob(FileSystem& files, const std::string& pattern) {
  return expand(files, pattern, /*placeholders=*/true);
}

}  // namespace sinter

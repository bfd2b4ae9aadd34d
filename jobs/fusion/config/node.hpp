// ConfigNode: a job file as a tree that remembers line and column, and Diagnostics: everything wrong with it, said at once.
// Plain values; one thread. Only yaml_reader.cpp knows YAML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sinter::fusion {

/// 1-based place in the job file; line 0 means no place.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  // characters to underline
};

enum class NodeKind : std::uint8_t { Null, Scalar, List, Map };

struct ConfigEntry;

struct ConfigNode {
  NodeKind kind = NodeKind::Null;
  Mark mark;
  std::string scalar;         // Scalar only
  bool quoted = false;        // quoted means string, always
  std::vector<ConfigNode> items;
  std::vector<ConfigEntry> entries;  // in file order, keys unique

  const ConfigNode* find(std::string_view key) const;
};

struct ConfigEntry {
  std::string key;
  Mark key_mark;
  ConfigNode value;
};

/// Collects problems with their places; nothing stops at the first.
class Diagnostics {
 public:
  struct Problem {
    Mark mark;
    std::string message;  // "unknown key 'same_witin' in fuse.attributes.price"
    std::string help;     // "did you mean 'same_within'?"; may be empty
    bool is_warning = false;
  };
  void error(Mark mark, std::string message, std::string help = {});
  void warning(Mark mark, std::string message, std::string help = {});
  bool ok() const { return errors_ == 0; }
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
  std::size_t errors_ = 0;
};

/// What a scalar option may be.
enum class OptionType : std::uint8_t { String, Number, Integer, Bool, Duration, Size, Fraction, StringList, StringMap, Any };

/// One documented option of a rule, cleaner or section. The same table drives decoding, `sinter list`, `sinter schema` and the docs.
struct OptionInfo {
  std::string_view name;
  OptionType type = OptionType::String;
  bool required = false;
  std::string_view help;           // one phrase
  std::string_view default_text;   // as it would be written in the file; empty: none
};

/// A key that people write one level too high, and where it belongs.
struct KeyBelow {
  std::string_view key;
  std::string_view section;  // "format"
};

/// Decodes one map (or the short form: a bare scalar or list that stands for the option `short_form`) by a table of options.
/// Missing required ones, unknown ones ("did you mean"), wrong types are reported to `diagnostics`.
class OptionMap {
 public:
  /// `where` names the place in messages, e.g. "clean.price[2] number".
  OptionMap(const ConfigNode& node, const std::vector<OptionInfo>& options, std::string_view short_form, std::string where,
            Diagnostics& diagnostics, const std::vector<KeyBelow>& below = {});

  bool has(std::string_view name) const;
  Mark mark(std::string_view name) const;           // of the option's value, or of the whole node
  /// Each requires a declared option; the fallback is used when absent or wrong (already reported).
  std::string string(std::string_view name, std::string fallback = {}) const;
  double number(std::string_view name, double fallback) const;
  std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  bool boolean(std::string_view name, bool fallback) const;
  std::int64_t duration_ms(std::string_view name, std::int64_t fallback) const;
  std::uint64_t size_bytes(std::string_view name, std::uint64_t fallback) const;
  std::vector<std::string> strings(std::string_view name) const;                            // a scalar counts as a list of one
  std::vector<std::pair<std::string, std::string>> string_map(std::string_view name) const;
  const ConfigNode* node(std::string_view name) const;
  /// Reports a problem at an option (a value out of range, say).
  void error(std::string_view name, std::string message, std::string help = {}) const;

 private:
  const ConfigNode* node_;
  const std::vector<OptionInfo>* options_;
  std::string short_form_;
  std::string where_;
  Diagnostics* diagnostics_;
};

/// The candidate nearest to `word` by edit distance, or empty when none is near: for "did you mean".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);
/// The help line for an unknown word: "did you mean 'x'?", else "known: a, b, c", else empty when there are too many.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace sinter::fusion

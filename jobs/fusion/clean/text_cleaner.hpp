// TextCleaner: the base of cleaners that turn one text into one value. Lists are cleaned item by item. One thread per object.
#pragma once

#include <string>
#include <string_view>

#include "jobs/fusion/clean/cleaner.hpp"

namespace sinter::fusion {

class TextCleaner : public Cleaner {
 public:
  /// Whether numbers, bools and timestamps are cleaned by their text (map, enum, null_if) or left alone (trim, upper).
  enum class Reads : std::uint8_t { TextOnly, EveryScalar };
  explicit TextCleaner(Reads reads = Reads::TextOnly) : reads_(reads) {}

  CellVerdict apply(RowCells& row, std::size_t cell, std::string& reason) final;

 protected:
  /// Sets `out` (which holds the cell as it is) from the text; `out` may view `text`, the arena or the cleaner.
  virtual CellVerdict clean(std::string_view text, Arena& arena, Value& out, std::string& reason) = 0;
  /// Called before clean() with the row, for cleaners that read other fields.
  virtual void enter(const RowCells& row) { (void)row; }
  /// For cleaners that read something other than text: nothing written is no value. True, and `out` null, when the text is blank.
  static bool take_blank(std::string_view text, Value& out);

 private:
  CellVerdict clean_scalar(Value& value, Arena& arena, std::string& reason);
  Reads reads_;
};

/// What happens to a value that a cleaner does not accept: reject, null, keep, or a text of the user's.
struct Otherwise {
  enum class Kind : std::uint8_t { Reject, Null, Keep, Text };
  Kind kind = Kind::Reject;
  std::string text;

  /// Reads the option `name`; `kinds` bounds what is allowed and problems are reported.
  static Otherwise read(const OptionMap& options, std::string_view name, Kind fallback, bool allows_keep, bool allows_text);
  /// Applies it to the cell.
  CellVerdict apply(Value& out, std::string& reason, std::string_view why) const;
};

/// The index of a field, or -1 after reporting an unknown one with the nearest names.
std::ptrdiff_t find_field(const OptionMap& options, std::string_view option, const std::string& name, const CleanerSetting& setting);

/// The text of a scalar: its own for strings, else written to the arena.
std::string_view scalar_text(const Value& value, Arena& arena);

}  // namespace sinter::fusion

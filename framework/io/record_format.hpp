// RecordFormat: how records lie in the bytes of a file, for formats that sinter does not know. What a reader of one's own says, and the
// face it has for the framework, which owns files, compression, buffers and splits. A format is shared; each framer stays on one thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "framework/io/record.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Bytes of a file as a reader sees them: decompressed, and no more than the framework has in memory.
struct Window {
  std::string_view bytes;          // never empty
  std::uint64_t offset_bytes = 0;  // of the first of them in the file
  bool at_end = false;             // the file ends behind them
};

/// What stands at the front of a window: a record, or why there is none. Made by its functions.
struct Frame {
  /// What a frame is; see the functions.
  enum class Kind : std::uint8_t { Record, Skip, More, Bad, Lost };

  Kind kind = Kind::More;
  std::size_t size_bytes = 0;  // what begins next begins so far behind the front; of More: what is needed at least
  std::string_view bytes;      // of the record, in the window
  std::string reason;

  /// A record: its bytes within the window, and how many the whole frame takes, with what stands around it.
  static Frame record(std::string_view bytes, std::size_t size_bytes) { return {Kind::Record, size_bytes, bytes, {}}; }
  /// No record: a header of the file, padding. At most the window.
  static Frame skip(std::size_t size_bytes) { return {Kind::Skip, size_bytes, {}, {}}; }
  /// The window ends too soon; `size_bytes` of it would do, when that is known. At the end of the file it is damage.
  static Frame more(std::size_t size_bytes = 0) { return {Kind::More, size_bytes, {}, {}}; }
  /// Damage that ends where it is known: a reject of so many bytes with a reason, a sentence's end such as "its checksum is wrong".
  static Frame bad(std::string reason, std::size_t size_bytes) { return {Kind::Bad, size_bytes, {}, std::move(reason)}; }
  /// Damage of which nobody knows the end. A reader with find_start() goes on at the next start, and what lies between is one reject;
  /// without, the run fails. Both name file and offset.
  static Frame lost(std::string reason) { return {Kind::Lost, 0, {}, std::move(reason)}; }
};

/// find_start(): there is none in this window.
inline constexpr std::size_t kNoStart = ~std::size_t{0};
/// Bytes at and behind a record's start by which find_start() may know it.
inline constexpr std::size_t kMaxStartBytes = 64 * 1024;

class TextArena;

/// Takes the fields of one record, in the order of the reader's columns.
class FieldList {
 public:
  /// Places for `capacity` fields; what does not lie in the record is copied into the arena. Both outlive the fields.
  FieldList(FieldView* fields, std::size_t capacity, TextArena& arena) : fields_(fields), capacity_(capacity), arena_(&arena) {}

  /// Text that lies in the record.
  void text(std::string_view text) { add(text, FieldKind::Text); }
  /// Text from anywhere else: copied.
  void copy(std::string_view text);
  /// A number, as a column of a row struct takes it.
  void number(std::integral auto value) {
    if constexpr (std::unsigned_integral<decltype(value)>) add_unsigned(value);
    else add_signed(value);
  }
  /// The same: the shortest digits that give it back.
  void number(double value);
  /// A field without a value.
  void null() { add({}, FieldKind::Null); }
  /// A field that this record does not have.
  void missing() { add({}, FieldKind::Missing); }
  /// How many were given.
  std::size_t count() const { return count_; }

 private:
  void add(std::string_view text, FieldKind kind) {
    if (count_ < capacity_) fields_[count_] = {text, kind};
    ++count_;
  }
  void add_signed(std::int64_t value);
  void add_unsigned(std::uint64_t value);

  FieldView* fields_;
  std::size_t capacity_;
  std::size_t count_ = 0;
  TextArena* arena_;
};

/// Reads one file, or a piece of one.
class RecordFramer {
 public:
  virtual ~RecordFramer() = default;
  /// What stands at the front. The same for every window that begins there, however long, but for More.
  virtual Frame next(const Window& window) = 0;
  /// Distance from the front to a start of a record at or behind it, or kNoStart. Requires: RecordFormat::has_starts().
  virtual std::size_t find_start(const Window& window) const = 0;
  /// The fields of a record. Requires: the format has columns.
  virtual void split(std::string_view record, FieldList& fields) = 0;
};

/// A format of one's own, made by sinter::records() of a reader (framework/api/own_formats.hpp).
class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  virtual std::unique_ptr<RecordFramer> make() const = 0;
  /// Whether large files can be cut, and reading can go on behind damage.
  virtual bool has_starts() const = 0;
  /// Names of the fields; empty: a record is one field, its bytes.
  virtual const std::vector<std::string>& columns() const = 0;
  /// Error, the author's: what is wrong with the reader's settings.
  virtual Status check() const { return {}; }
};

}  // namespace sinter

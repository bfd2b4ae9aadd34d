// RowWriter: typed values to rows of the job's output. Belongs to one attempt and one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/fields.hpp"
#include "framework/api/row_format.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

template <class T>
struct IsOptionalField : std::false_type {};
template <class T>
struct IsOptionalField<std::optional<T>> : std::true_type {};

/// Columns that a value takes in a row: pairs, tuples and structs with fields() one for each part, everything else one.
template <class T>
inline constexpr std::size_t kColumns = 1;
template <class... T>
inline constexpr std::size_t kColumns<std::tuple<T...>> = (kColumns<T> + ... + 0);
template <class A, class B>
inline constexpr std::size_t kColumns<std::pair<A, B>> = kColumns<A> + kColumns<B>;
template <HasFields T>
inline constexpr std::size_t kColumns<T> = kColumns<FieldTypes<T>>;

template <class T>
inline constexpr std::size_t kColumns<std::optional<T>> = kColumns<T>;

/// Whether a type is a tuple, which stands for several columns.
template <class T>
inline constexpr bool kIsTuple = false;
template <class... T>
inline constexpr bool kIsTuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool kIsTuple<std::pair<A, B>> = true;

/// What a reduce writes to. Like an Emitter it keeps its first error, and the attempt fails with it.
class RowWriter {
 public:
  /// `format.columns` name the values of row(); `target` and `format` must outlive the writer.
  RowWriter(OutputSink& target, const DataFile& format);

  /// One row: as many values as the output has columns (lines: one). Values are text, numbers, bool, Timestamp, or an optional of one,
  /// whose absence is an empty CSV field or a JSON null. A pair, a tuple or a struct with fields() is as many values as it has parts.
  template <class... Values>
  void row(const Values&... values) {
    begin_row((kColumns<Values> + ... + 0));
    (field(values), ...);
    end_row();
  }
  /// `text` and a line end, as it is, whatever the format.
  void line(std::string_view text);

  /// The first error, or good.
  const Status& status() const { return status_; }

 private:
  template <class T>
  void field(const T& value) {
    if constexpr (IsOptionalField<T>::value) {
      if (value) return field(*value);
      for (std::size_t i = 0; i < kColumns<T>; ++i) add_null();
    } else if constexpr (HasFields<T>) {
      std::apply([this](const auto&... part) { (field(part), ...); }, fields_of(value));
    } else if constexpr (kIsTuple<T>) {
      std::apply([this](const auto&... part) { (field(part), ...); }, value);
    } else if constexpr (std::is_same_v<T, bool>) {
      add_word(value ? "true" : "false");
    } else if constexpr (std::unsigned_integral<T>) {
      add_unsigned(value);
    } else if constexpr (std::signed_integral<T>) {
      add_signed(value);
    } else if constexpr (std::floating_point<T>) {
      add_double(static_cast<double>(value));
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      add_time(value);
    } else {
      static_assert(
          std::convertible_to<const T&, std::string_view>,
          "sinter: row() takes text, numbers, bool, sinter::Timestamp, and std::optional, pairs, tuples and structs with fields() "
          "of them.");
      add_text(value);
    }
  }

  void keep(Status written) {
    if (!written.ok()) [[unlikely]] status_ = std::move(written);
  }
  void begin_row(std::size_t fields);
  void end_row();
  void begin_field();
  void add_null();
  void add_word(std::string_view word);
  void add_unsigned(std::uint64_t value);
  void add_signed(std::int64_t value);
  void add_double(double value);
  void add_text(std::string_view text);
  void add_time(Timestamp value);

  OutputSink* target_;
  const DataFile* format_;
  std::vector<std::string> member_names_;  // of JSON: `"name":`, escaped once
  const RowFormat* own_ = nullptr;         // a writer of the author's own
  std::vector<RowValue> values_;           // of the row, for it
  std::string line_;                       // reused: no allocation per row
  std::size_t field_ = 0;
  Status status_;
};

/// What an output begins with: the first line of CSV, with its line end; what a writer of one's own says; else nothing.
std::string header_line(const DataFile& format);

}  // namespace sinter

// Readers and writers of one's own: values with a few functions, no base class. Templates that give them the faces that the framework
// knows (record_format.hpp, row_format.hpp). Any thread.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/api/data_file.hpp"
#include "framework/api/row_format.hpp"
#include "framework/io/record_format.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Says what stands at the front of some bytes. Each file, or piece of a cut one, is read by a copy of its own, so members may be state
/// that begins with a file; a reader with find_start() begins anywhere and has none.
template <class R>
concept FramesRecords = std::copy_constructible<R> && requires(R& reader, const Window& window) {
  { reader.next(window) } -> std::same_as<Frame>;
};

/// Large plain files are cut, and reading goes on behind damage. What find_start() says of a place depends on kMaxStartBytes at and behind
/// it only, or on its offset: of two windows that both hold a start, neither overlooks it.
template <class R>
concept FindsStarts = requires(const R& reader, const Window& window) {
  { reader.find_start(window) } -> std::convertible_to<std::size_t>;
};

/// Reader or writer has names for fields.
template <class R>
concept NamesColumns = requires(const R& own) {
  { own.columns() } -> std::convertible_to<std::vector<std::string>>;
};

/// Records of several fields.
template <class R>
concept SplitsRecords = NamesColumns<R> && requires(R& reader, std::string_view record, FieldList& fields) {
  reader.split(record, fields);
};

/// Settings that may be wrong.
template <class R>
concept ChecksItself = requires(const R& own) {
  { own.check() } -> std::same_as<Status>;
};

/// Turns the values of a row into bytes. Tasks write parts that are joined in order, so a writer is constant, and knows no end.
template <class W>
concept WritesRows = std::copy_constructible<W> && requires(const W& writer, std::span<const RowValue> row, std::string& out) {
  { writer.write(row, out) } -> std::same_as<Status>;
};

/// A reader's copy for one file.
template <FramesRecords R>
class OwnFramer final : public RecordFramer {
 public:
  explicit OwnFramer(const R& reader) : reader_(reader) {}
  Frame next(const Window& window) override { return reader_.next(window); }
  std::size_t find_start([[maybe_unused]] const Window& window) const override {
    if constexpr (FindsStarts<R>) return reader_.find_start(window);
    else return kNoStart;
  }
  void split(std::string_view record, FieldList& fields) override {
    if constexpr (SplitsRecords<R>) reader_.split(record, fields);
    else fields.text(record);
  }

 private:
  R reader_;
};

/// A reader as a format.
template <FramesRecords R>
class OwnRecordFormat final : public RecordFormat {
 public:
  explicit OwnRecordFormat(R reader) : reader_(std::move(reader)) {
    if constexpr (NamesColumns<R>) columns_ = reader_.columns();
  }
  std::unique_ptr<RecordFramer> make() const override { return std::make_unique<OwnFramer<R>>(reader_); }
  bool has_starts() const override { return FindsStarts<R>; }
  const std::vector<std::string>& columns() const override { return columns_; }
  Status check() const override {
    if constexpr (ChecksItself<R>) return reader_.check();
    else return {};
  }

 private:
  R reader_;
  std::vector<std::string> columns_;
};

/// A writer as a format.
template <WritesRows W>
class OwnRowFormat final : public RowFormat {
 public:
  explicit OwnRowFormat(W writer) : writer_(std::move(writer)) {
    if constexpr (NamesColumns<W>) columns_ = writer_.columns();
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  Status write(std::span<const RowValue> row, std::string& out) const override { return writer_.write(row, out); }
  std::string header() const override {
    if constexpr (requires { std::string(writer_.header()); }) return std::string(writer_.header());
    else return {};
  }
  std::string extension() const override {
    if constexpr (requires { std::string(writer_.extension()); }) return std::string(writer_.extension());
    else return RowFormat::extension();
  }
  Status check() const override {
    if constexpr (ChecksItself<W>) return writer_.check();
    else return {};
  }

 private:
  W writer_;
  std::vector<std::string> columns_;
};

/// Files that `reader` reads: sinter::Frame next(const sinter::Window&), and if it can size_t find_start(const sinter::Window&) const;
/// std::vector<std::string> columns() const and void split(std::string_view record, sinter::FieldList&) for records of several fields;
/// sinter::Status check() const for its settings.
template <class R>
DataFile records(std::string path, R reader) {
  constexpr bool kFits = FramesRecords<R> && (SplitsRecords<R> || !NamesColumns<R>);
  static_assert(kFits,
                "sinter: records() takes a copyable reader with sinter::Frame next(const sinter::Window&); one whose records have several "
                "fields has both std::vector<std::string> columns() const and void split(std::string_view, sinter::FieldList&).");
  DataFile file{FormatKind::Records, std::move(path), {}};
  if constexpr (kFits) {
    file.reader = std::make_shared<const OwnRecordFormat<R>>(std::move(reader));
    file.columns = file.reader->columns();
  }
  return file;
}

/// An output that `writer` writes: sinter::Status write(std::span<const sinter::RowValue>, std::string& out) const, which appends the bytes
/// of a row; and if it wants columns(), which fixes how many values a row has, header(), extension() and check(), all const.
template <class W>
DataFile written(std::string path, W writer) {
  constexpr bool kFooter = requires { writer.footer(); };
  static_assert(!kFooter, "sinter: a writer has no footer(): tasks write parts of an output, which are joined.");
  static_assert(kFooter || WritesRows<W>, "sinter: written() takes a copyable writer with "
                                          "sinter::Status write(std::span<const sinter::RowValue>, std::string&) const.");
  DataFile file{FormatKind::Records, std::move(path), {}};
  if constexpr (WritesRows<W>) {
    file.writer = std::make_shared<const OwnRowFormat<W>>(std::move(writer));
    file.columns = file.writer->columns();
  }
  return file;
}

}  // namespace sinter

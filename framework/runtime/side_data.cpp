// SideData: bytes in one string, records in a table of copies.
#include "framework/runtime/side_data.hpp"

#include <algorithm>
#include <vector>

#include "base/limits.hpp"
#include "framework/io/byte_source.hpp"
#include "framework/io/text_arena.hpp"

namespace sinter {
namespace {

constexpr std::size_t kReadBytes = 256 * kKiB;
/// Budget of the readers' own buffers, which are gone when a side input is loaded.
constexpr std::uint64_t kReaderBytes = 256 * kMiB;

/// Reserves in steps, before memory is used.
Status grow(MemoryBudget& budget, Reservation& reservation, std::uint64_t bytes) {
  if (bytes <= reservation.bytes() || reservation.resize((bytes + kReadBytes - 1) / kReadBytes * kReadBytes) || reservation.resize(bytes))
    return {};
  return user_error("there is no room for " + std::to_string(bytes) + " bytes of it in the " + std::to_string(budget.limit_bytes()) +
                    " bytes for side inputs and summaries (a quarter of execution.memory)")
      .with_hint("Raise execution.memory");
}

}  // namespace

/// Copies of records, with what they point to.
class SideData::Table {
 public:
  Table(MemoryBudget& budget, Reservation reservation) : budget_(budget), reservation_(std::move(reservation)) {}

  Status add(const Record& record) {
    std::uint64_t text_bytes = record.raw.size();
    for (const FieldView& field : record.fields) text_bytes += field.text.size();
    used_bytes_ += text_bytes + record.fields.size_bytes();
    if (records_.size() == records_.capacity()) {
      // The old place lives until the new one is filled.
      const std::size_t next = std::max<std::size_t>(16, records_.capacity() * 2);
      SINTER_TRY(grow(budget_, reservation_, used_bytes_ + (records_.capacity() + next) * sizeof(Record)));
      records_.reserve(next);
    }
    SINTER_TRY(grow(budget_, reservation_, used_bytes_ + records_.capacity() * sizeof(Record)));
    Record copy = record;
    copy.raw = text_.copy(record.raw);
    auto& fields = fields_.emplace_back(std::make_unique<FieldView[]>(record.fields.size()));
    for (std::size_t i = 0; i < record.fields.size(); ++i) fields[i] = {text_.copy(record.fields[i].text), record.fields[i].kind};
    copy.fields = {fields.get(), record.fields.size()};
    records_.push_back(copy);
    return {};
  }
  std::span<const Record> records() const { return records_; }

 private:
  MemoryBudget& budget_;
  Reservation reservation_;
  std::uint64_t used_bytes_ = 0;
  TextArena text_;
  std::vector<std::unique_ptr<FieldView[]>> fields_;
  std::vector<Record> records_;
};

SideData::SideData(FileSystem& files, const Plan& plan, const JobDefinition& job)
    : files_(files), plan_(plan), job_(job), memory_("side inputs and summaries", plan.memory.side_bytes) {}

SideData::~SideData() = default;

Result<std::uint32_t> SideData::input_named(std::string_view name) const {
  std::string known;
  for (std::uint32_t input = 0; input < job_.side_inputs.size(); ++input) {
    if (job_.side_inputs[input].name == name) return input;
    known += (input == 0 ? "; it has: " : ", ") + job_.side_inputs[input].name;
  }
  return user_error("the job declares no side input '" + std::string(name) + "'" + known);
}

Result<std::string_view> SideData::bytes(std::string_view name) {
  SINTER_ASSIGN(const std::uint32_t input, input_named(name));
  auto found = texts_.find(input);
  if (found == texts_.end()) {
    SINTER_ASSIGN(Text text, load_bytes(input).with_context("while reading side input '" + std::string(name) + "'"));
    found = texts_.emplace(input, std::move(text)).first;
  }
  return std::string_view(found->second.bytes);
}

Result<std::span<const Record>> SideData::records(std::string_view name) {
  SINTER_ASSIGN(const std::uint32_t input, input_named(name));
  auto found = tables_.find(input);
  if (found == tables_.end()) {
    SINTER_ASSIGN(std::unique_ptr<Table> table, load_records(input).with_context("while reading side input '" + std::string(name) + "'"));
    found = tables_.emplace(input, std::move(table)).first;
  }
  return found->second->records();
}

Result<std::string_view> SideData::summary(const std::string& path) {
  if (path == summary_path_) return std::string_view(summary_.bytes);
  summary_path_.clear();
  summary_ = {};
  SINTER_ASSIGN(const FileInfo info, files_.info(path));
  SINTER_ASSIGN(summary_.reservation, memory_.reserve(0, "a summary"));
  SINTER_TRY(grow(memory_, summary_.reservation, info.size_bytes).with_context("while reading the summary of a round"));
  SINTER_ASSIGN(summary_.bytes, read_file(files_, path, kMaxSummaryBytes));
  summary_path_ = path;
  return std::string_view(summary_.bytes);
}

Status SideData::check_side_file(const SideFile& side) {
  SINTER_ASSIGN(const std::uint64_t checksum, checksum_of_file(files_, side.file.path));
  if (checksum == side.checksum) return {};
  return user_error("side input file '" + side.file.path + "' changed while the job was running")
      .with_hint("Run the job again when nobody writes to its inputs");
}

Result<SideData::Text> SideData::load_bytes(std::uint32_t input) {
  Text text;
  SINTER_ASSIGN(text.reservation, memory_.reserve(0, "a side input"));
  MemoryBudget reading("the buffers of a side input", kReaderBytes);
  std::uint64_t stored_bytes = 0;
  for (const SideFile& side : plan_.side_files) stored_bytes += side.file.input == input ? side.file.size_bytes : 0;
  std::string& bytes = text.bytes;
  SINTER_TRY(grow(memory_, text.reservation, stored_bytes));
  bytes.reserve(stored_bytes);
  std::string piece(kReadBytes, '\0');
  for (const SideFile& side : plan_.side_files) {
    if (side.file.input != input) continue;
    SINTER_TRY(check_side_file(side));
    SINTER_ASSIGN(const auto source, open_byte_source(files_, reading, side.file, 0, side.file.size_bytes));
    while (true) {
      SINTER_ASSIGN(const std::size_t got, source->read(piece.data(), piece.size()));
      if (bytes.size() + got > bytes.capacity()) {
        // Only of compressed files. The old place lives until the new one is filled.
        const std::size_t next = std::max(bytes.size() + got, 2 * bytes.capacity());
        SINTER_TRY(grow(memory_, text.reservation, bytes.capacity() + next));
        bytes.reserve(next);
      }
      bytes.append(piece, 0, got);
      if (got < piece.size()) break;
    }
  }
  return text;
}

Result<std::unique_ptr<SideData::Table>> SideData::load_records(std::uint32_t input) {
  SINTER_ASSIGN(Reservation reservation, memory_.reserve(0, "a side input"));
  auto table = std::make_unique<Table>(memory_, std::move(reservation));
  MemoryBudget reading("the buffers of a side input", kReaderBytes);
  std::uint32_t ordinal = 0;
  for (const SideFile& side : plan_.side_files) {
    if (side.file.input != input) continue;
    SINTER_TRY(check_side_file(side));
    const SplitPiece whole{ordinal++, 0, side.file.size_bytes, 1};
    SINTER_ASSIGN(const auto reader, open_reader(files_, reading, side.file, whole, job_.side_inputs[input].columns));
    while (true) {
      SINTER_ASSIGN(const std::span<const Record> batch, reader->next_batch());
      if (batch.empty()) break;
      for (const Record& record : batch) {
        // A table that every task believes in has no rejects.
        if (!record.problem.empty())
          return user_error(side.file.path + (record.line == 0 ? " byte " + std::to_string(record.position.offset_bytes)
                                                       : ":" + std::to_string(record.line)) + ": " + std::string(record.problem));
        SINTER_TRY(table->add(record));
      }
    }
  }
  return table;
}

}  // namespace sinter

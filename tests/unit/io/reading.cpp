// Shared pieces of the io tests.
#include "reading.hpp"

namespace sinter::testing {

namespace {

std::string show(const FieldView& field) {
  static constexpr const char* kLetters[] = {"-:", "N:", "T:", "#:", "B:", "J:"};
  return kLetters[static_cast<std::size_t>(field.kind)] + std::string(field.text);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ReadRecord& record) {
  out << "{offset " << record.offset << ", line " << record.line << ", fields";
  for (const std::string& field : record.fields) out << " [" << field << "]";
  return out << ", problem '" << record.problem << "', raw '" << record.raw.substr(0, 200) << "'}";
}

std::vector<ColumnRequest> columns(const std::vector<std::string>& names) {
  std::vector<ColumnRequest> requests;
  for (const std::string& name : names) requests.push_back({name, true});
  return requests;
}

InputFile csv_file(const std::string& path, std::uint64_t size_bytes) {
  InputFile file;
  file.path = path;
  file.size_bytes = size_bytes;
  file.format.kind = FormatKind::Csv;
  file.format.codec = Codec::None;
  file.format.delimiter = ',';
  return file;
}

InputFile json_file(const std::string& path, std::uint64_t size_bytes) {
  InputFile file = csv_file(path, size_bytes);
  file.format.kind = FormatKind::JsonLines;
  return file;
}

Result<std::vector<ReadRecord>> read_piece(FileSystem& files, const InputFile& file, const SplitPiece& piece,
                                           const std::vector<ColumnRequest>& wanted, std::uint64_t memory_bytes) {
  MemoryBudget budget("test", memory_bytes);
  SINTER_ASSIGN(auto reader, open_reader(files, budget, file, piece, wanted));
  std::vector<ReadRecord> records;
  while (true) {
    SINTER_ASSIGN(const auto batch, reader->next_batch());
    if (batch.empty()) return records;
    require(batch.size() <= kMaxBatchRecords, "batches are bounded");
    for (const Record& record : batch) {
      ReadRecord copy;
      for (const FieldView& field : record.fields) copy.fields.push_back(show(field));
      copy.offset = record.position.offset_bytes;
      copy.line = record.line;
      copy.problem = record.problem;
      copy.raw = record.raw;
      records.push_back(std::move(copy));
    }
  }
}

Result<std::vector<ReadRecord>> read_whole(FileSystem& files, const InputFile& file, const std::vector<ColumnRequest>& wanted,
                                           std::uint64_t memory_bytes) {
  return read_piece(files, file, {0, 0, file.size_bytes, 1}, wanted, memory_bytes);
}

std::vector<ReadRecord> read_text(const std::string& text, const std::vector<std::string>& names, Format format) {
  const auto files = make_memory_file_system();
  require(write_file(*files, "t", text).ok(), "the test's file is written");
  InputFile file = csv_file("t", text.size());
  file.format = format;
  file.format.codec = Codec::None;
  if (format.kind == FormatKind::Infer) file.format.kind = FormatKind::Csv;
  if (format.delimiter == '\0') file.format.delimiter = ',';
  auto records = read_whole(*files, file, columns(names));
  if (!records.ok()) return {ReadRecord{{}, 0, 0, "ERROR " + records.error().to_string(), ""}};
  return std::move(records).value();
}

std::string random_csv(std::mt19937_64& random, std::size_t size, unsigned nastiness) {
  static constexpr std::string_view kNasty = "\"\"\"\",,,\n\n\r";
  std::string text;
  while (text.size() < size) {
    switch (random() % (10 + nastiness)) {
      case 0: text += ",\"quoted, \"\"text\"\"\n over lines\","; break;
      case 1: text += "\r\n"; break;
      case 2: text += "\n"; break;
      case 3: text += ",5\" disk,"; break;
      case 4: text += "\"abc\"def,"; break;
      case 5: text += ",\"\","; break;
      case 6: text.append(random() % 90, 'y'); break;
      case 7: case 8: case 9: text += "plain," + std::to_string(random() % 1000); break;
      default: text += kNasty[random() % kNasty.size()];
    }
  }
  text.resize(size);
  return text;
}

std::vector<ModelRow> model_rows(const std::string& text) {
  std::vector<ModelRow> rows;
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::uint64_t line = 1;
  while (at < text.size()) {
    ModelRow row;
    row.offset = at;
    row.line = line;
    bool row_open = true;
    while (row_open) {
      std::string field;
      bool quoted = false;
      bool may_open = true;
      while (true) {
        if (at == text.size()) {
          row.unterminated = quoted;
          row_open = false;
          break;
        }
        const char byte = text[at++];
        if (byte == '\n') ++line;
        if (!quoted && byte == ',') break;
        if (!quoted && byte == '\n') {
          row_open = false;
          break;
        }
        if (byte == '"' && (quoted || may_open)) {
          quoted = !quoted;
          may_open = !quoted;
        } else if (!quoted) {
          may_open = false;
        }
        field += byte;
      }
      row.raw_fields.push_back(std::move(field));
    }
    if (!row.unterminated && row.raw_fields.back().ends_with('\r')) row.raw_fields.back().pop_back();
    if (row.raw_fields.size() > 1 || !row.raw_fields[0].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sinter::testing

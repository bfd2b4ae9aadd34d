// Fuzz target: JSON lines of any bytes give records or problems, and every line that is not blank is one of them. One thread.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/file_system.hpp"
#include "framework/io/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinter;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto files = make_memory_file_system();
  if (!write_file(*files, "f", bytes).ok()) std::abort();
  InputFile file;
  file.path = "f";
  file.size_bytes = bytes.size();
  file.format.kind = FormatKind::JsonLines;
  file.format.codec = Codec::None;
  MemoryBudget budget("fuzz", 64u << 20);
  const SplitPiece piece{0, 0, file.size_bytes, 1};
  auto reader = open_reader(*files, budget, file, piece, {{"a", true}, {"b.c", true}, {"b", true}, {"d[1]", true}, {"a\\.b", true}});
  if (!reader.ok()) std::abort();
  (void)read_columns(*files, file);
  std::size_t records = 0;
  while (true) {
    auto batch = (*reader)->next_batch();
    if (!batch.ok()) return 0;  // UTF-16 is refused as a whole
    if (batch->empty()) break;
    for (const Record& record : *batch) {
      ++records;
      std::size_t total = record.raw.size() + record.problem.size();
      for (const FieldView& field : record.fields)
        total += field.text.size() + (field.text.empty() ? 0 : static_cast<unsigned char>(field.text.back()));
      if (total == ~std::size_t{0}) std::abort();  // reads every byte that was handed out
    }
  }
  std::size_t lines = 0;
  std::string_view rest = std::string_view(bytes).substr(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // files put together leave their marks in the middle
    lines += line.find_first_not_of(" \t\r") == std::string_view::npos ? 0 : 1;
  }
  if (records != lines) std::abort();
  return 0;
}

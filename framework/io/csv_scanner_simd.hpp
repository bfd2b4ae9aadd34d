// The SIMD side of csv_scanner.hpp, which owns the contracts. Private to the scanner; any thread.
#pragma once

#include "framework/io/csv_scanner.hpp"

namespace sinter::csv {

CsvState scan_simd(const CsvDialect& dialect, CsvState state, std::string_view bytes, std::size_t from, CsvIndex& index);
void extend_chunk_simd(const CsvDialect& dialect, std::string_view bytes, CsvChunk& chunk);

}  // namespace sinter::csv

// Fuzz target: any bytes as a run file, read as summary, as ranges and as groups. Must end without a crash, hang or huge allocation.
// The first byte picks whether checksums are repaired before reading, so that the decoders behind them are reached too.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "shuffle/merge/group_cursor.hpp"
#include "shuffle/run/run_layout.hpp"

namespace sinter {
namespace {

void put(std::string& run, std::size_t at, std::uint64_t value) {
  run.replace(at, sizeof(value), reinterpret_cast<const char*>(&value), sizeof(value));
}

/// Repairs magic, footer and index, and the checksum of each block that the index can place.
void reseal(std::string& run) {
  if (run.size() < kRunMagic.size() + 8 + kRunFooterBytes) return;
  run.replace(0, kRunMagic.size(), kRunMagic);
  run.replace(run.size() - kRunEndMagic.size(), kRunEndMagic.size(), kRunEndMagic);
  const std::size_t end = run.size() - kRunFooterBytes;
  const auto index_offset = load_fixed<std::uint64_t>(run.data() + end);
  if (index_offset <= end && end - index_offset >= 8) {
    put(run, index_offset, checksum64(std::string_view(run).substr(index_offset + 8, end - index_offset - 8)));
    ByteReader reader(std::string_view(run).substr(index_offset + 8, end - index_offset - 8));
    std::uint64_t offset = kRunMagic.size();
    std::uint64_t stored = 0;
    std::uint64_t number = 0;
    std::string_view key;
    while (reader.read_varint(stored) && reader.read_varint(number) && reader.read_varint(number) && reader.read_sized(key) &&
           reader.read_varint(number) && stored <= index_offset && offset + kBlockHeaderBytes + stored <= index_offset) {
      const std::string_view block = std::string_view(run).substr(offset, kBlockHeaderBytes + stored);
      put(run, offset, hash64(block.substr(kBlockHeaderBytes), checksum64(block.substr(8, kBlockHeaderBytes - 8))));
      offset += kBlockHeaderBytes + stored;
    }
  }
  put(run, end + 48, checksum64(std::string_view(run).substr(end, 48)));
}

void read_groups(FileSystem& files, const KeyRange& range) {
  MemoryBudget budget("fuzz.memory", 64 << 20);
  MergeOptions options;
  options.run_paths = {"/run", "/run"};
  options.range = range;
  options.spill_directory = "/scratch";
  const auto cursor = GroupCursor::open(files, budget, options);
  if (!cursor.ok()) return;
  while (true) {
    const auto group = (*cursor)->next_group();
    if (!group.ok() || !*group) return;
    while (true) {
      const auto value = (*cursor)->next_value();
      if (!value.ok()) return;
      if (!*value) break;
    }
  }
}

}  // namespace
}  // namespace sinter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinter;
  if (size == 0) return 0;
  std::string run(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) reseal(run);
  const auto files = make_memory_file_system();
  if (!write_file(*files, "/run", run).ok()) return 0;
  const auto summary = read_run_summary(*files, "/run");
  if (summary.ok()) (void)cut_ranges({&*summary}, 64, 8);
  read_groups(*files, {});
  read_groups(*files, {"b", "c"});
  return 0;
}

// AnnouncedReads: what a ReadableFile may be beside: one that wants to know what will be read, because reading takes long. One thread.
#pragma once

#include <cstdint>

namespace sinter {

/// Found by dynamic_cast on a file, once for each reader: files of this host have no use for it.
class AnnouncedReads {
 public:
  virtual ~AnnouncedReads() = default;
  /// These bytes will be read one behind the other, and none behind them. A hint; the last one counts.
  virtual void will_read(std::uint64_t offset, std::uint64_t size) const = 0;
};

}  // namespace sinter

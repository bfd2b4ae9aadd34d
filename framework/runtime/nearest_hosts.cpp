// nearest_hosts(): bytes of blocks summed up by range and host.
#include "framework/runtime/nearest_hosts.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/assert.hpp"

namespace sinter {

std::vector<HostId> nearest_hosts(const std::vector<RunSummary>& runs, const std::vector<HostId>& hosts,
                                  const std::vector<KeyRange>& ranges) {
  require(runs.size() == hosts.size(), "each run has its host");
  std::set<HostId> known(hosts.begin(), hosts.end());
  known.erase(0);
  if (known.size() < 2) return {};
  const std::vector<HostId> columns(known.begin(), known.end());
  std::vector<std::uint64_t> bytes(ranges.size() * columns.size(), 0);
  for (std::size_t run = 0; run < runs.size(); ++run) {
    if (hosts[run] == 0) continue;
    const auto column = static_cast<std::size_t>(std::lower_bound(columns.begin(), columns.end(), hosts[run]) - columns.begin());
    for (const BlockEntry& block : runs[run].blocks) {
      const std::string_view group = std::string_view(block.first_key).substr(0, block.first_group_size);
      const auto after = std::upper_bound(ranges.begin(), ranges.end(), group,
                                          [](std::string_view key, const KeyRange& range) { return key < range.begin; });
      const std::size_t range = after == ranges.begin() ? 0 : static_cast<std::size_t>(after - ranges.begin()) - 1;
      bytes[range * columns.size() + column] += block.raw_bytes;
    }
  }
  std::vector<HostId> nearest(ranges.size(), 0);
  for (std::size_t range = 0; range < ranges.size(); ++range) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(range * columns.size());
    const auto most = std::max_element(first, first + static_cast<std::ptrdiff_t>(columns.size()));
    if (*most > 0) nearest[range] = columns[static_cast<std::size_t>(most - first)];
  }
  return nearest;
}

}  // namespace sinter

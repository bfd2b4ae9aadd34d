// Files of another host, read through a FetchQueue: opening them. A file is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "shuffle/exchange/fetch_queue.hpp"

namespace sinter {

/// The two pieces that an opening asks for: the first bytes and the last ones. Formats have their magic and their index there.
struct OpeningFetch {
  FetchPtr head;
  FetchPtr tail;
};

/// Submits nothing. Nothing when the budget has no room for `tail_bytes`.
std::optional<OpeningFetch> plan_opening(FetchQueue& queue, const std::string& endpoint, const std::string& name, std::uint64_t tail_bytes);
/// Waits for the opening, which was submitted.
Result<std::unique_ptr<ReadableFile>> finish_opening(std::shared_ptr<FetchQueue> queue, OpeningFetch opening);

}  // namespace sinter

// RLIMIT_DATA: private writable memory, whether touched or not; files mapped for reading do not count.
#include "framework/runtime/memory_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace sinter {

std::uint64_t memory_limit_bytes(std::uint64_t worker_bytes) { return 2 * worker_bytes + kMemoryBesideBudget; }

void limit_memory(std::uint64_t worker_bytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, memory_limit_bytes(worker_bytes));
  // A machine without this limit runs jobs all the same.
  (void)::setrlimit(RLIMIT_DATA, &limit);
#else
  (void)worker_bytes;
#endif
}

}  // namespace sinter

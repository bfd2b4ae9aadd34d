// The memory of a process that runs an author's code is limited, so that a map or reduce that grows without end fails where it is, with its
// record, instead of taking the machine along. Called once, before the code runs.
#pragma once

#include <cstdint>
#include <string>

namespace sinter {

/// Beside twice execution.memory: what libraries, threads and an author's own tables may take.
inline constexpr std::uint64_t kMemoryBesideBudget = 1u << 30;

/// What a process may allocate.
std::uint64_t memory_limit_bytes(std::uint64_t worker_bytes);
/// Makes further allocations fail (std::bad_alloc) beyond memory_limit_bytes(). Does nothing under a sanitizer, which maps terabytes.
void limit_memory(std::uint64_t worker_bytes);

}  // namespace sinter

// Named limits shared by several layers. An error that refuses something names the constant and its value.
// Constants only; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sinter {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// One input record (a CSV row, a JSON line) or one shuffle value. Larger ones are rejected with their position, never cut.
inline constexpr std::uint64_t kMaxRecordBytes = 64 * kMiB;
/// One encoded key. Keys are compared and copied all the time; a larger one is almost always a wrong column.
inline constexpr std::uint64_t kMaxKeyBytes = 64 * kKiB;
/// Columns of one table or fields of one record.
inline constexpr std::size_t kMaxColumns = 16384;
/// Nesting of a JSON value.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// Uncompressed bytes of one LZ4 block. Run blocks are far smaller; one record may fill a block alone.
inline constexpr std::size_t kMaxCompressedBlockBytes = std::size_t{1} << 30;
/// Usual payload of a run block before compression.
inline constexpr std::size_t kDefaultRunBlockBytes = 128 * kKiB;
/// Runs merged at once; more are merged in passes, so that open files and buffers stay bounded.
inline constexpr std::size_t kMaxRunFanIn = 64;

/// Body of one message between processes, for bulk data.
inline constexpr std::uint64_t kMaxMessageBytes = 64 * kMiB;
/// Messages and bytes that wait for a peer's acknowledgement before send() refuses more.
inline constexpr std::size_t kMaxQueuedMessages = 4096;
inline constexpr std::uint64_t kMaxQueuedBytes = 128 * kMiB;
/// Peers of one listener.
inline constexpr std::size_t kMaxPeers = 16384;

/// A job file; larger ones are refused before parsing.
inline constexpr std::uint64_t kMaxJobFileBytes = kMiB;
/// Files that one glob may give.
inline constexpr std::size_t kMaxGlobMatches = 1'000'000;
/// Directories below one another that `**` follows (a symbolic link may point upwards).
inline constexpr std::size_t kMaxGlobDepth = 64;

}  // namespace sinter

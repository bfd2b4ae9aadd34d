// The bytes of the exchange: a request for pieces of files, and its answer in one frame (docs/formats/exchange.md). Stateless; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"

namespace sinter {

inline constexpr std::uint16_t kExchangeMagic = 0x5853;  // "SX"
inline constexpr std::uint8_t kExchangeVersion = 2;
inline constexpr std::size_t kExchangeHeaderBytes = 32;
/// In an answer, for each piece.
inline constexpr std::size_t kPieceResultBytes = 24;
/// Name of a file between hosts.
inline constexpr std::size_t kMaxExchangeNameBytes = 512;
/// Pieces of one request, and so of one answer.
inline constexpr std::size_t kMaxExchangePieces = 512;
inline constexpr std::size_t kMaxExchangeRequestBytes = 64 * kKiB;
/// File bytes in one answer.
inline constexpr std::uint64_t kMaxExchangeFrameBytes = 2 * kMiB;
inline constexpr std::uint64_t kMaxExchangeAnswerBytes =
    kExchangeHeaderBytes + kMaxExchangePieces * kPieceResultBytes + kMaxExchangeFrameBytes;

/// How the data of an answer travel.
enum class ExchangeCodec : std::uint8_t { None = 0, Lz4 = 1, Zstd = 2 };

/// What is asked of one file. With no bytes it asks for size and version alone.
struct ExchangePiece {
  std::string name;             ///< see good_exchange_name()
  bool from_end = false;        ///< the last `size_bytes`, or the whole of a smaller file; offset is 0
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0; ///< at most kMaxExchangeFrameBytes, over all pieces of a request
  std::uint64_t version = 0;    ///< as an earlier answer told; another file under this name is refused. 0: any
  friend bool operator==(const ExchangePiece&, const ExchangePiece&) = default;
};

struct ExchangeRequest {
  std::uint64_t id = 0;
  std::vector<ExchangePiece> pieces;
  ExchangeCodec codec = ExchangeCodec::None;  ///< that the answer may have, if it becomes smaller by it
  friend bool operator==(const ExchangeRequest&, const ExchangeRequest&) = default;
};

enum class PieceStatus : std::uint32_t {
  Good = 0,
  Unknown = 1,  ///< no file is served under this name
  Changed = 2,  ///< there is one, and it has another version
  Failed = 3,   ///< it could not be read there
};

struct PieceResult {
  PieceStatus status = PieceStatus::Good;
  std::uint32_t size_bytes = 0;       ///< of the data: fewer than asked only at the end of the file
  std::uint64_t file_bytes = 0;
  std::uint64_t version = 0;          ///< of the file; never 0 for a good piece
  friend bool operator==(const PieceResult&, const PieceResult&) = default;
};

/// An answer as read; `data` borrows from its bytes, or from `unpacked`; pieces lie one behind the other.
struct ExchangeAnswer {
  std::uint64_t id = 0;
  bool busy = false;                  ///< nothing was read: ask again later
  std::vector<PieceResult> pieces;
  std::string_view data;
  std::uint64_t carried_bytes = 0;    ///< of data, as they travelled
  std::shared_ptr<const char[]> unpacked;  ///< of one that came compressed
};

/// 1 to kMaxExchangeNameBytes printable ASCII characters without spaces and quotes, parts between slashes that are not empty, "." or "..".
bool good_exchange_name(std::string_view name);

/// Requires: at most kMaxExchangePieces with good names, together at most kMaxExchangeRequestBytes.
std::string encode_exchange_request(const ExchangeRequest& request);
/// Bytes that a piece takes in a request at most.
std::size_t request_bytes(const ExchangePiece& piece);
/// Nothing when the bytes are not exactly a request within all limits. Safe on hostile bytes.
std::optional<ExchangeRequest> decode_exchange_request(std::string_view bytes);

/// Where the data of an answer begins.
constexpr std::size_t exchange_data_offset(std::size_t pieces) { return kExchangeHeaderBytes + pieces * kPieceResultBytes; }
/// Writes header and results in front of data that lies at exchange_data_offset() of `frame` already, and seals all of it.
/// Requires: results whose sizes add up to the data.
void seal_exchange_answer(std::uint64_t id, const std::vector<PieceResult>& results, char* frame, std::size_t frame_bytes);
/// A sealed answer, its data compressed: writes it to `to`, which has room for as many bytes, and returns its size. 0: that would save
/// less than a tenth. The checksum stays that of the answer as it was.
std::size_t pack_exchange_answer(std::string_view answer, ExchangeCodec codec, char* to);
/// The answer of a server that takes no more at the moment.
std::string encode_exchange_busy(std::uint64_t id);
/// Nothing when the bytes are not exactly an answer. Safe on hostile bytes: what is compressed gets no more memory than an answer may
/// have, after its lengths were looked at. Cost: a checksum over all data.
std::optional<ExchangeAnswer> decode_exchange_answer(std::string_view bytes);

}  // namespace sinter

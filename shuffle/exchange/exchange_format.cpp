// Encoding and checking of requests and answers; every count read is bounded before it is believed. Any thread.
#include "shuffle/exchange/exchange_format.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace sinter {
namespace {

enum class MessageType : std::uint8_t { Request = 0, Answer = 1, Busy = 2 };

struct Header {
  std::uint16_t magic = kExchangeMagic;
  std::uint8_t version = kExchangeVersion;
  MessageType type = MessageType::Request;
  std::uint32_t pieces = 0;
  std::uint64_t checksum = 0;
  std::uint64_t id = 0;
  std::uint64_t data_bytes = 0;
};
static_assert(sizeof(Header) == kExchangeHeaderBytes);
static_assert(sizeof(PieceResult) == kPieceResultBytes);

constexpr std::size_t kChecksumAt = 8;
constexpr std::size_t kCheckedAt = 16;
/// A piece of a request has five bytes at least, and its version.
constexpr std::size_t kPieceFixedBytes = 1 + sizeof(std::uint64_t);
constexpr std::size_t kMaxVarintBytes = 10;

/// Over everything but itself: what is in front of it is the seed.
std::uint64_t checksum_of(std::string_view message) {
  return hash64(message.substr(kCheckedAt), load_fixed<std::uint64_t>(message.data()));
}

void seal(Header header, char* message, std::size_t size) {
  std::memcpy(message, &header, sizeof(header));
  const std::uint64_t checksum = checksum_of({message, size});
  std::memcpy(message + kChecksumAt, &checksum, sizeof(checksum));
}

/// The header when it belongs to these bytes.
std::optional<Header> open_message(std::string_view message) {
  if (message.size() < kExchangeHeaderBytes) return std::nullopt;
  const auto header = load_fixed<Header>(message.data());
  if (header.magic != kExchangeMagic || header.version != kExchangeVersion || header.pieces > kMaxExchangePieces ||
      header.data_bytes > kMaxExchangeFrameBytes || header.checksum != checksum_of(message)) {
    return std::nullopt;
  }
  return header;
}

bool read_piece(ByteReader& reader, std::string_view last_name, ExchangePiece& piece) {
  std::string_view name;
  std::uint8_t from_end = 0;
  if (!reader.read_sized(name) || !reader.read_fixed(from_end) || !reader.read_varint(piece.offset) ||
      !reader.read_varint(piece.size_bytes) || !reader.read_fixed(piece.version)) {
    return false;
  }
  if (from_end > 1 || (from_end == 1 && piece.offset != 0) || piece.size_bytes > kMaxExchangeFrameBytes) return false;
  piece.from_end = from_end == 1;
  piece.name = name.empty() ? last_name : name;
  return good_exchange_name(piece.name);
}

}  // namespace

bool good_exchange_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxExchangeNameBytes) return false;
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~' && c != '\'' && c != '"'; });
  if (!printable) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

std::size_t request_bytes(const ExchangePiece& piece) { return piece.name.size() + 3 * kMaxVarintBytes + kPieceFixedBytes; }

std::string encode_exchange_request(const ExchangeRequest& request) {
  require(request.pieces.size() <= kMaxExchangePieces, "a request of the exchange has a bounded number of pieces");
  std::string message(kExchangeHeaderBytes, '\0');
  Header header;
  header.pieces = static_cast<std::uint32_t>(request.pieces.size());
  header.id = request.id;
  std::string_view last_name;
  for (const ExchangePiece& piece : request.pieces) {
    append_sized(message, piece.name == last_name ? std::string_view() : std::string_view(piece.name));
    append_fixed(message, static_cast<std::uint8_t>(piece.from_end ? 1 : 0));
    append_varint(message, piece.offset);
    append_varint(message, piece.size_bytes);
    append_fixed(message, piece.version);
    header.data_bytes += piece.size_bytes;
    last_name = piece.name;
  }
  require(message.size() <= kMaxExchangeRequestBytes && header.data_bytes <= kMaxExchangeFrameBytes,
          "a request of the exchange keeps its limits");
  seal(header, message.data(), message.size());
  return message;
}

std::optional<ExchangeRequest> decode_exchange_request(std::string_view bytes) {
  if (bytes.size() > kMaxExchangeRequestBytes) return std::nullopt;
  const std::optional<Header> header = open_message(bytes);
  if (!header || header->type != MessageType::Request || header->pieces == 0) return std::nullopt;
  ExchangeRequest request;
  request.id = header->id;
  request.pieces.resize(header->pieces);
  ByteReader reader(bytes.substr(kExchangeHeaderBytes));
  std::string_view last_name;
  std::uint64_t wanted = 0;
  for (ExchangePiece& piece : request.pieces) {
    if (!read_piece(reader, last_name, piece)) return std::nullopt;
    last_name = piece.name;
    wanted += piece.size_bytes;
  }
  if (!reader.at_end() || wanted != header->data_bytes) return std::nullopt;
  return request;
}

void seal_exchange_answer(std::uint64_t id, const std::vector<PieceResult>& results, char* frame, std::size_t frame_bytes) {
  Header header;
  header.type = MessageType::Answer;
  header.pieces = static_cast<std::uint32_t>(results.size());
  header.id = id;
  header.data_bytes = frame_bytes - exchange_data_offset(results.size());
  if (!results.empty()) std::memcpy(frame + kExchangeHeaderBytes, results.data(), results.size() * kPieceResultBytes);
  seal(header, frame, frame_bytes);
}

std::string encode_exchange_busy(std::uint64_t id) {
  std::string message(kExchangeHeaderBytes, '\0');
  Header header;
  header.type = MessageType::Busy;
  header.id = id;
  seal(header, message.data(), message.size());
  return message;
}

std::optional<ExchangeAnswer> decode_exchange_answer(std::string_view bytes) {
  if (bytes.size() > kMaxExchangeAnswerBytes) return std::nullopt;
  const std::optional<Header> header = open_message(bytes);
  if (!header || header->type == MessageType::Request || header->type > MessageType::Busy) return std::nullopt;
  ExchangeAnswer answer;
  answer.id = header->id;
  answer.busy = header->type == MessageType::Busy;
  const std::size_t data_at = exchange_data_offset(header->pieces);
  if (answer.busy != (header->pieces == 0) || bytes.size() < data_at || bytes.size() - data_at != header->data_bytes) return std::nullopt;
  answer.data = bytes.substr(data_at);
  answer.pieces.reserve(header->pieces);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < header->pieces; ++i) {
    const auto result = load_fixed<PieceResult>(bytes.data() + exchange_data_offset(i));
    const bool good = result.status == PieceStatus::Good;
    if (result.status > PieceStatus::Failed || (good ? result.version == 0 : result.size_bytes != 0) ||
        result.size_bytes > result.file_bytes) {
      return std::nullopt;
    }
    total += result.size_bytes;
    answer.pieces.push_back(result);
  }
  if (total != answer.data.size()) return std::nullopt;
  return answer;
}

}  // namespace sinter

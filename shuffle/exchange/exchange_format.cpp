// Encoding and checking of requests and answers; every count read is bounded before it is believed. Any thread.
#include "shuffle/exchange/exchange_format.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/compression.hpp"

namespace sinter {
namespace {

enum class MessageType : std::uint8_t { Request = 0, Answer = 1, Busy = 2 };

struct Header {
  std::uint16_t magic = kExchangeMagic;
  std::uint8_t version = kExchangeVersion;
  MessageType type = MessageType::Request;
  std::uint16_t pieces = 0;
  ExchangeCodec codec = ExchangeCodec::None;
  std::uint8_t zero = 0;
  std::uint64_t checksum = 0;
  std::uint64_t id = 0;
  std::uint32_t data_bytes = 0;
  std::uint32_t carried_bytes = 0;  // of data, behind the results of an answer
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

/// What may be a header: its checksum was not looked at.
std::optional<Header> read_header(std::string_view message) {
  if (message.size() < kExchangeHeaderBytes) return std::nullopt;
  const auto header = load_fixed<Header>(message.data());
  if (header.magic != kExchangeMagic || header.version != kExchangeVersion || header.pieces > kMaxExchangePieces ||
      header.data_bytes > kMaxExchangeFrameBytes || header.codec > ExchangeCodec::Zstd || header.zero != 0) {
    return std::nullopt;
  }
  return header;
}

/// The header when it belongs to these bytes.
std::optional<Header> open_message(std::string_view message) {
  const std::optional<Header> header = read_header(message);
  return header && header->checksum == checksum_of(message) ? header : std::nullopt;
}

/// The answer as it was before it was packed; nothing when it cannot be one.
std::shared_ptr<const char[]> unpack_answer(Header header, std::string_view message) {
  const std::size_t data_at = exchange_data_offset(header.pieces);
  // Lengths first: memory is taken for an answer within its limits only.
  if (header.type != MessageType::Answer || message.size() < data_at || message.size() - data_at != header.carried_bytes ||
      header.carried_bytes >= header.data_bytes) {
    return nullptr;
  }
  std::shared_ptr<char[]> plain = std::make_shared_for_overwrite<char[]>(data_at + header.data_bytes);
  const std::string_view carried = message.substr(data_at);
  const auto decompress = header.codec == ExchangeCodec::Lz4
                              ? static_cast<Status (*)(std::string_view, char*, std::size_t)>(lz4_decompress)
                              : zstd_decompress;
  if (!decompress(carried, plain.get() + data_at, header.data_bytes).ok()) return nullptr;
  header.codec = ExchangeCodec::None;
  header.carried_bytes = header.data_bytes;
  std::memcpy(plain.get(), &header, sizeof(header));
  std::memcpy(plain.get() + sizeof(header), message.data() + sizeof(header), data_at - sizeof(header));
  return plain;
}

std::optional<ExchangeAnswer> read_answer(std::string_view bytes) {
  const std::optional<Header> header = open_message(bytes);
  if (!header || header->type == MessageType::Request || header->type > MessageType::Busy || header->codec != ExchangeCodec::None) {
    return std::nullopt;
  }
  ExchangeAnswer answer;
  answer.id = header->id;
  answer.busy = header->type == MessageType::Busy;
  const std::size_t data_at = exchange_data_offset(header->pieces);
  if (answer.busy != (header->pieces == 0) || bytes.size() < data_at || bytes.size() - data_at != header->data_bytes ||
      header->carried_bytes != header->data_bytes) {
    return std::nullopt;
  }
  answer.data = bytes.substr(data_at);
  answer.carried_bytes = header->carried_bytes;
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
  header.pieces = static_cast<std::uint16_t>(request.pieces.size());
  header.codec = request.codec;
  header.id = request.id;
  std::string_view last_name;
  std::uint64_t wanted = 0;
  for (const ExchangePiece& piece : request.pieces) {
    append_sized(message, piece.name == last_name ? std::string_view() : std::string_view(piece.name));
    append_fixed(message, static_cast<std::uint8_t>(piece.from_end ? 1 : 0));
    append_varint(message, piece.offset);
    append_varint(message, piece.size_bytes);
    append_fixed(message, piece.version);
    wanted += piece.size_bytes;
    last_name = piece.name;
  }
  require(message.size() <= kMaxExchangeRequestBytes && wanted <= kMaxExchangeFrameBytes, "a request of the exchange keeps its limits");
  header.data_bytes = static_cast<std::uint32_t>(wanted);
  seal(header, message.data(), message.size());
  return message;
}

std::optional<ExchangeRequest> decode_exchange_request(std::string_view bytes) {
  if (bytes.size() > kMaxExchangeRequestBytes) return std::nullopt;
  const std::optional<Header> header = open_message(bytes);
  if (!header || header->type != MessageType::Request || header->pieces == 0 || header->carried_bytes != 0) return std::nullopt;
  ExchangeRequest request;
  request.id = header->id;
  request.codec = header->codec;
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
  header.pieces = static_cast<std::uint16_t>(results.size());
  header.id = id;
  header.data_bytes = static_cast<std::uint32_t>(frame_bytes - exchange_data_offset(results.size()));
  header.carried_bytes = header.data_bytes;
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

std::size_t pack_exchange_answer(std::string_view answer, ExchangeCodec codec, char* to) {
  auto header = load_fixed<Header>(answer.data());
  const std::size_t data_at = exchange_data_offset(header.pieces);
  const std::string_view data = answer.substr(data_at);
  const std::size_t room = data.size() - data.size() / 10;
  if (codec == ExchangeCodec::None || room == data.size()) return 0;
  const auto compress = codec == ExchangeCodec::Lz4 ? lz4_compress_into : zstd_compress_into;
  const std::size_t carried = compress(data, to + data_at, room);
  if (carried == 0) return 0;
  header.codec = codec;
  header.carried_bytes = static_cast<std::uint32_t>(carried);
  std::memcpy(to, &header, sizeof(header));
  std::memcpy(to + sizeof(header), answer.data() + sizeof(header), data_at - sizeof(header));
  return data_at + carried;
}

std::optional<ExchangeAnswer> decode_exchange_answer(std::string_view bytes) {
  if (bytes.size() > kMaxExchangeAnswerBytes) return std::nullopt;
  const std::optional<Header> header = read_header(bytes);
  if (!header || header->codec == ExchangeCodec::None) return read_answer(bytes);
  const std::shared_ptr<const char[]> plain = unpack_answer(*header, bytes);
  if (plain == nullptr) return std::nullopt;
  std::optional<ExchangeAnswer> answer = read_answer({plain.get(), exchange_data_offset(header->pieces) + header->data_bytes});
  if (!answer) return std::nullopt;
  answer->carried_bytes = header->carried_bytes;
  answer->unpacked = plain;
  return answer;
}

}  // namespace sinter

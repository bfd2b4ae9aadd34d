// Encoding and checking of frame headers. Any thread.
#include "base/net/frame.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace sinter::net {
namespace {

constexpr std::size_t kMagicAt = 0, kVersionAt = 2, kTypeAt = 3, kKindAt = 4, kReservedAt = 6, kBodySizeAt = 8, kChecksumAt = 12,
                      kSessionAt = 16, kIdAt = 24, kAckAt = 28;

template <class T>
void store(HeaderBytes& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

/// Over the header with a zero checksum field, seeded by the body's checksum: one number that covers both.
std::uint32_t frame_checksum(HeaderBytes bytes, std::uint64_t body_checksum) {
  store(bytes, kChecksumAt, std::uint32_t{0});
  return static_cast<std::uint32_t>(hash64({bytes.data(), bytes.size()}, body_checksum));
}

}  // namespace

HeaderBytes encode_frame_header(const FrameHeader& header, std::size_t body_size, std::uint64_t body_checksum) {
  require(body_size <= UINT32_MAX, "a frame's body size fits 32 bits");
  HeaderBytes bytes{};
  store(bytes, kMagicAt, kFrameMagic);
  store(bytes, kVersionAt, kFrameVersion);
  store(bytes, kTypeAt, header.type);
  store(bytes, kKindAt, header.kind);
  store(bytes, kBodySizeAt, static_cast<std::uint32_t>(body_size));
  store(bytes, kSessionAt, header.session);
  store(bytes, kIdAt, header.id);
  store(bytes, kAckAt, header.ack);
  store(bytes, kChecksumAt, frame_checksum(bytes, body_checksum));
  return bytes;
}

std::string_view to_string(FrameProblem problem) {
  switch (problem) {
    case FrameProblem::TooShort: return "shorter than a header, or in several parts";
    case FrameProblem::WrongMagic: return "no sinter frame";
    case FrameProblem::WrongVersion: return "another protocol version";
    case FrameProblem::UnknownType: return "unknown frame type";
    case FrameProblem::ReservedSet: return "reserved bytes are not zero";
    case FrameProblem::WrongSize: return "the size in the header is not that of the body";
    case FrameProblem::WrongChecksum: return "wrong checksum";
  }
  return "damaged";
}

std::optional<FrameProblem> decode_frame(std::string_view head, std::string_view body, FrameHeader& header) {
  if (head.size() != kFrameHeaderBytes) return FrameProblem::TooShort;
  const char* from = head.data();
  if (load_fixed<std::uint16_t>(from + kMagicAt) != kFrameMagic) return FrameProblem::WrongMagic;
  if (load_fixed<std::uint8_t>(from + kVersionAt) != kFrameVersion) return FrameProblem::WrongVersion;
  const auto type = load_fixed<std::uint8_t>(from + kTypeAt);
  if (type > static_cast<std::uint8_t>(FrameType::Close)) return FrameProblem::UnknownType;
  if (load_fixed<std::uint16_t>(from + kReservedAt) != 0) return FrameProblem::ReservedSet;
  if (load_fixed<std::uint32_t>(from + kBodySizeAt) != body.size()) return FrameProblem::WrongSize;
  HeaderBytes bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  if (load_fixed<std::uint32_t>(from + kChecksumAt) != frame_checksum(bytes, checksum64(body))) return FrameProblem::WrongChecksum;
  header.type = static_cast<FrameType>(type);
  header.kind = load_fixed<std::uint16_t>(from + kKindAt);
  header.session = load_fixed<std::uint64_t>(from + kSessionAt);
  header.id = load_fixed<std::uint32_t>(from + kIdAt);
  header.ack = load_fixed<std::uint32_t>(from + kAckAt);
  return std::nullopt;
}

}  // namespace sinter::net

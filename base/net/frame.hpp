// Frames: the 32-byte header before every body on the wire (docs/formats/wire.md). Stateless; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sinter::net {

inline constexpr std::uint16_t kFrameMagic = 0x4e53;  // "SN"
inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 32;

enum class FrameType : std::uint8_t {
  Data = 0,    ///< a message, and an acknowledgement of what came the other way
  Ack = 1,     ///< an acknowledgement alone; also the heartbeat
  Open = 2,    ///< connection -> listener: begin this session
  Opened = 3,  ///< listener -> connection: the session exists
  Reset = 4,   ///< listener -> connection: this session does not exist here (any more)
  Close = 5,   ///< either way: the sender ends the session
};

struct FrameHeader {
  FrameType type = FrameType::Data;
  std::uint16_t kind = 0;       ///< Message::kind of Data, else 0
  std::uint64_t session = 0;    ///< chosen at random by the connection, the same in both directions
  std::uint32_t id = 0;         ///< low half of the message's id; ids count from 1 for each session and direction. 0 unless Data
  std::uint32_t ack = 0;        ///< low half of the last id that was received without a gap
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

using HeaderBytes = std::array<char, kFrameHeaderBytes>;

/// `body_checksum` is checksum64(body). Requires: body_size < 2^32.
HeaderBytes encode_frame_header(const FrameHeader& header, std::size_t body_size, std::uint64_t body_checksum);

enum class FrameProblem : std::uint8_t { TooShort, WrongMagic, WrongVersion, UnknownType, ReservedSet, WrongSize, WrongChecksum };

std::string_view to_string(FrameProblem problem);

/// Decodes and checks everything; `header` is filled only when nothing is wrong. Safe on hostile bytes.
std::optional<FrameProblem> decode_frame(std::string_view head, std::string_view body, FrameHeader& header);

}  // namespace sinter::net

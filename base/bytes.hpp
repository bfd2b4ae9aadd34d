// Bytes on disk and on the wire: varints, fixed-width integers, a bounds-checked reader.
// Byte strings are std::string (owned) and std::string_view (borrowed) throughout sinter. Stateless; any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace [[gnu::visibility("default")]] sinter {

static_assert(std::endian::native == std::endian::little, "sinter's formats are written for little-endian hosts");

/// Appends `value` as LEB128, 1 to 10 bytes.
inline void append_varint(std::string& out, std::uint64_t value) {
  char buffer[10];
  std::size_t size = 0;
  while (value >= 0x80) {
    buffer[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  buffer[size++] = static_cast<char>(value);
  out.append(buffer, size);
}

/// Bytes that append_varint() would write.
inline std::size_t varint_size(std::uint64_t value) {
  return value == 0 ? 1 : static_cast<std::size_t>((std::bit_width(value) + 6) / 7);
}

/// Maps small signed numbers of either sign to small unsigned ones.
inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
/// The inverse of zigzag().
inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Appends a trivially copyable value in host (little-endian) order.
template <class T>
  requires std::is_trivially_copyable_v<T>
void append_fixed(std::string& out, T value) {
  char buffer[sizeof(T)];
  std::memcpy(buffer, &value, sizeof(T));
  out.append(buffer, sizeof(T));
}

/// Appends varint(size) and the bytes.
inline void append_sized(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

/// What append_fixed() wrote. Requires: sizeof(T) bytes at `from`.
template <class T>
  requires std::is_trivially_copyable_v<T>
T load_fixed(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// Eight bytes whose memcmp order is the order of the number. Requires: 8 bytes at `from`.
inline std::uint64_t load_big_endian_u64(const char* from) { return __builtin_bswap64(load_fixed<std::uint64_t>(from)); }

/// Reads what the append functions wrote, never past the end: every read says whether it succeeded, and a failed
/// reader stays failed. Safe on hostile bytes.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool failed() const { return failed_; }
  bool at_end() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, remaining()}; }

  bool read_varint(std::uint64_t& value) {
    // Nearly all varints are small; the loop would cost more than what is read.
    if (at_ < end_ && static_cast<unsigned char>(*at_) < 0x80) [[likely]] {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return fail();
  }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  bool read_fixed(T& value) {
    if (remaining() < sizeof(T)) return fail();
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }

  /// Borrows `size` bytes.
  bool read_bytes(std::size_t size, std::string_view& bytes) {
    if (remaining() < size) return fail();
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  /// What append_sized() wrote, borrowed.
  bool read_sized(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!read_varint(size)) return false;
    if (size > remaining()) return fail();
    return read_bytes(static_cast<std::size_t>(size), bytes);
  }

 private:
  bool fail() {
    failed_ = true;
    at_ = end_;
    return false;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace sinter

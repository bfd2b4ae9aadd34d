// WireWriter and WireReader: archives for types that declare their fields once with a Boost.Serialization style
// `serialize(Archive&, unsigned version)`. Ours instead of Boost's because hostile or damaged bytes must give an error: every count is
// checked against the bytes left, depth is limited, nothing is allocated before it is known to be there. One thread per archive.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sinter {

/// Nested serialize() calls that a reader follows.
inline constexpr unsigned kMaxWireDepth = 16;
/// Version passed to serialize(); raised when a field is added.
inline constexpr unsigned kWireVersion = 1;

template <class Archive, class T>
concept HasMemberSerialize = requires(Archive& archive, T& value) { value.serialize(archive, 0u); };

/// What both archives share: how each kind of type is taken apart. `Self` reads or writes the leaves.
template <class Self>
class WireArchive {
 public:
  template <class T>
  Self& operator&(T& value) {
    using Plain = std::remove_const_t<T>;
    if constexpr (std::is_same_v<Plain, bool>) self().boolean(value);
    else if constexpr (std::is_enum_v<Plain>) self().enumeration(value);
    else if constexpr (std::is_unsigned_v<Plain>) self().whole(value);
    else if constexpr (std::is_integral_v<Plain>) self().signed_whole(value);
    else if constexpr (std::is_same_v<Plain, std::string>) self().text(value);
    else nested(value);
    return self();
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }

  template <class T>
  void nested(std::vector<T>& items) { self().sequence(items); }
  template <class T>
  void nested(const std::vector<T>& items) { self().sequence(items); }
  template <class K, class V, class L>
  void nested(std::map<K, V, L>& items) { self().dictionary(items); }
  template <class K, class V, class L>
  void nested(const std::map<K, V, L>& items) { self().dictionary(items); }
  template <class T>
  void nested(std::optional<T>& item) { self().maybe(item); }
  template <class T>
  void nested(const std::optional<T>& item) { self().maybe(item); }
  template <class T>
  void nested(T& value) {
    if (!self().enter()) return;
    if constexpr (HasMemberSerialize<Self, T>) value.serialize(self(), kWireVersion);
    else serialize(self(), value, kWireVersion);  // found beside the type
    self().leave();
  }
};

/// Appends to a string. serialize() takes its fields as non-const, so encode() casts; a writer never changes them.
class WireWriter : public WireArchive<WireWriter> {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void boolean(bool value) { out_.push_back(value ? '\1' : '\0'); }
  template <class T>
  void enumeration(T value) { append_varint(out_, static_cast<std::uint64_t>(value)); }
  void whole(std::uint64_t value) { append_varint(out_, value); }
  void signed_whole(std::int64_t value) { append_varint(out_, zigzag(value)); }
  void text(const std::string& value) { append_sized(out_, value); }
  template <class T>
  void sequence(const std::vector<T>& items) {
    append_varint(out_, items.size());
    for (const T& item : items) *this & const_cast<T&>(item);
  }
  template <class Map>
  void dictionary(const Map& items) {
    append_varint(out_, items.size());
    for (const auto& [key, value] : items)
      *this& const_cast<std::remove_cvref_t<decltype(key)>&>(key) & const_cast<std::remove_cvref_t<decltype(value)>&>(value);
  }
  template <class T>
  void maybe(const std::optional<T>& item) {
    boolean(item.has_value());
    if (item) *this & const_cast<T&>(*item);
  }
  bool enter() { return true; }
  void leave() {}

 private:
  std::string& out_;
};

/// Reads what WireWriter wrote. The first impossible byte makes it failed, and everything read after that is zero or empty.
class WireReader : public WireArchive<WireReader> {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return !failed_ && !bytes_.failed(); }
  bool at_end() const { return bytes_.at_end(); }

  void boolean(bool& value) {
    const std::uint64_t byte = number();
    if (byte > 1) failed_ = true;
    value = byte == 1;
  }
  /// Values outside the enumeration are the receiver's to refuse; bits outside its type are refused here.
  template <class T>
  void enumeration(T& value) {
    std::underlying_type_t<T> bits{};
    whole(bits);
    value = static_cast<T>(bits);
  }
  template <class T>
  void whole(T& value) {
    const std::uint64_t wide = number();
    value = static_cast<T>(wide);
    if (value != wide) failed_ = true, value = 0;
  }
  template <class T>
  void signed_whole(T& value) {
    const std::int64_t wide = unzigzag(number());
    value = static_cast<T>(wide);
    if (value != wide) failed_ = true, value = 0;
  }
  void text(std::string& value) {
    std::string_view bytes;
    const std::uint64_t size = number();
    if (good() && bytes_.read_bytes(size, bytes)) value.assign(bytes);
    else value.clear(), failed_ = true;
  }
  template <class T>
  void sequence(std::vector<T>& items) {
    items.clear();
    for (std::uint64_t left = count(); left > 0 && good(); --left) *this & items.emplace_back();
  }
  template <class Map>
  void dictionary(Map& items) {
    items.clear();
    for (std::uint64_t left = count(); left > 0 && good(); --left) {
      typename Map::key_type key{};
      *this & key;
      *this & items[key];
    }
  }
  template <class T>
  void maybe(std::optional<T>& item) {
    bool present = false;
    boolean(present);
    item.reset();
    if (present && good()) *this & item.emplace();
  }
  bool enter() {
    if (++depth_ > kMaxWireDepth) failed_ = true;
    return good();
  }
  void leave() { --depth_; }

 private:
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (!good() || !bytes_.read_varint(value)) failed_ = true, value = 0;
    return value;
  }
  /// Every element takes at least one byte, so a count above the bytes left is a lie.
  std::uint64_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.remaining()) failed_ = true;
    return failed_ ? 0 : value;
  }

  ByteReader bytes_;
  unsigned depth_ = 0;
  bool failed_ = false;
};

template <class T>
std::string encode(const T& value) {
  std::string out;
  WireWriter writer(out);
  writer & const_cast<T&>(value);
  return out;
}

/// Error (Internal): damaged bytes, or bytes left over. `what` names the thing in it.
template <class T>
Result<T> decode(std::string_view bytes, std::string_view what) {
  T value{};
  WireReader reader(bytes);
  reader & value;
  if (!reader.good() || !reader.at_end())
    return internal_error("damaged " + std::string(what) + " of " + std::to_string(bytes.size()) + " bytes");
  return value;
}

}  // namespace sinter

// Whole keys and values as the typed layer writes and reads them. In a debug build (SINTER_CHECK_RECORDS, which the CMake target sets for
// CMAKE_BUILD_TYPE=Debug) each value carries the tag of its type, which reading checks. Templates without state; any thread.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "framework/api/key_codec.hpp"
#include "framework/api/value_codec.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// Whether records are checked when they are read: type of each value, order of keys. Keys always carry the tags of their types.
#ifdef SINTER_CHECK_RECORDS
inline constexpr bool kCheckRecords = true;
#else
inline constexpr bool kCheckRecords = false;
#endif

/// How a type is passed to an emitter: text as a view, so that emitting a word makes no string.
template <class T>
using CodecArgument = std::conditional_t<std::is_same_v<T, std::string>, std::string_view, const T&>;

/// A number that tells types apart: FNV-1a of the type's name as the compiler spells it.
template <class T>
constexpr std::uint32_t type_tag() {
  std::uint32_t hash = 2166136261u;
  for (const char letter : std::string_view(__PRETTY_FUNCTION__)) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  return hash;
}

/// Bytes that are no value, or of another type.
Error damaged_value(std::size_t size, bool other_type);

/// Appends a whole value.
template <HasValueCodec T>
void append_value(std::string& out, CodecArgument<T> value) {
  ValueCodec<T>::append(out, value);
  if constexpr (kCheckRecords) append_fixed(out, type_tag<T>());
}

/// Reads one whole value. Errors: internal, when the bytes are damaged, too many, or (checked in debug builds) of another type.
template <HasValueCodec T>
Status decode_value(std::string_view bytes, T& value) {
  if constexpr (kCheckRecords) {
    const std::uint32_t tag = type_tag<T>();
    if (bytes.size() < sizeof(tag) || load_fixed<std::uint32_t>(bytes.data() + bytes.size() - sizeof(tag)) != tag)
      return damaged_value(bytes.size(), true);
    bytes.remove_suffix(sizeof(tag));
  }
  ByteReader reader(bytes);
  if (ValueCodec<T>::read(reader, value) && reader.at_end()) [[likely]]
    return {};
  return damaged_value(bytes.size(), false);
}

}  // namespace sinter

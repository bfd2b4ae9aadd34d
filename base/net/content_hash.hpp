// Content hash: BLAKE2b with 32 bytes (RFC 7693), by which files are named that people send: nobody can make two of one name. One hasher is
// used by one thread; the functions by any.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"

namespace sinter::net {

/// Of a hash as text, in hexadecimal digits.
inline constexpr std::size_t kContentHashCharacters = 64;

/// Cost: about 1 GB/s.
class ContentHasher {
 public:
  ContentHasher();
  void append(std::string_view bytes);
  /// Of everything so far, as text. Ends the hasher.
  std::string text();

 private:
  static constexpr std::size_t kStateBytes = 384;
  alignas(64) std::array<unsigned char, kStateBytes> state_;
};

/// Whether `text` is one: 64 digits in lower case.
bool is_content_hash(std::string_view text);
/// Cost: one pass, constant memory.
Result<std::string> content_hash_of_file(FileSystem& files, const std::string& path);

}  // namespace sinter::net

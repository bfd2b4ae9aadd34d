// BLAKE2b of libsodium. See the header for threads.
#include "base/net/content_hash.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/assert.hpp"

namespace sinter::net {
namespace {

constexpr std::size_t kHashBytes = kContentHashCharacters / 2;
constexpr std::size_t kReadBytes = 1u << 20;

crypto_generichash_state* state_of(std::array<unsigned char, 384>& bytes) {
  return reinterpret_cast<crypto_generichash_state*>(bytes.data());
}

}  // namespace

ContentHasher::ContentHasher() {
  static_assert(sizeof(crypto_generichash_state) == kStateBytes && alignof(crypto_generichash_state) <= 64);
  // Chooses the fastest code for this processor, once; without it a slow one is used.
  if (sodium_init() < 0) require(false, "libsodium starts");
  crypto_generichash_init(state_of(state_), nullptr, 0, kHashBytes);
}

void ContentHasher::append(std::string_view bytes) {
  crypto_generichash_update(state_of(state_), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string ContentHasher::text() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, kHashBytes> hash{};
  crypto_generichash_final(state_of(state_), hash.data(), hash.size());
  std::string text;
  for (const unsigned char byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_content_hash(std::string_view text) {
  return text.size() == kContentHashCharacters &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::string> content_hash_of_file(FileSystem& files, const std::string& path) {
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, files.open(path));
  ContentHasher hasher;
  std::string piece(std::clamp<std::size_t>(file->size_bytes(), 1, kReadBytes), '\0');
  for (std::uint64_t at = 0;;) {
    SINTER_ASSIGN(const std::size_t got, file->read_at(at, piece.data(), piece.size()));
    if (got == 0) return hasher.text();
    hasher.append({piece.data(), got});
    at += got;
  }
}

}  // namespace sinter::net

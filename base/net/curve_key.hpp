// Keys of CURVE (Curve25519): 32 bytes, and a text that shows where it was mistyped. Value types; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinter::net {

inline constexpr std::size_t kKeyBytes = 32;
using KeyBytes = std::array<std::uint8_t, kKeyBytes>;

/// Letters and digits of one key's text: four groups of 13 digits in base 32 (RFC 4648, lower case) and a check digit each
/// (Luhn modulo 32), so that a mistyped character is found with its group. docs/formats/keys.md.
inline constexpr std::size_t kKeyCharacters = 56;
inline constexpr std::string_view kPublicKeyPrefix = "sinter-key-";
inline constexpr std::string_view kSecretKeyPrefix = "sinter-secret-";

/// Who somebody is. Not secret.
struct PublicKey {
  KeyBytes bytes{};
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

/// What proves it. Wiped from memory when it goes; nothing prints it but secret_key_text(), whose one use is the key file and tokens.
class SecretKey {
 public:
  explicit SecretKey(const KeyBytes& bytes) : bytes_(bytes) {}
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
  const KeyBytes& bytes() const { return bytes_; }

 private:
  KeyBytes bytes_;
};

struct KeyPair {
  PublicKey public_key;
  SecretKey secret_key;
};

/// The pair that this secret makes.
KeyPair key_pair_of(const SecretKey& secret);
/// A new pair from the operating system's random source.
KeyPair make_key_pair();

/// "sinter-key-" and kKeyCharacters characters.
std::string public_key_text(const PublicKey& key);
/// "sinter-secret-" and kKeyCharacters characters. Never into logs, errors or arguments of processes.
std::string secret_key_text(const SecretKey& key);

/// Errors (the user's): say where the text is wrong, and never repeat it, as it may be a secret.
Result<PublicKey> parse_public_key(std::string_view text);
Result<SecretKey> parse_secret_key(std::string_view text);

/// The characters alone, for texts made of several keys (join tokens).
std::string key_characters(const KeyBytes& bytes);
/// `what` and `first_position` (of these characters in what was typed, from 1) are for the error's sentence.
Result<KeyBytes> parse_key_characters(std::string_view characters, std::string_view what, std::size_t first_position);

}  // namespace sinter::net

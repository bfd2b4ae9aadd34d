// Keys and their text. libsodium makes and wipes keys; it is what ZeroMQ's CURVE computes with. Any thread.
#include "base/net/curve_key.hpp"

#include <sodium.h>

#include "base/bytes.hpp"

namespace sinter::net {
namespace {

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kGroups = 4;
constexpr std::size_t kGroupBytes = kKeyBytes / kGroups;
constexpr std::size_t kGroupDigits = 13;  // 65 bits for 64: the first digit is below 16
constexpr std::size_t kGroupCharacters = kGroupDigits + 1;
static_assert(kGroups * kGroupCharacters == kKeyCharacters);

/// 0..31, or 32 for what is no digit. Capitals are read as well: somebody may dictate a key.
unsigned digit_value(char digit) {
  if (digit >= 'a' && digit <= 'z') return static_cast<unsigned>(digit - 'a');
  if (digit >= 'A' && digit <= 'Z') return static_cast<unsigned>(digit - 'A');
  if (digit >= '2' && digit <= '7') return static_cast<unsigned>(digit - '2') + 26;
  return 32;
}

/// Luhn modulo N (N = 32): finds every wrong digit and nearly every swap of neighbours.
unsigned check_digit(std::string_view digits) {
  unsigned sum = 0;
  unsigned factor = 2;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
    const unsigned product = factor * digit_value(*at);
    sum += product / 32 + product % 32;
    factor = 3 - factor;
  }
  return (32 - sum % 32) % 32;
}

Error mistyped(std::string_view what, std::string problem) {
  return user_error(std::string(what) + " was mistyped: " + std::move(problem)).with_hint("Copy it again from where it was shown");
}

Result<KeyBytes> parse_prefixed(std::string_view text, std::string_view prefix, std::string_view what) {
  if (!text.starts_with(prefix))
    return user_error("this is no " + std::string(what) + ": its text begins with '" + std::string(prefix) + "'")
        .with_hint("Keys begin with '" + std::string(kPublicKeyPrefix) + "', join tokens with 'sinter-join-'");
  return parse_key_characters(text.substr(prefix.size()), "the " + std::string(what), prefix.size() + 1);
}

}  // namespace

SecretKey::~SecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

KeyPair key_pair_of(const SecretKey& secret) {
  PublicKey key;
  require(crypto_scalarmult_base(key.bytes.data(), secret.bytes().data()) == 0, "every 32 bytes are a secret key");
  return {key, secret};
}

KeyPair make_key_pair() {
  // Opens the random source once for the process; it may be called again.
  require(sodium_init() >= 0, "libsodium finds the system's random source");
  KeyBytes bytes;
  randombytes_buf(bytes.data(), bytes.size());
  const SecretKey secret(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return key_pair_of(secret);
}

std::string key_characters(const KeyBytes& bytes) {
  std::string text;
  text.reserve(kKeyCharacters);
  for (std::size_t group = 0; group < kGroups; ++group) {
    const std::uint64_t number = load_big_endian_u64(reinterpret_cast<const char*>(bytes.data()) + group * kGroupBytes);
    for (std::size_t digit = kGroupDigits; digit-- > 0;) text.push_back(kDigits[(number >> (5 * digit)) & 31]);
    text.push_back(kDigits[check_digit(std::string_view(text).substr(group * kGroupCharacters, kGroupDigits))]);
  }
  return text;
}

Result<KeyBytes> parse_key_characters(std::string_view characters, std::string_view what, std::size_t first_position) {
  for (std::size_t i = 0; i < characters.size(); ++i)
    if (digit_value(characters[i]) == 32)
      return mistyped(what, "character " + std::to_string(first_position + i) + " is none of a-z and 2-7");
  if (characters.size() != kKeyCharacters)
    return mistyped(what, std::to_string(characters.size()) + " characters from character " + std::to_string(first_position) +
                              " on, and a key has " + std::to_string(kKeyCharacters));
  KeyBytes bytes;
  for (std::size_t group = 0; group < kGroups; ++group) {
    const std::string_view digits = characters.substr(group * kGroupCharacters, kGroupDigits);
    const std::size_t first = first_position + group * kGroupCharacters;
    if (digit_value(digits[0]) >= 16 || check_digit(digits) != digit_value(characters[group * kGroupCharacters + kGroupDigits]))
      return mistyped(what, "something is wrong in characters " + std::to_string(first) + " to " +
                                std::to_string(first + kGroupCharacters - 1));
    std::uint64_t number = 0;
    for (const char digit : digits) number = number << 5 | digit_value(digit);
    for (std::size_t i = 0; i < kGroupBytes; ++i) bytes[group * kGroupBytes + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  return bytes;
}

std::string public_key_text(const PublicKey& key) { return std::string(kPublicKeyPrefix) + key_characters(key.bytes); }
std::string secret_key_text(const SecretKey& key) { return std::string(kSecretKeyPrefix) + key_characters(key.bytes()); }

Result<PublicKey> parse_public_key(std::string_view text) {
  SINTER_ASSIGN(const KeyBytes bytes, parse_prefixed(text, kPublicKeyPrefix, "public key"));
  return PublicKey{bytes};
}

Result<SecretKey> parse_secret_key(std::string_view text) {
  SINTER_ASSIGN(KeyBytes bytes, parse_prefixed(text, kSecretKeyPrefix, "secret key"));
  SecretKey key(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

}  // namespace sinter::net

// The canonical bytes of one claim: see claim_set.hpp. Stateless; any thread.
#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.hpp"
#include "jobs/fusion/rules/claim_set.hpp"
#include "shuffle/record/key.hpp"

namespace sinter::fusion {
namespace {

// A number equal to its default is one byte, because most jobs have neither weights nor sigmas.
constexpr char kDefaultNumber = 0x00;
constexpr char kStatedNumber = 0x01;

void append_number(std::string& out, double value, double fallback) {
  if (value == fallback) {
    out.push_back(kDefaultNumber);
    return;
  }
  out.push_back(kStatedNumber);
  append_fixed(out, value);
}

bool read_number(ByteReader& reader, double fallback, double& value) {
  char tag = 0;
  value = fallback;
  if (!reader.read_fixed(tag)) return false;
  if (tag == kDefaultNumber) return true;
  return tag == kStatedNumber && reader.read_fixed(value) && std::isfinite(value) && value >= 0;
}

/// Order-preserving: the number of bytes, then the bytes, highest first.
void append_ordered(std::string& out, std::uint64_t value) {
  const auto size = static_cast<std::size_t>((std::bit_width(value) + 7) / 8);
  char buffer[9];
  buffer[0] = static_cast<char>(size);
  for (std::size_t i = size; i > 0; --i, value >>= 8) buffer[i] = static_cast<char>(value);
  out.append(buffer, size + 1);
}

bool read_ordered(ByteReader& reader, std::uint64_t& value) {
  unsigned char size = 0;
  std::string_view bytes;
  if (!reader.read_fixed(size) || size > 8 || !reader.read_bytes(size, bytes)) return false;
  value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return true;
}

/// A text field without zero bytes is its own content between tag and terminator (docs/formats/key.md): no copy. Others are
/// left to the key reader.
bool borrow_string(std::string_view bytes, std::size_t& at, std::string_view& text) {
  if (at >= bytes.size() || bytes[at] != static_cast<char>(KeyType::String)) return false;
  const void* found = std::memchr(bytes.data() + at, 0, bytes.size() - at);
  if (found == nullptr) return false;
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
  if (end + 1 >= bytes.size() || bytes[end + 1] != '\x01') return false;
  text = bytes.substr(at + 1, end - at - 1);
  at = end + 2;
  return true;
}

bool read_time(std::string_view bytes, std::size_t& at, Claim& claim) {
  KeyReader reader(bytes.substr(at));
  const Result<KeyType> type = reader.at_end() ? Result<KeyType>(KeyType::Bytes) : reader.peek();
  if (!type.ok()) return false;
  if (*type == KeyType::Null) {
    if (!reader.read_null().ok()) return false;
  } else {
    const Result<Timestamp> time = reader.read_timestamp();
    if (!time.ok()) return false;
    claim.time = *time;
  }
  at += reader.offset();
  return true;
}

}  // namespace

void append_claim(std::string& out, const Claim& claim, const ClaimNeeds& needs) {
  require(!claim.value.is_null(), "a null is the absence of a claim");
  append_value(out, claim.value);
  if (needs.source) append_key_string(out, claim.source);
  if (needs.time) {
    if (claim.time) append_key_timestamp(out, *claim.time);
    else append_key_null(out);
  }
  if (needs.position) {
    append_ordered(out, claim.position.file);
    append_ordered(out, claim.position.offset_bytes);
  }
  if (needs.weight) append_number(out, claim.weight, Claim().weight);
  if (needs.sigma) append_number(out, claim.sigma, Claim().sigma);
}

bool read_claim(std::string_view bytes, const ClaimNeeds& needs, Arena& arena, Claim& claim) {
  claim = Claim();
  std::size_t at = 0;
  std::string_view text;
  if (borrow_string(bytes, at, text)) claim.value = Value::of_string(text);
  else if (!read_value(bytes, at, arena, claim.value) || claim.value.is_null()) return false;
  if (needs.source) {
    Value source;
    if (!borrow_string(bytes, at, claim.source)) {
      if (!read_value(bytes, at, arena, source) || source.type() != ValueType::String) return false;
      claim.source = source.string();
    }
  }
  if (needs.time && !read_time(bytes, at, claim)) return false;
  ByteReader reader(bytes.substr(at));
  if (needs.position) {
    std::uint64_t file = 0;
    if (!read_ordered(reader, file) || file > UINT32_MAX || !read_ordered(reader, claim.position.offset_bytes)) return false;
    claim.position.file = static_cast<std::uint32_t>(file);
  }
  if (needs.weight && !read_number(reader, Claim().weight, claim.weight)) return false;
  if (needs.sigma && !read_number(reader, Claim().sigma, claim.sigma)) return false;
  return reader.at_end();
}

}  // namespace sinter::fusion

// Fuzz target: requests and answers of the exchange. The first byte picks whether the checksum is repaired before decoding. A request
// that decodes encodes and decodes to the same; of an answer that decodes the pieces fill the data. By the second bit an answer that
// decodes is packed and unpacked again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "shuffle/exchange/exchange_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinter;
  if (size == 0) return 0;
  std::string message(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0 && message.size() >= kExchangeHeaderBytes) {
    const std::uint64_t checksum = hash64(std::string_view(message).substr(16), load_fixed<std::uint64_t>(message.data()));
    std::memcpy(message.data() + 8, &checksum, sizeof(checksum));
  }
  if ((data[0] & 2) != 0) {
    if (const auto plain = decode_exchange_answer(message); plain && !plain->unpacked) {
      std::string packed(message.size(), '\0');
      const std::size_t bytes =
          pack_exchange_answer(message, (data[0] & 4) != 0 ? ExchangeCodec::Zstd : ExchangeCodec::Lz4, packed.data());
      packed.resize(bytes);
      if (bytes != 0) {
        const auto again = decode_exchange_answer(packed);
        if (!again || again->data != plain->data || again->pieces != plain->pieces) std::abort();
      }
    }
  }
  if (const auto request = decode_exchange_request(message)) {
    if (request->pieces.empty() || request->pieces.size() > kMaxExchangePieces) std::abort();
    std::size_t bytes = kExchangeHeaderBytes;
    for (const ExchangePiece& piece : request->pieces) {
      if (!good_exchange_name(piece.name)) std::abort();
      bytes += request_bytes(piece);
    }
    // A name that stands for the one before may stand for a long one: such a request is larger when it is written out.
    if (bytes <= kMaxExchangeRequestBytes && decode_exchange_request(encode_exchange_request(*request)) != request) std::abort();
  }
  if (const auto answer = decode_exchange_answer(message)) {
    std::size_t bytes = 0;
    for (const PieceResult& piece : answer->pieces) bytes += piece.size_bytes;
    if (bytes != answer->data.size() || answer->busy != answer->pieces.empty()) std::abort();
    if (answer->unpacked == nullptr && answer->carried_bytes != bytes) std::abort();
  }
  return 0;
}

// XXH3 in pieces, from the library: its inlined form (checksum.cpp) does not compile unoptimized. One thread.
#include "base/checksum_stream.hpp"

#include <xxhash.h>

#include "base/assert.hpp"

namespace sinter {

struct ChecksumStream::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() { require(xxh != nullptr, "there is memory for a checksum"); }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

ChecksumStream::ChecksumStream() : state_(std::make_unique<State>()) { XXH3_64bits_reset(state_->xxh); }
ChecksumStream::~ChecksumStream() = default;
void ChecksumStream::append(std::string_view bytes) { XXH3_64bits_update(state_->xxh, bytes.data(), bytes.size()); }
std::uint64_t ChecksumStream::value() const { return XXH3_64bits_digest(state_->xxh); }

}  // namespace sinter

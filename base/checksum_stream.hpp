// ChecksumStream: checksum64() of bytes that come in pieces. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace sinter {

/// value() equals checksum64() of everything appended.
class ChecksumStream {
 public:
  ChecksumStream();
  ~ChecksumStream();
  ChecksumStream(const ChecksumStream&) = delete;
  ChecksumStream& operator=(const ChecksumStream&) = delete;
  void append(std::string_view bytes);
  /// Of all bytes so far; more may follow.
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sinter

// Emitter: takes the typed pairs of a map. Belongs to one attempt and one thread.
#pragma once

#include <string>
#include <string_view>

#include "framework/api/codec.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What a map writes to: `emit(key, value)`. Never fails towards the caller: the first error is kept, later pairs are ignored, and the
/// attempt fails with that error when the map returns.
template <class K, class V>
class Emitter {
  static_assert(HasKeyCodec<K>,
                "sinter: the key type of this Emitter has no order-preserving bytes. Keys are bool, integers, float, double, enums, "
                "std::string, sinter::Timestamp, and std::optional, std::pair and std::tuple of them; or specialise sinter::KeyCodec.");
  static_assert(HasValueCodec<V>,
                "sinter: the value type of this Emitter has no bytes. Values are trivially copyable types (no pointers or views), "
                "std::string, and std::vector, std::optional, std::pair and std::tuple of values; or specialise sinter::ValueCodec.");

 public:
  explicit Emitter(RawEmitter& target) : target_(&target) {}

  void emit(CodecArgument<K> key, CodecArgument<V> value) {
    if (!status_.ok()) return;
    key_.clear();
    KeyCodec<K>::append(key_, key);
    value_.clear();
    ValueCodec<V>::append(value_, value);
    status_ = target_->emit(key_, key_.size(), value_);
  }

  /// The first error, or good.
  const Status& status() const { return status_; }

 private:
  RawEmitter* target_;
  // Reused: no allocation per pair.
  std::string key_;
  std::string value_;
  Status status_;
};

}  // namespace sinter

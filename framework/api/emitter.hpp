// Emitter: takes the typed pairs of a map. Belongs to one attempt and one thread.
#pragma once

#include <string>
#include <string_view>

#include "framework/api/codec.hpp"
#include "framework/api/grouped.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// The value of a pair that is all in its key: `emit(key)`.
struct Nothing {
  friend auto operator<=>(const Nothing&, const Nothing&) = default;
};

/// No bytes: the one value that takes none, so it stands alone.
template <>
struct ValueCodec<Nothing> {
  static void append(std::string&, const Nothing&) {}
  static bool read(ByteReader&, Nothing&) { return true; }
};

template <class K>
struct IsGrouped : std::false_type {};
template <class G, class O>
struct IsGrouped<Grouped<G, O>> : std::true_type {};

/// What a map writes to: `emit(key, value)`. Never fails towards the caller: the first error is kept, later pairs are ignored, and the
/// attempt fails with that error when the map returns.
template <class K, class V>
class Emitter {
  static_assert(HasKeyCodec<K>,
                "sinter: the key type of this Emitter has no order-preserving bytes. Keys are bool, integers, float, double, enums, "
                "std::string, sinter::Timestamp, structs with fields(), and std::optional, std::pair, std::tuple, sinter::Descending and "
                "sinter::Grouped of them; or specialise sinter::KeyCodec.");
  static_assert(HasValueCodec<V>,
                "sinter: the value type of this Emitter has no bytes. Values are trivially copyable types (no pointers or views), "
                "std::string, structs with fields(), and std::vector, map, set, optional, variant, pair and tuple of values; or include "
                "sinter/boost_codec.hpp for types with serialize(); or specialise sinter::ValueCodec.");

 public:
  /// `tag`: bytes between group and order that tell the pairs of several maps apart; empty for one map. Must outlive the emitter.
  explicit Emitter(RawEmitter& target, std::string_view tag = {}) : target_(&target), tag_(tag) {}

  void emit(CodecArgument<K> key, CodecArgument<V> value) {
    if (!status_.ok()) return;
    key_.clear();
    KeyShape<K>::append_group(key_, key);
    const std::size_t group_size = key_.size();
    key_.append(tag_);
    if constexpr (!std::is_same_v<typename KeyShape<K>::Order, NoOrder>) KeyShape<K>::append_order(key_, key);
    send(group_size, value);
  }
  /// The parts of a Grouped key, without making one.
  template <class G = typename KeyShape<K>::Group, class O = typename KeyShape<K>::Order>
    requires IsGrouped<K>::value
  void emit(CodecArgument<G> group, CodecArgument<O> order, CodecArgument<V> value) {
    if (!status_.ok()) return;
    key_.clear();
    append_key<G>(key_, group);
    const std::size_t group_size = key_.size();
    key_.append(tag_);
    append_key<O>(key_, order);
    send(group_size, value);
  }
  void emit(CodecArgument<K> key)
    requires std::is_same_v<V, Nothing>
  {
    emit(key, Nothing{});
  }

  /// The first error, or good.
  const Status& status() const { return status_; }

 private:
  void send(std::size_t group_size, CodecArgument<V> value) {
    value_.clear();
    append_value<V>(value_, value);
    status_ = target_->emit(key_, group_size, value_);
  }

  RawEmitter* target_;
  std::string_view tag_;
  // Reused: no allocation per pair.
  std::string key_;
  std::string value_;
  Status status_;
};

}  // namespace sinter

// Grouped and Partitioned: partition | group | order, the three prefixes of one key (secondary sort). Templates without state; any thread.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "framework/api/key_codec.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A key whose first part makes the group; the second orders the values within it: `Emitter<Grouped<Sensor, Timestamp>, double>`. The
/// reduce is called with the group part once, and its values come in the order of the other.
template <class G, class O>
struct Grouped {
  G group{};
  O order{};
  auto fields() { return std::tie(group, order); }
  friend auto operator<=>(const Grouped&, const Grouped&) = default;
};

/// A key with a part before it that decides which groups are neighbours: groups of one partition are reduced by one task, one after the
/// other, in key order. `key` may be Grouped.
template <class P, class K>
struct Partitioned {
  P partition{};
  K key{};
  auto fields() { return std::tie(partition, key); }
  friend auto operator<=>(const Partitioned&, const Partitioned&) = default;
};

/// The order of a key that has none of its own.
struct NoOrder {};

/// How a key splits into what is grouped by and what orders values.
template <class K>
struct KeyShape {
  using Group = K;
  using Order = NoOrder;
  static constexpr bool kPartitioned = false;
  template <class Argument>
  static void append_group(std::string& key, const Argument& value) {
    append_key<K>(key, value);
  }
  static void append_order(std::string&, const K&) {}
};

template <class G, class O>
struct KeyShape<Grouped<G, O>> {
  using Group = G;
  using Order = O;
  static constexpr bool kPartitioned = false;
  static void append_group(std::string& key, const Grouped<G, O>& value) { append_key<G>(key, value.group); }
  static void append_order(std::string& key, const Grouped<G, O>& value) { append_key<O>(key, value.order); }
};

template <class P, class K>
struct KeyShape<Partitioned<P, K>> {
  using Group = Partitioned<P, typename KeyShape<K>::Group>;
  using Order = typename KeyShape<K>::Order;
  static constexpr bool kPartitioned = true;
  static void append_group(std::string& key, const Partitioned<P, K>& value) {
    KeyCodec<Group>::append_partition(key, value.partition);
    KeyShape<K>::append_group(key, value.key);
  }
  static void append_order(std::string& key, const Partitioned<P, K>& value) { KeyShape<K>::append_order(key, value.key); }
};

/// The partition is one field of bytes, whatever it is made of, so that the tracker finds its end (partition_size()).
template <HasKeyCodec P, HasKeyCodec K>
struct KeyCodec<Partitioned<P, K>> {
  static void append_partition(std::string& key, const P& partition, Order order = Order::Ascending) {
    std::string bytes;
    append_key<P>(bytes, partition);
    append_key_bytes(key, bytes, order);
  }
  static void append(std::string& key, const Partitioned<P, K>& value, Order order) {
    append_partition(key, value.partition, order);
    KeyCodec<K>::append(key, value.key, order);
  }
  static Status read(KeyReader& reader, Partitioned<P, K>& value, Order order) {
    std::string bytes;
    SINTER_TRY(reader.read_string(bytes, order));
    SINTER_TRY(decode_key(std::string_view(bytes), value.partition));
    return KeyCodec<K>::read(reader, value.key, order);
  }
};

}  // namespace sinter

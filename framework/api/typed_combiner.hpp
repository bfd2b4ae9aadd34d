// TypedCombiner: merges encoded values by an author's V(V, V). Used by job.hpp only. Each object belongs to one attempt and one thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "framework/api/codec.hpp"
#include "shuffle/record/combiner.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A combiner from a callable V(V, V).
template <class V, class F>
class TypedCombiner final : public Combiner {
 public:
  explicit TypedCombiner(F function) : function_(std::move(function)) {}

  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    if constexpr (kInPlace) {
      // Once per record of a job that counts: two loads and a store instead of a string.
      if (into.size() == sizeof(V) && value.size() == sizeof(V)) [[likely]] {
        const V merged = static_cast<V>(function_(load_fixed<V>(into.data()), load_fixed<V>(value.data())));
        std::memcpy(into.data(), &merged, sizeof(V));
        return true;
      }
    }
    combine({into.data(), into.size()}, value);
    if (bytes_.size() != into.size()) return false;
    std::memcpy(into.data(), bytes_.data(), bytes_.size());
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override {
    combine(a, b);
    merged = bytes_;
  }

 private:
  void combine(std::string_view a, std::string_view b) {
    require(decode_value(a, first_).ok() && decode_value(b, second_).ok(), "values that were combined decode as they were encoded");
    bytes_.clear();
    append_value<V>(bytes_, static_cast<V>(function_(std::as_const(first_), std::as_const(second_))));
  }

  static constexpr bool kInPlace = std::is_arithmetic_v<V> && !std::is_same_v<V, bool> && !kCheckRecords;

  F function_;
  // Reused: no allocation per merge of plain values.
  V first_{};
  V second_{};
  std::string bytes_;
};

/// Keeps one of two equal keys' values, the smaller by bytes, so that the answer does not depend on their order.
class KeepFirst final : public Combiner {
 public:
  bool merge_in_place(std::string_view, std::span<char> into, std::string_view value) override {
    const std::string_view kept(into.data(), into.size());
    if (value >= kept) return true;
    if (value.size() != into.size()) return false;
    std::memcpy(into.data(), value.data(), value.size());
    return true;
  }
  void merge(std::string_view, std::string_view a, std::string_view b, std::string& merged) override { merged = std::min(a, b); }
};

}  // namespace sinter

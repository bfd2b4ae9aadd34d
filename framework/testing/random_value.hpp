// random_value: seeded values of the types that travel, small ones and extreme ones often. Templates without state; any thread.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/timestamp.hpp"
#include "framework/api/fields.hpp"
#include "framework/testing/describe_value.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// Whether random_value() makes a type: numbers, bool, text, Timestamp, structs with fields(), and optional, pair, tuple, vector of them.
template <class T>
inline constexpr bool kHasRandom =
    std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, Timestamp> || HasFields<T>;
template <class T>
inline constexpr bool kHasRandom<std::optional<T>> = kHasRandom<T>;
template <class T>
inline constexpr bool kHasRandom<std::vector<T>> = kHasRandom<T>;
template <class... T>
inline constexpr bool kHasRandom<std::tuple<T...>> = (kHasRandom<T> && ...);
template <class A, class B>
inline constexpr bool kHasRandom<std::pair<A, B>> = kHasRandom<A> && kHasRandom<B>;

/// Fills in a random value. No NaN and no infinity.
template <class T>
void randomise(Random& random, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = random.chance(0.5);
  } else if constexpr (std::integral<T>) {
    const std::uint64_t kind = random.below(8);
    if (kind == 0) value = std::numeric_limits<T>::max();
    else if (kind == 1) value = std::numeric_limits<T>::min();
    else value = static_cast<T>(kind < 6 ? random.below(20) : random.next());
  } else if constexpr (std::floating_point<T>) {
    value = static_cast<T>(random.chance(0.5) ? static_cast<double>(random.between(-20, 20)) : random.uniform(-1e6, 1e6));
  } else if constexpr (std::is_same_v<T, std::string>) {
    value.clear();
    for (std::uint64_t letters = random.below(6); letters > 0; --letters) value += static_cast<char>('a' + random.below(4));
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    value = *parse_iso8601("2024-03-01T00:00:00Z");
    value.micros += random.between(0, 86'400'000'000);
  } else if constexpr (kIsOptional<T>) {
    value.reset();
    if (random.chance(0.7)) randomise(random, value.emplace());
  } else if constexpr (HasFields<T>) {
    std::apply([&](auto&... field) { (randomise(random, field), ...); }, fields_of(value));
  } else if constexpr (kIsTupleLike<T>) {
    std::apply([&](auto&... field) { (randomise(random, field), ...); }, value);
  } else {
    value.clear();
    for (std::uint64_t items = random.below(4); items > 0; --items) {
      typename T::value_type item{};
      randomise(random, item);
      value.push_back(std::move(item));
    }
  }
}

/// A random value.
template <class T>
  requires kHasRandom<T>
T random_value(Random& random) {
  T value{};
  randomise(random, value);
  return value;
}

}  // namespace testing
}  // namespace sinter

// Random: seeded numbers that are the same on every platform and compiler (no std distributions). One thread per generator.
// Generator: xoshiro256** seeded by SplitMix64 (Blackman and Vigna, https://prng.di.unimi.it). Not for keys or secrets.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "base/assert.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// One step of SplitMix64: also a good mixer of two seeds, `split_mix64(seed ^ split_mix64(stream))`.
constexpr std::uint64_t split_mix64(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// Numbers from a seed: the same on every machine. One thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      word = split_mix64(seed);
      seed += 0x9e3779b97f4a7c15;
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound), without bias (Lemire 2019). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    require(bound > 0, "a random number below zero does not exist");
    std::uint64_t low = 0;
    std::uint64_t high = multiply(next(), bound, low);
    if (low < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (low < threshold) high = multiply(next(), bound, low);
    }
    return high;
  }

  /// Uniform in [first, last]. Requires: first <= last.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    require(first <= last, "an empty range has no random number");
    const std::uint64_t span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
    const std::uint64_t offset = span == UINT64_MAX ? next() : below(span + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + offset);
  }

  /// Uniform in [0, 1), 53 bits.
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * unit(); }
  bool chance(double probability) { return unit() < probability; }

  /// Mean 0, standard deviation 1 (Marsaglia's polar method, with a logarithm of our own: libm's differ in the last bit).
  double normal();
  double normal(double mean, double deviation) { return mean + deviation * normal(); }

  template <class Container>
  void shuffle(Container& items) {
    for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[static_cast<std::size_t>(below(left))]);
  }

 private:
  /// High and low halves of the 128-bit product.
  static std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& low) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    low = static_cast<std::uint64_t>(product);
    return static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t state_[4];
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace sinter

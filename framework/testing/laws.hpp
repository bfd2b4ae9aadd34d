// check_combiner, check_laws: whether a combine may be used at all: associative, commutative, and of values that travel. Templates over a
// loop; each call is independent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "framework/api/codec.hpp"
#include "framework/testing/describe_value.hpp"
#include "framework/testing/random_value.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// Triples that one check tries at most.
inline constexpr std::uint64_t kMaxTriples = 5'000;

/// What a check of encoded values calls.
struct EncodedLaws {
  std::function<std::string(const std::string&, const std::string&)> merge;   // of encoded values
  std::function<std::string(const std::string&)> again;                       // decoded and encoded; empty text of damaged ones
  std::function<std::string(const std::string&)> describe;
};
/// The first law that the values break, as a sentence; empty: none. All triples when they are few, else kMaxTriples of `seed`.
std::string broken_law(const EncodedLaws& laws, const std::vector<std::string>& values, std::uint64_t seed);

/// Checks a combine, V(V, V), with given values: f(a, b) and f(b, a) must have the same bytes, f(f(a, b), c) and f(a, f(b, c)) too, and
/// each value and result must read back as it was written. Returns a sentence that names the values, or an empty text when all is well.
template <class F, class V>
std::string check_combiner(F function, const std::vector<V>& values, std::uint64_t seed = 1) {
  const auto encode = [](const V& value) {
    std::string bytes;
    append_value<V>(bytes, value);
    return bytes;
  };
  const auto decode = [](const std::string& bytes) {
    std::pair<V, bool> read{};
    read.second = decode_value(bytes, read.first).ok();
    return read;
  };
  EncodedLaws laws;
  laws.merge = [&](const std::string& a, const std::string& b) {
    const V first = decode(a).first;
    const V second = decode(b).first;
    return encode(static_cast<V>(function(first, second)));
  };
  laws.again = [&](const std::string& bytes) {
    const auto [value, whole] = decode(bytes);
    return whole ? encode(value) : "damaged " + bytes;
  };
  laws.describe = [&](const std::string& bytes) { return describe_value(decode(bytes).first); };
  std::vector<std::string> encoded;
  for (const V& value : values) encoded.push_back(encode(value));
  return broken_law(laws, encoded, seed);
}

/// The same with `count` random values; a sentence names the seed, too. `V` as for random_value(): give values of other types to
/// check_combiner().
template <class V, class F>
  requires kHasRandom<V>
std::string check_laws(F function, std::uint64_t seed = 1, std::uint64_t count = 100) {
  Random random(seed);
  std::vector<V> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(random_value<V>(random));
  const std::string broken = check_combiner(std::move(function), values, seed);
  return broken.empty() ? broken : broken + " (seed " + std::to_string(seed) + ")";
}

}  // namespace testing
}  // namespace sinter

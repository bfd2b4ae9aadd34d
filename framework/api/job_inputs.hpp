// What a job reads, added to its draft: maps with their inputs, sorted pairs. Used by Job and MappedJob. One thread.
#pragma once

#include <memory>
#include <utility>

#include "framework/api/job_draft.hpp"
#include "framework/api/type_name.hpp"
#include "framework/api/typed_map.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// What a map takes, from its signature.
template <class F>
constexpr MapInputs map_inputs() {
  return {MapTraits<F>::kTakesLine, columns_of_map<F>()};
}

/// Adds the map of the inputs that were read last. Requires: MapTraits<F>::kFits.
template <class F>
void add_map(DraftHandle& draft, F function) {
  draft.add_map(map_inputs<F>(), KeyShape<typename MapTraits<F>::Key>::kPartitioned,
                [function](TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<MapTask> {
                  return std::make_unique<TypedMap<F>>(function, std::move(setup), context);
                });
}

/// True; a sentence at the author's line when F is no map.
template <class F>
constexpr bool check_map() {
  static_assert(
      MapTraits<F>::kFits,
      "sinter: map() takes a callable void(Input, sinter::Emitter<K, V>&) with both types written out, and sinter::Context& behind "
      "when it wants one. Input is std::string_view for lines, const Row& for a struct with fields(), or const sinter::Record&.");
  return MapTraits<F>::kFits;
}

/// True; a sentence at the author's line when there are no such pairs.
template <class K, class V>
constexpr bool check_sorted() {
  static_assert(HasKeyCodec<K>, "sinter: read_sorted<K, V>() takes the key type of the job that wrote the pairs, and this is no key type.");
  static_assert(HasValueCodec<V>,
                "sinter: read_sorted<K, V>() takes the value type of the job that wrote the pairs, and this is no value type.");
  return HasKeyCodec<K> && HasValueCodec<V>;
}

/// Adds sorted pairs in the place of a map.
template <class K, class V>
void add_sorted(DraftHandle& draft, SortedPairs pairs) {
  draft.add_sorted_input(std::move(pairs), KeyShape<K>::kPartitioned, pair_types<K, V>());
}

}  // namespace sinter

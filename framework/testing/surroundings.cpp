// Surroundings: gathering them. One thread.
#include "framework/testing/surroundings.hpp"

namespace sinter::testing {

Surroundings& Surroundings::side_input(std::string name, DataFile file, std::string text) {
  file.path = "side-input-" + std::to_string(side_inputs_.size());
  side_inputs_.push_back({std::move(name), std::move(file), std::move(text)});
  return *this;
}

Surroundings& Surroundings::side_output(std::string name) {
  side_outputs_.push_back(std::move(name));
  return *this;
}

Surroundings& Surroundings::memory(std::uint64_t bytes) {
  memory_bytes_ = bytes;
  return *this;
}

}  // namespace sinter::testing

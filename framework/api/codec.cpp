// Errors of codecs. Stateless.
#include "framework/api/codec.hpp"

namespace sinter {

Error long_key(std::size_t left_over) {
  return internal_error("a key has " + std::to_string(left_over) + " bytes more than the job's key type");
}

Error wrong_number(std::int64_t stored) {
  return internal_error("a key holds the number " + std::to_string(stored) + ", which its type cannot");
}

Error damaged_value(std::size_t size, bool other_type) {
  return internal_error("a value of " + std::to_string(size) +
                        (other_type ? " bytes has the tag of another type than the job's value type"
                                    : " bytes does not decode as the job's value type"));
}

}  // namespace sinter

// Descriptor. One owner.
#include "base/descriptor.hpp"

#include <unistd.h>

namespace sinter {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace sinter

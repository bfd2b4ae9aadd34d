// Which of this host's addresses others see. Stateless; any thread.
#pragma once

#include <string>

#include "base/result.hpp"

namespace sinter::net {

/// The address, in figures, from which this host speaks to a "tcp://host:port"; in brackets when it is one of IPv6. Nothing is sent.
/// Errors: a name that cannot be found, no way there.
Result<std::string> local_address_towards(const std::string& endpoint);

}  // namespace sinter::net

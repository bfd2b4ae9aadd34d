// What the verbs of a cluster share. Stateless; any thread.
#pragma once

#include <string>

namespace sinter::cli {

/// "host:port" or "host" as an endpoint of the network.
std::string cluster_endpoint(const std::string& address);

}  // namespace sinter::cli

// What the verbs of a cluster share. Stateless; any thread.
#pragma once

#include <string>

#include "framework/cluster/identity.hpp"

namespace sinter::cli {

/// Who this user is to the tracker at an address: $SINTER_HOME, or .sinter in the user's home directory.
cluster::Identity identity_for(const std::string& address);

/// What a tracker is to call this user: user-host.
std::string own_name();

/// Where notes of jobs lie whose results wait at the tracker.
std::string ticket_directory_for(const std::string& address);

}  // namespace sinter::cli

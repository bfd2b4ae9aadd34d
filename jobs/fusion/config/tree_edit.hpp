// Changes to the tree of a job file before it is decoded: --set overrides and ${...} references. Pure; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {

/// Finds an environment variable for ${env.NAME}. Passed in, so that a job's meaning never hides in a global.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Applies "execution.workers=4" and alike in order: maps on the way are made, what is there is replaced. The value is read as
/// YAML (`fuse.attributes.price={ rule: median }`). Problems have no place but quote the override.
void apply_overrides(ConfigNode& root, const std::vector<std::string>& overrides, Diagnostics& diagnostics);

/// Replaces ${params.x}, ${env.X}, ${env.X:-default} and ${env.X:?message} in every scalar value; "$${" is a plain "${".
/// An undeclared parameter or a variable that is not set is a problem. A scalar keeps its quotedness: "${params.n}" stays a string.
void substitute_references(ConfigNode& root, const EnvironmentLookup& environment, Diagnostics& diagnostics);

}  // namespace sinter::fusion

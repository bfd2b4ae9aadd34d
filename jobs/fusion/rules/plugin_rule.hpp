// The rules of a plugin as rules of sinter: claims in, answer out. Immutable; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "jobs/fusion/rules/rule.hpp"
#include "sinter/rule_plugin.h"

namespace sinter::fusion {

/// `rule` as a line of the list of rules, under `name`; requires check_plugin_table(). `keep_alive` holds what name and rule point to;
/// rules that are made keep it too.
RuleInfo plugin_rule_info(std::string_view name, const sinter_rule& rule, std::shared_ptr<const void> keep_alive);

}  // namespace sinter::fusion

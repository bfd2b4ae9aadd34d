// The rule plugin/quantile: the claim below which a share of the claims lies. `q: 50%` is a median that is always a claimed value.
#include <cmath>
#include <cstdio>

#include "sinter/rule_plugin.h"

namespace {

struct Settings {
  double q;
};

int create(uint32_t, const sinter_option* options, void** state, char* message, size_t message_size) {
  const double q = options[0].is_given ? options[0].number : 0.5;
  if (!(q >= 0 && q <= 1)) {
    std::snprintf(message, message_size, "q must be from 0%% to 100%%, found %s", options[0].text);
    return 1;
  }
  *state = new Settings{q};
  return 0;
}

void destroy(void* state) { delete static_cast<Settings*>(state); }

int fuse(const void* state, sinter_cell* cell, sinter_answer* answer) {
  // Claims come sorted by value: the answer is one of them, by the nearest rank.
  const double rank = std::ceil(static_cast<const Settings*>(state)->q * static_cast<double>(cell->claim_count) - 1e-9);
  const sinter_claim* claim = cell->next(cell);
  for (double at = 1; at < rank && claim != nullptr; ++at) claim = cell->next(cell);
  if (claim != nullptr) answer->value = claim->value;
  return 0;
}

const sinter_parameter kParameters[] = {{"q", "share of the claims below the answer", "50%", SINTER_SHARE_OPTION, 0}};
const sinter_rule kRules[] = {{"quantile", "the claim below which a share of the claims lies",
                               SINTER_TAKES(SINTER_INT64) | SINTER_TAKES(SINTER_DOUBLE) | SINTER_TAKES(SINTER_TIMESTAMP), 0, SINTER_NULL,
                               SINTER_CONFIDENCE_SHARE, kParameters, 1, create, fuse, destroy}};
const sinter_rule_plugin kPlugin = {SINTER_RULE_PLUGIN_HEADER, "quantile", "1.0", kRules, 1};

}  // namespace

SINTER_RULE_PLUGIN_EXPORT const sinter_rule_plugin* sinter_rule_plugin_table() { return &kPlugin; }

// Plugins that sinter refuses: what TABLE says replaces the good table. Compiled once for each fault, as C99.
#include "sinter/rule_plugin.h"

#ifndef NO_ENTRY

static int first(const void* state, sinter_cell* cell, sinter_answer* answer) {
  (void)state;
  answer->value = cell->next(cell)->value;
  return 0;
}

static const sinter_rule rules[] = {{"first", "the smallest claim", SINTER_TAKES(SINTER_DOUBLE), 0, SINTER_NULL, SINTER_CONFIDENCE_SHARE,
                                     NULL, 0, NULL, first, NULL}};
static sinter_rule_plugin table = {SINTER_RULE_PLUGIN_HEADER, "bad", "1", rules, 1};

SINTER_RULE_PLUGIN_EXPORT const sinter_rule_plugin* sinter_rule_plugin_table(void) {
  CHANGE;
  return &table;
}

#endif

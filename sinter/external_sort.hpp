// The external sort, for reducers that must see a group in another order than it comes (docs/decisions/0007-external-sort-is-public.md).
#pragma once

#include "shuffle/build/run_builder.hpp"
#include "shuffle/merge/group_cursor.hpp"

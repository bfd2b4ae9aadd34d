// Readers and writers of one's own, and records of fixed width: sinter::records(), sinter::written(), sinter::fixed_width().
#pragma once

#include "framework/api/fixed_width.hpp"
#include "framework/api/own_formats.hpp"

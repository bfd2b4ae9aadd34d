// The log of an attempt, for jobs that write to it: Context::log().
#pragma once

#include "base/log.hpp"

// Values with a Boost.Serialization serialize() member. The one public header that needs Boost; link its serialization library.
#pragma once

#include "framework/api/boost_codec.hpp"

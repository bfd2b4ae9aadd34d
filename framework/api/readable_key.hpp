// Key bytes for people: errors, rejects. Stateless; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sinter {

/// The fields, when they are append_key_* fields of either order, else hexadecimal. A field of bytes that holds a key is that key.
std::string readable_key(std::string_view key);

}  // namespace sinter

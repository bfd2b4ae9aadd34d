// Sealed bytes. Stateless; any thread.
#include "framework/runtime/sealed_bytes.hpp"

#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace sinter {

std::string seal_bytes(std::string_view magic, std::string_view body) {
  std::string bytes(magic);
  append_fixed(bytes, checksum64(body));
  return bytes.append(body);
}

Result<std::string_view> unseal_bytes(std::string_view magic, std::string_view bytes, std::string_view what, const std::string& path) {
  const std::size_t head = magic.size() + sizeof(std::uint64_t);
  if (bytes.size() < head || !bytes.starts_with(magic))
    return internal_error("'" + path + "' is no " + std::string(what) + " of this version");
  const std::string_view body = bytes.substr(head);
  if (load_fixed<std::uint64_t>(bytes.data() + magic.size()) != checksum64(body))
    return internal_error(std::string(what) + " '" + path + "' is damaged");
  return body;
}

}  // namespace sinter

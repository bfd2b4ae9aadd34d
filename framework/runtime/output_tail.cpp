// The last words of a worker. Stateless; any thread.
#include "framework/runtime/output_tail.hpp"

#include <algorithm>

namespace sinter {

std::string output_tail(FileSystem& files, const std::string& path, std::uint64_t max_bytes) {
  const auto output = files.open(path);
  if (!output.ok() || (*output)->size_bytes() == 0) return "";
  const std::uint64_t size = std::min((*output)->size_bytes(), max_bytes);
  std::string tail(size, '\0');
  const auto got = (*output)->read_at((*output)->size_bytes() - size, tail.data(), size);
  if (!got.ok()) return "";
  tail.resize(*got);
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.pop_back();
  return tail;
}

}  // namespace sinter

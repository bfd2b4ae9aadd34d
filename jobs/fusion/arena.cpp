// Arena: see value.hpp. One thread.
#include <algorithm>
#include <cstring>

#include "jobs/fusion/value.hpp"

namespace sinter::fusion {

struct Arena::Chunk {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
};

Arena::Arena(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}
Arena::Arena(Arena&&) noexcept = default;
Arena& Arena::operator=(Arena&&) noexcept = default;
Arena::~Arena() = default;

char* Arena::allocate(std::size_t size, std::size_t alignment) {
  std::size_t at = (at_ + alignment - 1) & ~(alignment - 1);
  if (chunks_.empty() || at + size > chunks_.back().size) {
    const std::size_t chunk_size = std::max(chunk_bytes_, size);
    // for_overwrite: zeroing a chunk per batch would cost more than filling it.
    chunks_.push_back(Chunk{std::make_unique_for_overwrite<char[]>(chunk_size), chunk_size});
    at = 0;
  }
  at_ = at + size;
  used_bytes_ += size;
  return chunks_.back().bytes.get() + at;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = allocate(text.size());
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

Value* Arena::allocate_values(std::size_t count) {
  auto* values = reinterpret_cast<Value*>(allocate(count * sizeof(Value), alignof(Value)));
  std::uninitialized_default_construct_n(values, count);
  return values;
}

Value Arena::copy(const Value& value) {
  if (value.type() == ValueType::String) return Value::of_string(copy(value.string()));
  if (value.type() != ValueType::List) return value;
  Value* items = allocate_values(value.list_size());
  for (std::size_t i = 0; i < value.list_size(); ++i) items[i] = copy(value.item(i));
  return Value::of_list(items, value.list_size());
}

void Arena::clear() {
  if (chunks_.size() > 1) chunks_.resize(1);
  at_ = 0;
  used_bytes_ = 0;
}

}  // namespace sinter::fusion

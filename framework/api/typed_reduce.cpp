// What every typed reduce does, whatever its types. One thread.
#include "framework/api/typed_reduce.hpp"

namespace sinter {

Result<bool> OrderCheckedGroup::next() {
  SINTER_ASSIGN(const bool more, source_.next());
  if (!more) return false;
  if (source_.full_key() < last_) return internal_error("the values of a group came out of order");
  last_ = source_.full_key();
  return true;
}

TypedReduceBase::TypedReduceBase(TypedTaskSetup setup, TaskContext& task)
    : tag_size_(setup.tag.size()), context_(task, std::move(setup.side_files), current_), reading_{task, {}, 0},
      groups_(task.counter("groups")) {}
TypedReduceBase::~TypedReduceBase() = default;

Status TypedReduceBase::check_order(std::string_view group) {
  if (last_group_ && group <= *last_group_) return internal_error("groups came out of order");
  last_group_ = group;
  return {};
}

}  // namespace sinter

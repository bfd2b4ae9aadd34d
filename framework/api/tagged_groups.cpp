// One group, source by source. One thread.
#include "framework/api/tagged_groups.hpp"

#include "shuffle/record/key.hpp"

namespace sinter {

std::string tag_bytes(std::size_t source) {
  std::string bytes;
  append_key_int64(bytes, static_cast<std::int64_t>(source));
  return bytes;
}

Status TaggedGroups::advance() {
  SINTER_ASSIGN(const bool more, group_.next());
  ended_ = !more;
  if (ended_) return {};
  KeyReader reader(group_.full_key().substr(group_.key().size()));
  SINTER_ASSIGN(const std::int64_t source, reader.read_int64());
  at_ = static_cast<std::size_t>(source);
  waiting_ = true;
  return {};
}

Result<bool> TaggedGroups::next(std::size_t source) {
  if (source < passed_)
    return user_error("the values of source " + std::to_string(source + 1) + " were passed over by reading those of a later one")
        .with_hint("Read the groups in the order of the job's maps, or keep the earlier one: auto values = group.replayable()");
  while (!ended_) {
    if (!waiting_) SINTER_TRY(advance());
    if (ended_ || at_ > source) return false;
    waiting_ = false;
    if (at_ == source) return true;
    passed_ = at_ + 1;
  }
  return false;
}

}  // namespace sinter

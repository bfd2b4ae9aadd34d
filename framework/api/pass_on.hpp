// PassOn: the step that emits what it is given. Belongs to one attempt and one thread.
#pragma once

#include "framework/api/task.hpp"

namespace sinter {

/// Every record of every group, as it is.
class PassOn final : public StepTask {
 public:
  Status reduce(RawGroup& group, RawEmitter& target) override {
    while (true) {
      SINTER_ASSIGN(const bool more, group.next());
      if (!more) return {};
      SINTER_TRY(target.emit(group.full_key(), group.key().size(), group.value()));
    }
  }
  Status finish(RawEmitter&) override { return {}; }
};

}  // namespace sinter

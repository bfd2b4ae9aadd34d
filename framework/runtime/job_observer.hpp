// JobObserver: told of what becomes of a job, as it happens. Owned by whoever runs the job; called on run_job()'s thread.
#pragma once

#include <cstdint>
#include <vector>

#include "framework/control/events.hpp"
#include "framework/plan/stages.hpp"
#include "framework/runtime/messages.hpp"

namespace sinter {

class JobObserver {
 public:
  virtual ~JobObserver() = default;
  /// The stage's tasks are known and begin. `shuffle_bytes`: of all stages so far. `replayed`: they began in a life before this one.
  virtual void stage_opened(std::uint32_t number, const Stage& stage, std::uint64_t shuffle_bytes, bool replayed) = 0;
  /// What the scheduler heard, and what follows from it; beats and ticks too.
  virtual void stepped(const Event& event, const std::vector<Command>& commands) = 0;
  /// A decision of a life before; they come first, in their order.
  virtual void replayed(const JournalRecord& record) = 0;
  /// Of an attempt that runs.
  virtual void progressed(const AttemptId& attempt, const AttemptProgress& progress) = 0;
};

}  // namespace sinter

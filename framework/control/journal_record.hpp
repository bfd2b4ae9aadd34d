// What a tracker must not forget of a job: the records of its journal, in the order in which they were decided. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// Opening: the shell looks for the next stage.
enum class JobState : std::uint8_t { Opening, Running, Done, Failed, Cancelled };

namespace journal {

/// The stage has this many tasks; see event::StageOpened.
struct StageOpened {
  std::uint32_t stage = 0;
  std::uint32_t tasks = 0;
  std::vector<std::uint32_t> inputs;
  std::vector<std::uint32_t> freed;
  bool keeps_results = false;
  friend bool operator==(const StageOpened&, const StageOpened&) = default;
};
/// The result of this attempt, which lies on this host, is the result of its task. Counters are those of the attempt.
struct Committed {
  AttemptId attempt;
  HostId host = 0;
  Counters counters;
  std::optional<std::uint64_t> checksum;
  friend bool operator==(const Committed&, const Committed&) = default;
};
/// The committed result of this attempt is gone.
struct ResultLost {
  AttemptId attempt;
  friend bool operator==(const ResultLost&, const ResultLost&) = default;
};
/// What was kept of the committed result of this attempt (a part of the output, rejects, side outputs) is gone: the task is made again,
/// whoever reads it, and before anything else is opened or ends. A job that was done is not.
struct KeptLost {
  AttemptId attempt;
  friend bool operator==(const KeptLost&, const KeptLost&) = default;
};
/// The attempt failed, and it counts against the task. What the next attempt has to know is here as it is afterwards.
struct Failed {
  AttemptId attempt;
  WorkerId worker = 0;  // 0: its commit failed
  HostId host = 0;
  Error error;
  bool careful = false;
  std::optional<RecordAt> suspect;
  friend bool operator==(const Failed&, const Failed&) = default;
};
/// The record crashed this attempt alone; it is set aside.
struct Quarantined {
  AttemptId attempt;
  RecordAt record;
  friend bool operator==(const Quarantined&, const Quarantined&) = default;
};
/// Of the task's range only what is before `border` is left; the rest is that of a new task of the stage, `rest`. All attempts after this
/// one do the same part.
struct RangeCut {
  AttemptId attempt;
  std::uint32_t rest = 0;
  std::string border;
  friend bool operator==(const RangeCut&, const RangeCut&) = default;
};
/// The job has ended: Done, Failed or Cancelled. What ends it (publication) may still have to be done, and can be done twice.
struct Ended {
  JobState state = JobState::Done;
  std::optional<Error> error;
  std::optional<AttemptId> attempt;
  friend bool operator==(const Ended&, const Ended&) = default;
};

}  // namespace journal

using JournalRecord = std::variant<journal::StageOpened, journal::Committed, journal::ResultLost, journal::Failed, journal::Quarantined,
                                   journal::Ended, journal::RangeCut, journal::KeptLost>;

}  // namespace sinter

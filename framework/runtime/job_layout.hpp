// JobLayout: the names of files in a job's scratch directory. Pure; any thread.
#pragma once

#include <string>

#include "framework/control/task_id.hpp"

namespace sinter {

class JobLayout {
 public:
  explicit JobLayout(std::string scratch_directory) : root_(std::move(scratch_directory)) {}

  const std::string& root() const { return root_; }
  std::string plan() const { return root_ + "/plan"; }
  /// What its client has sent along, where it has.
  std::string shipped_inputs() const { return root_ + "/shipped"; }
  /// Native code that it brought to a node.
  std::string code() const { return root_ + "/code"; }
  /// Of a job that outlives its tracker's process.
  std::string journal() const { return root_ + "/journal"; }
  /// What the Merge of this stage made of its round, kept for the next life of the tracker.
  std::string summary(std::uint32_t stage) const { return root_ + "/summary-" + std::to_string(stage); }
  std::string socket() const { return root_ + "/socket"; }
  std::string worker_output(WorkerId worker) const { return root_ + "/worker-" + std::to_string(worker) + ".output"; }
  std::string worker_position(WorkerId worker) const { return root_ + "/worker-" + std::to_string(worker) + ".position"; }

  /// What one attempt writes, removed when it ends.
  std::string attempt(const AttemptId& attempt) const {
    return root_ + "/attempts/" + name(attempt.task) + "-" + std::to_string(attempt.number);
  }
  std::string attempt_result(const AttemptId& id) const { return attempt(id) + "/result"; }
  std::string attempt_rejects(const AttemptId& id) const { return attempt(id) + "/rejects"; }
  std::string attempt_side_output(const AttemptId& id, std::size_t index) const { return attempt(id) + "/side-" + std::to_string(index); }

  /// Log lines of all attempts, also of those that failed.
  std::string logs() const { return root_ + "/logs"; }
  std::string attempt_log(const AttemptId& id) const {
    return logs() + "/attempt-" + name(id.task) + "-" + std::to_string(id.number) + ".jsonl";
  }

  /// What a committed task leaves: a run, a summary or a part of the output, and its rejects, if it had any.
  std::string committed_directory() const { return root_ + "/committed"; }
  std::string result(const TaskId& task) const { return committed_directory() + "/" + name(task); }
  std::string rejects(const TaskId& task) const { return result(task) + ".rejects"; }
  std::string side_output(const TaskId& task, std::size_t index) const { return result(task) + ".side-" + std::to_string(index); }

 private:
  static std::string name(const TaskId& task) { return "stage-" + std::to_string(task.stage) + "-" + std::to_string(task.ordinal); }

  std::string root_;
};

}  // namespace sinter

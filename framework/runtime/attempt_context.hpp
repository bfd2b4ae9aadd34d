// AttemptContext: the TaskContext of one attempt: counters, rejects, scratch. Owned by the attempt; one thread.
#pragma once

#include <memory>
#include <string>

#include "framework/api/task.hpp"
#include "framework/runtime/attempt.hpp"
#include "framework/runtime/attempt_extras.hpp"

namespace sinter {

class AttemptContext final : public TaskContext {
 public:
  AttemptContext(const AttemptSurroundings& around, const RunAttempt& run);

  /// Reads the summary that the stage's tasks see. Called before the task is made.
  Status open();

  Counter counter(std::string_view name) override;
  Status reject(const Rejection& rejection) override;
  const std::string& scratch_directory() const override { return directory_; }
  FileSystem& files() override { return around_.files; }
  MemoryBudget& memory() override { return around_.memory; }
  std::string_view file_path(std::uint32_t file) const override;
  const ParameterDeclaration* parameter(std::string_view name) const override;
  Result<OutputSink*> side_output(std::size_t index) override { return side_outputs_.open(index); }
  void set_status(std::string_view text) override { around_.progress.set_status(text); }
  Log& log() override { return log_; }
  std::uint64_t seed() const override;
  std::uint32_t round() const override { return stage_.round; }
  std::string_view summary() const override { return summary_; }
  Result<std::string_view> side_bytes(std::string_view name) override { return around_.side_data.bytes(name); }
  Result<std::span<const Record>> side_records(std::string_view name) override { return around_.side_data.records(name); }

  /// Writes out what reject() and side outputs have buffered.
  Status close();
  const Counters& counters() const { return counters_; }

 private:
  Status flush();

  const AttemptSurroundings& around_;
  const Stage& stage_;
  std::string_view summary_;
  std::string directory_;
  std::string rejects_path_;
  Counters counters_;
  std::string buffer_;
  std::unique_ptr<WritableFile> rejects_;  // made with the first line: most attempts reject nothing
  std::uint64_t rejected_ = 0;
  SideOutputFiles side_outputs_;
  Log log_{LogLevel::Debug};
};

/// Calls user code and turns what it throws into an error that says so.
template <class Call>
auto guarded(bool& threw, std::string_view who, Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    threw = true;
    return environment_error("the " + std::string(who) + " ran out of memory (std::bad_alloc)", false)
        .with_hint("A worker may take twice execution.memory and 1 GiB: let the code keep less, or raise execution.memory (--memory)");
  } catch (const std::exception& thrown) {
    threw = true;
    return user_error("the " + std::string(who) + " threw an exception: " + thrown.what());
  } catch (...) {
    threw = true;
    return user_error("the " + std::string(who) + " threw something that is no std::exception");
  }
}

}  // namespace sinter

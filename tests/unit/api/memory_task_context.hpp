// A TaskContext for tests of the typed layer: counters, rejects, side outputs and status in memory. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "framework/api/parameter.hpp"
#include "framework/api/task.hpp"

namespace sinter::testing {

class MemorySink final : public OutputSink {
 public:
  Status append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

class MemoryTaskContext final : public TaskContext {
 public:
  explicit MemoryTaskContext(std::uint64_t memory_bytes = 1u << 20) : memory_("test memory", memory_bytes) {
    log_.add_sink(make_memory_log_sink(log_lines));
    require(files_->make_directories(scratch_).ok(), "a directory in memory can be made");
  }
  Counter counter(std::string_view name) override { return Counter(&counters[std::string(name)]); }
  Status reject(const Rejection& rejection) override {
    rejects.push_back(std::string(rejection.entity) + "|" + std::string(rejection.field) + "|" + std::string(rejection.value) + "|" +
                      std::string(rejection.rule) + "|" + std::string(rejection.reason));
    return {};
  }
  const std::string& scratch_directory() const override { return scratch_; }
  FileSystem& files() override { return *files_; }
  MemoryBudget& memory() override { return memory_; }
  std::string_view file_path(std::uint32_t) const override { return "data.csv"; }
  const ParameterDeclaration* parameter(std::string_view name) const override {
    for (const ParameterDeclaration& one : parameters)
      if (one.name == name) return &one;
    return nullptr;
  }
  Result<OutputSink*> side_output(std::size_t index) override { return static_cast<OutputSink*>(&sides[index]); }
  void set_status(std::string_view text) override { status = text; }
  Log& log() override { return log_; }
  std::uint64_t seed() const override { return 17; }

  std::map<std::string, std::uint64_t, std::less<>> counters;
  std::vector<std::string> rejects;
  std::vector<ParameterDeclaration> parameters;
  std::map<std::size_t, MemorySink> sides;
  std::string status;
  std::shared_ptr<LogMemory> log_lines = std::make_shared<LogMemory>();

 private:
  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  MemoryBudget memory_;
  std::string scratch_ = "/scratch";
  Log log_{LogLevel::Debug};
};

/// A group of encoded values.
class MemoryGroup final : public RawGroup {
 public:
  struct Pair {
    std::string full_key;
    std::string value;
  };
  explicit MemoryGroup(std::string key, std::vector<Pair> pairs) : key_(std::move(key)), pairs_(std::move(pairs)) {}
  std::string_view key() const override { return key_; }
  std::string_view full_key() const override { return pairs_[at_ - 1].full_key; }
  std::string_view value() const override { return pairs_[at_ - 1].value; }
  Result<bool> next() override {
    if (at_ == fail_at) return environment_error("the run is gone");
    if (at_ == pairs_.size()) return false;
    ++at_;
    return true;
  }
  std::size_t fail_at = SIZE_MAX;

 private:
  std::string key_;
  std::vector<Pair> pairs_;
  std::size_t at_ = 0;
};

}  // namespace sinter::testing

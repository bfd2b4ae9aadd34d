// SideData: what every task of a worker may read whole: side inputs, and the summary of the last round. Read once per worker and kept.
// Owned by the worker; used by its task thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/plan/plan.hpp"

namespace sinter {

class SideData {
 public:
  /// `plan` and `job` outlive it. Its budget is its own: whether side data fits must not depend on what a task has reserved.
  SideData(FileSystem& files, const Plan& plan, const JobDefinition& job);
  ~SideData();
  SideData(const SideData&) = delete;
  SideData& operator=(const SideData&) = delete;

  /// See TaskContext.
  Result<std::string_view> bytes(std::string_view name);
  Result<std::span<const Record>> records(std::string_view name);

  /// The bytes of the file at `path`, which never changes. Read when it is not the one that was asked for last, which is forgotten.
  Result<std::string_view> summary(const std::string& path);

 private:
  class Table;
  struct Text {
    std::string bytes;
    Reservation reservation;
  };

  Result<std::uint32_t> input_named(std::string_view name) const;
  Status check_side_file(const SideFile& side);
  Result<Text> load_bytes(std::uint32_t input);
  Result<std::unique_ptr<Table>> load_records(std::uint32_t input);

  FileSystem& files_;
  const Plan& plan_;
  const JobDefinition& job_;
  MemoryBudget memory_;
  std::map<std::uint32_t, Text> texts_;                     // by side input
  std::map<std::uint32_t, std::unique_ptr<Table>> tables_;  // by side input
  std::string summary_path_;
  Text summary_;
};

}  // namespace sinter

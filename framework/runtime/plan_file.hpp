// The plan file: what every worker of a job reads once to know the job: its payload and plan. Written by the tracker before it starts
// workers. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "framework/plan/plan.hpp"

namespace sinter {

/// A plan file larger than this is refused: about a million input files.
inline constexpr std::uint64_t kMaxPlanFileBytes = 256u << 20;

struct PlanFile {
  JobPayload payload;
  Plan plan;
};

/// `synced`: its bytes are durable when it returns; its name is when its directory is synced.
Status write_plan_file(FileSystem& files, const std::string& path, const PlanFile& plan, bool synced = false);
/// Errors name the path: missing, damaged, another version.
Result<PlanFile> read_plan_file(FileSystem& files, const std::string& path);
/// What such a file holds, and back; `path` is for messages.
std::string plan_file_bytes(const PlanFile& plan);
Result<PlanFile> parse_plan_file(std::string_view bytes, const std::string& path);

}  // namespace sinter

// The fusion job: a JobFile as a JobDefinition of the framework. Any thread.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "framework/api/job_definition.hpp"
#include "jobs/fusion/config/job_file.hpp"
#include "jobs/fusion/rules/row_state.hpp"

namespace sinter::fusion {

/// The kind of JobPayload that carries a fusion job.
inline constexpr std::string_view kFusionJobKind = "fusion";

/// Errors: a rule or cleaner that cannot be made (load_job() has reported those already).
Result<JobDefinition> make_fusion_job(std::shared_ptr<const JobFile> job);

/// What a worker needs to make the same job: path, text and overrides of the job file, and what it found in the environment.
JobPayload make_payload(const JobFile& job);
/// The other side of make_payload(). Errors: a damaged payload, or files that changed so that the job no longer decodes.
/// `load_plugin`: load_plugins(), or where no code of others may be loaded one that says so.
Result<JobDefinition> make_fusion_job(FileSystem& files, const JobPayload& payload, const PluginLoader& load_plugin);

/// The rules of the job as one layout, with confidences or without. Errors: a rule that cannot be made.
Result<std::shared_ptr<const RowLayout>> make_row_layout(const JobFile& job, bool confidence);

/// Inputs of the job as the framework declares them: one per source, in order.
std::vector<InputDeclaration> fusion_inputs(const JobFile& job);

/// Reads the columns of a source's first file, for jobs without a schema.
ColumnDiscovery discover_columns(FileSystem& files);

}  // namespace sinter::fusion

// JobOutline: what a tracker must know of a job whose code it neither has nor loads: its stages, its outputs, what its manifest says.
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/api/job_definition.hpp"

namespace sinter {

/// Inputs of one kind in an outline, and steps.
inline constexpr std::uint32_t kMaxOutlineParts = 100'000;

struct JobOutline {
  struct Step {
    std::string name;
    bool whole_partitions = false;

    template <class Archive>
    void serialize(Archive& archive, unsigned) { archive & name & whole_partitions; }
  };

  std::string name;
  std::string hash;
  std::uint32_t inputs = 0;
  std::uint32_t side_inputs = 0;
  std::uint32_t sorted_inputs = 0;
  bool maps = false;         // has make_map
  bool map_writes = false;   // has make_map_output
  bool reduces = false;      // has make_reduce
  std::vector<Step> steps;
  std::uint32_t most_rounds = 0;  // 0: it has none
  std::optional<PairTypes> sorted_output;
  OutputDeclaration output;
  std::vector<SideOutputDeclaration> side_outputs;
  std::vector<ParameterDeclaration> parameters;  // names and values
  bool whole_partitions = false;
  std::string reduce_remark;
  std::string rejects_path;
  std::uint32_t workers = 0;       // as ExecutionOptions
  std::uint64_t memory_bytes = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & name & hash & inputs & side_inputs & sorted_inputs & maps & map_writes & reduces & steps & most_rounds & sorted_output;
    archive & output & side_outputs & parameters & whole_partitions & reduce_remark & rejects_path & workers & memory_bytes;
  }
};

template <class Archive>
void serialize(Archive& archive, PairTypes& types, unsigned) { archive & types.key & types.value; }
template <class Archive>
void serialize(Archive& archive, OutputDeclaration& output, unsigned) { archive & output.path & output.header & output.part_extension; }
template <class Archive>
void serialize(Archive& archive, SideOutputDeclaration& side, unsigned) { archive & side.name & side.output; }
template <class Archive>
void serialize(Archive& archive, ParameterDeclaration& parameter, unsigned) { archive & parameter.name & parameter.value; }

JobOutline outline_of(const JobDefinition& job);

/// A definition that plans nothing and makes no task, for run_job() with a plan that is made already and workers that know the job. Error
/// (the author's): no outline of a job.
Result<JobDefinition> definition_of(const JobOutline& outline);

}  // namespace sinter

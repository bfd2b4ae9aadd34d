// PlannedJob: a job with native code of its client's: code by content hash, and what a tracker, which loads no code, must know. Plain
// values; any thread. Why so: docs/decisions/0021-code-travels-by-its-hash.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/plan/job_outline.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// Files of code of one job, and their bytes.
inline constexpr std::size_t kMaxCodeFiles = 1'000;
inline constexpr std::uint64_t kMaxCodeBytes = 1u << 30;
/// Of a plan that a client has made: about thirty thousand input files.
inline constexpr std::uint64_t kMaxSentPlanBytes = 16u << 20;

/// What a program is called in its job's directory of code, and where its libraries lie there.
inline constexpr std::string_view kCodeProgram = "program";
inline constexpr std::string_view kCodeLibraries = "lib";

struct JobCode {
  bool is_program = false;              // workers are the file kCodeProgram; else the node's own, which load what is here
  std::vector<std::string> arguments;   // of the program
  std::vector<ShippedFile> files;       // their paths are below the job's directory of code

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & is_program & arguments & files; }
};

struct PlannedJob {
  std::string sinter_version;
  JobOutline outline;
  std::string plan;  // plan_file_bytes()
  JobCode code;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & sinter_version & outline & plan & code; }
};

}  // namespace sinter::cluster

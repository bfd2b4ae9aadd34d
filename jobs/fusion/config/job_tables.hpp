// The tables of the job language: every section, its keys, their types and defaults. Decoding, `sinter schema` and the test of
// docs/job-file.md read the same tables. Plain data made on each call; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "jobs/fusion/config/node.hpp"

namespace sinter::fusion {

enum class Section : std::uint8_t {
  Top, Parameter, Attribute, Source, Format, Long, Clean, CleanAttribute, RowSteps, Entity, Fuse, Quality, RejectedRows, Gold, Measure,
  Differences, Output, Fused, Rejects, Execution
};

inline constexpr std::array kSections{
    Section::Top, Section::Parameter, Section::Attribute, Section::Source, Section::Format, Section::Long, Section::Clean,
    Section::CleanAttribute, Section::RowSteps, Section::Entity, Section::Fuse, Section::Quality, Section::RejectedRows, Section::Gold,
    Section::Measure, Section::Differences, Section::Output, Section::Fused, Section::Rejects, Section::Execution};

struct SectionTable {
  /// As docs and messages write it: "sources.NAME.format"; empty for the top level.
  std::string_view path;
  /// The key that a bare value stands for; empty: none.
  std::string_view short_form;
  std::vector<OptionInfo> options;
};

SectionTable section_table(Section section);

/// Keys of `section` for messages about those who write them beside it, under the name it has there.
std::vector<KeyBelow> keys_below(Section section, std::string_view name);

/// The words that a String option accepts, the default first; empty when any text will do.
std::vector<std::string_view> option_choices(Section section, std::string_view option);

/// Longest accepted values of `execution:`.
inline constexpr std::int64_t kMaxWorkers = 1024;
inline constexpr std::int64_t kMaxRetries = 100;
inline constexpr std::int64_t kMaxTaskTimeoutMs = std::int64_t{7} * 24 * 3'600'000;
inline constexpr std::uint64_t kMinWorkerMemoryBytes = 8u << 20;

}  // namespace sinter::fusion

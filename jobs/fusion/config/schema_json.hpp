// The JSON Schema (draft-07) of job files, for editors: `sinter schema`. Pure; any thread.
#pragma once

#include <string>

namespace sinter::fusion {

/// Made from the tables that drive decoding, with every cleaner and rule. An editor uses it through the first line of a job file:
/// `# yaml-language-server: $schema=./job.schema.json`. It accepts every file that load_job() accepts; load_job() knows more
/// (names of attributes and sources, rules that fit a type).
std::string job_schema_json();

}  // namespace sinter::fusion

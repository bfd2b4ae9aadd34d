// What `sinter init` writes: the files of a job to start from. Constants; any thread.
#pragma once

#include <span>
#include <string_view>

namespace sinter::cli {

struct TemplateFile {
  std::string_view path;  // relative to the project's directory
  std::string_view text;
};

struct ProjectTemplate {
  std::string_view name;  // of --template
  std::span<const TemplateFile> files;
  /// What to type next, each line a command to be run in the directory.
  std::string_view next;
};

/// Every template, the default first.
std::span<const ProjectTemplate> project_templates();

}  // namespace sinter::cli

// `sinter init`: a directory with a job to start from. One thread.
#include <algorithm>

#include "base/file_system.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/project_templates.hpp"

namespace sinter::cli {
namespace {

/// Writes every file or, when one of them exists, none.
Status write_project(FileSystem& files, const ProjectTemplate& project, const std::string& directory) {
  for (const TemplateFile& file : project.files) {
    const std::string path = directory + "/" + std::string(file.path);
    if (files.exists(path)) {
      return user_error("'" + path + "' exists, and init replaces nothing").with_hint("Name a new directory, or move the file away");
    }
  }
  for (const TemplateFile& file : project.files) {
    const std::string path = directory + "/" + std::string(file.path);
    SINTER_TRY(files.make_directories(path.substr(0, path.rfind('/'))));
    SINTER_TRY(write_file(files, path, file.text));
  }
  return {};
}

}  // namespace

int init_command(const InitArguments& arguments, const Console& console) {
  const auto templates = project_templates();
  const auto project = std::ranges::find(templates, arguments.template_name, &ProjectTemplate::name);
  require(project != templates.end(), "the parser lets through only the names of templates");
  const auto files = make_posix_file_system();
  const Status written = write_project(*files, *project, arguments.directory);
  if (!written.ok()) {
    console.error(written.error());
    return written.error().fault() == Fault::User ? kUsage : kRunFailed;
  }
  std::string note = "made " + std::to_string(project->files.size()) + " files in " + arguments.directory + ":";
  for (const TemplateFile& file : project->files) note.append(" ").append(file.path);
  console.note(note + "\nnext: cd " + arguments.directory + " && " + std::string(project->next));
  return kOk;
}

}  // namespace sinter::cli

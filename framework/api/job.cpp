// A draft of a job to its definition. One thread.
#include "framework/api/job.hpp"

namespace sinter {
namespace {

std::string part_extension(FormatKind kind) {
  return kind == FormatKind::Csv ? ".csv" : kind == FormatKind::JsonLines ? ".jsonl" : ".txt";
}

Result<InputDeclaration> declare_input(const DataFile& file, bool maps_lines) {
  if (maps_lines && file.kind != FormatKind::Lines) {
    return user_error("the map takes lines, and the input '" + file.path + "' is a table")
        .with_hint("Read it with sinter::lines(), or write the map as void(const sinter::Record&, sinter::Emitter<K, V>&)");
  }
  if (file.kind != FormatKind::Lines && file.columns.empty()) return user_error("the input '" + file.path + "' names no columns to read");
  InputDeclaration input;
  input.name = file.path;
  input.paths = {file.path};
  input.format.kind = file.kind;
  for (const std::string& column : file.columns) input.columns.push_back({column, true});
  return input;
}

}  // namespace

Result<JobDefinition> CompleteJob::definition() const {
  JobDefinition definition = draft_.definition;
  if (definition.name.empty()) return user_error("the job has no name");
  if (draft_.inputs.empty()) return user_error("the job reads nothing").with_hint("Add .read(sinter::lines(\"...\")) before .map(...)");
  for (const DataFile& file : draft_.inputs) {
    SINTER_ASSIGN(InputDeclaration input, declare_input(file, draft_.maps_lines));
    definition.inputs.push_back(std::move(input));
  }
  const DataFile& output = draft_.output;
  if (output.kind != FormatKind::Lines && output.columns.empty()) return user_error("the output '" + output.path + "' names no columns");
  definition.output = {output.path, header_line(output), part_extension(output.kind)};
  definition.make_reduce = [make = draft_.make_reduce, output](TaskContext& context) { return make(output, context); };
  return definition;
}

}  // namespace sinter

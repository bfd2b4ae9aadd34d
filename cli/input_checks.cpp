// Headers against the job: see input_checks.hpp. One thread.
#include "cli/input_checks.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "jobs/fusion/job/fusion_job.hpp"
#include "jobs/fusion/job/source_binding.hpp"

namespace sinter::cli {
namespace {

std::string suggestion(const std::string& wanted, const std::vector<std::string>& columns) {
  const std::vector<std::string_view> candidates(columns.begin(), columns.end());
  const std::string_view near = fusion::nearest(wanted, candidates);
  if (!near.empty()) return "; did you mean '" + std::string(near) + "'?";
  std::string all;
  for (const std::string& column : columns) all += (all.empty() ? "; it has " : ", ") + column;
  return all.substr(0, 300);
}

/// With links and dots resolved as far as the path exists.
std::filesystem::path resolved(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  const std::filesystem::path clean = std::filesystem::weakly_canonical(absolute, ignored);
  return clean.empty() ? absolute : clean;
}

/// resolved() for many files of few directories: the directories' links are followed once, a file's own only when it is one.
class Resolver {
 public:
  std::filesystem::path operator()(const std::string& path) {
    const std::filesystem::path file(path);
    std::error_code ignored;
    if (!file.has_filename() || std::filesystem::is_symlink(file, ignored)) return resolved(path);
    const auto [known, is_new] = directories_.try_emplace(file.parent_path().string());
    if (is_new) known->second = resolved(known->first.empty() ? "." : known->first);
    return known->second / file.filename();
  }

 private:
  std::map<std::string, std::filesystem::path> directories_;
};

/// Whether `path` is `target` or lies below it.
bool is_at_or_below(const std::filesystem::path& path, const std::filesystem::path& target) {
  return std::mismatch(target.begin(), target.end(), path.begin(), path.end()).first == target.end();
}

}  // namespace

Status check_columns(FileSystem& files, const std::vector<InputDeclaration>& inputs, const std::vector<InputFile>& found) {
  std::string missing;
  for (const InputFile& file : found) {
    if (file.size_bytes == 0 || file.format.kind != FormatKind::Csv) continue;  // JSON records may differ from line to line
    SINTER_ASSIGN(const std::vector<std::string> columns, read_columns(files, file));
    for (const ColumnRequest& wanted : inputs[file.input].columns) {
      if (!wanted.required || std::find(columns.begin(), columns.end(), wanted.name) != columns.end()) continue;
      missing += (missing.empty() ? "" : "\n") + file.path + " has no column '" + wanted.name + "'" + suggestion(wanted.name, columns);
    }
  }
  if (missing.empty()) return {};
  return user_error(missing).with_hint("name the column in the job as the file does, or check the delimiter and the header line");
}

Status check_attributes(FileSystem& files, const fusion::JobFile& job, const std::vector<InputFile>& found) {
  std::set<std::size_t> attributes;
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) attributes.insert(i);
  std::set<std::string> seen;
  std::size_t source = job.sources.size();
  for (const InputFile& file : found) {
    if (file.input == source) continue;
    source = file.input;
    const fusion::SourceDeclaration& declared = job.sources[source];
    if (declared.long_shape || file.format.kind != FormatKind::Csv || file.size_bytes == 0) return {};
    const auto read = read_columns(files, file);
    if (!read.ok()) return {};  // check_columns() or the run says what is wrong with the file
    const std::vector<std::string>& columns = *read;
    seen.insert(columns.begin(), columns.end());
    for (const auto& [attribute, column] : declared.columns) attributes.erase(attribute);
    std::erase_if(attributes, [&](std::size_t one) {
      return std::find(columns.begin(), columns.end(), job.schema[one].name) != columns.end() || !job.clean[source][one].steps.empty();
    });
  }
  if (attributes.empty()) return {};
  std::string text;
  for (const std::size_t one : attributes) {
    text += (text.empty() ? "" : "\n") + ("no source has a column '" + job.schema[one].name + "' of the schema") +
            suggestion(job.schema[one].name, {seen.begin(), seen.end()});
  }
  return user_error(text).with_hint("map it under 'columns:' of a source, or take it out of the schema");
}

Status check_gold(FileSystem& files, const fusion::JobFile& job) {
  if (!job.gold) return {};
  const InputDeclaration input{"quality.gold", job.gold->paths, job.gold->format, fusion::bind_source(job, *job.gold).columns};
  SINTER_ASSIGN(const std::vector<InputFile> found, expand_inputs(files, {input}));
  return check_columns(files, {input}, found);
}

Status check_output_is_no_input(FileSystem& files, const fusion::JobFile& job, const std::vector<InputFile>& found) {
  std::vector<std::string> read = {job.path};
  for (const InputFile& file : found) read.push_back(file.path);
  if (job.gold) {
    const auto gold = expand_inputs(files, {{"quality.gold", job.gold->paths, job.gold->format, {}}});
    if (gold.ok()) {
      for (const InputFile& file : *gold) read.push_back(file.path);
    }
  }
  std::string written = job.output_path;
  while (written.size() > 1 && written.ends_with('/')) written.pop_back();
  const std::filesystem::path target = resolved(written);
  Resolver resolve;
  for (const std::string& path : read) {
    if (!is_at_or_below(resolve(path), target)) continue;
    return user_error("output '" + job.output_path + "' would replace '" + path + "', which the job reads")
        .with_hint("choose another output; a pattern such as *.csv also matches earlier results");
  }
  return {};
}

}  // namespace sinter::cli

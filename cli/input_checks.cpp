// Paths and headers against the job: see input_checks.hpp. One thread.
#include "cli/input_checks.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "jobs/fusion/job/fusion_job.hpp"
#include "jobs/fusion/job/source_binding.hpp"
#include "jobs/fusion/report/gold.hpp"

namespace sinter::cli {
namespace {

using fusion::Diagnostics;
using fusion::JobFile;
using fusion::Mark;
using fusion::SourceDeclaration;

/// What a message shows of a header.
constexpr std::size_t kShownHeaderBytes = 300;

/// A header of one column that another delimiter would cut: what to say then, with a "; " before it.
std::string other_delimiter(const std::vector<std::string>& columns) {
  if (columns.size() != 1) return {};
  const std::size_t found = columns.front().find_first_of(";\t|");
  if (found == std::string::npos) return {};
  const char delimiter = columns.front()[found];
  return "; say format: { delimiter: " + (delimiter == '\t' ? "tab" : std::string("\"") + delimiter + "\"") + " } if that is between them";
}

std::string suggestion(const std::string& wanted, const std::vector<std::string>& columns) {
  const std::vector<std::string_view> candidates(columns.begin(), columns.end());
  const std::string_view near = fusion::nearest(wanted, candidates);
  if (!near.empty()) return "did you mean '" + std::string(near) + "'?";
  std::string all;
  for (const std::string& column : columns) all += (all.empty() ? "the columns are " : ", ") + column;
  if (all.size() > kShownHeaderBytes) all = all.substr(0, kShownHeaderBytes) + "...";
  return all + other_delimiter(columns);
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

/// Expands the paths of one source. One by one when that fails, so that each mistake is shown at its own place.
std::vector<InputFile> find_files(FileSystem& files, const InputDeclaration& input, const SourceDeclaration& source,
                                  Diagnostics& diagnostics) {
  auto found = expand_inputs(files, {input});
  if (found.ok()) return std::move(found).value();
  bool told = false;
  for (std::size_t i = 0; i < source.paths.size(); ++i) {
    InputDeclaration one = input;
    one.paths = {source.paths[i]};
    const auto tried = expand_inputs(files, {one});
    if (tried.ok()) continue;
    diagnostics.error(source.path_marks[i], tried.error().message(), tried.error().hint());
    told = true;
  }
  if (!told) diagnostics.error(source.mark, found.error().message(), found.error().hint());
  return {};
}

/// An empty file among others is nothing special; a source of empty files only may be an export that failed.
void check_size(const SourceDeclaration& source, const std::vector<InputFile>& found, Diagnostics& diagnostics) {
  if (found.empty() || std::any_of(found.begin(), found.end(), [](const InputFile& file) { return file.size_bytes > 0; })) return;
  diagnostics.warning(source.path_marks.front(),
                      "source '" + source.name + "' has no data: '" + found.front().path + "' is empty" +
                          (found.size() == 1 ? "" : ", and so are its " + std::to_string(found.size() - 1) + " other files"),
                      "a header alone is enough for a source without rows");
}

/// Where the job file asks for a column.
Mark mark_of(const SourceDeclaration& source, const std::string& column) {
  const auto named = source.column_marks.find(column);
  return named != source.column_marks.end() && named->second.line > 0 ? named->second : source.mark;
}

/// Required columns that CSV files lack; JSON records may differ from line to line. One problem a column, however many files lack it.
void check_columns(FileSystem& files, const InputDeclaration& input, const SourceDeclaration& source, const std::vector<InputFile>& found,
                   HeaderDepth depth, Diagnostics& diagnostics) {
  struct Lack {
    std::string path, help;
    std::size_t files = 0;
  };
  std::map<std::string, Lack> lacks;
  std::set<std::string> twice;
  std::size_t looked_at = 0;
  for (const InputFile& file : found) {
    if (file.size_bytes == 0 || file.format.kind != FormatKind::Csv) continue;
    if (depth == HeaderDepth::FirstFiles && ++looked_at > kFirstHeaders) break;
    const auto columns = read_columns(files, file);
    if (!columns.ok()) {
      if (depth == HeaderDepth::FirstFiles) return;  // a damaged file is no mistake of the job: the run fails, and says so
      diagnostics.error(source.path_marks.front(), columns.error().message(), columns.error().hint());
      return;  // the next file of the source most likely says the same
    }
    for (const ColumnRequest& wanted : input.columns) {
      if (std::count(columns->begin(), columns->end(), wanted.name) > 1 && twice.insert(wanted.name).second) {
        diagnostics.error(mark_of(source, wanted.name), "'" + file.path + "' has more than one column '" + wanted.name + "'",
                          "rename one of them in the file, or read it with 'header: false' and names of your own");
      }
      if (!wanted.required || std::find(columns->begin(), columns->end(), wanted.name) != columns->end()) continue;
      Lack& lack = lacks[wanted.name];
      if (lack.files++ == 0) lack = {file.path, suggestion(wanted.name, *columns), 1};
    }
  }
  for (const auto& [column, lack] : lacks) {
    const std::string others = lack.files == 1 ? "" : ", nor have " + std::to_string(lack.files - 1) + " other files of it";
    diagnostics.error(mark_of(source, column), "'" + lack.path + "' has no column '" + column + "'" + others, lack.help);
  }
}

/// Attributes that no source can have a value for: a name in the schema that no header knows. JSON records may differ from line to
/// line and long rows name their attributes, so a job with such a source passes. Looks at the first file of each source.
void check_attributes(FileSystem& files, const JobFile& job, const std::vector<InputFile>& found, Diagnostics& diagnostics) {
  std::set<std::size_t> attributes;
  for (std::size_t i = job.key_size; i < job.schema.size(); ++i) attributes.insert(i);
  std::set<std::string> seen;
  std::size_t source = job.sources.size();
  for (const InputFile& file : found) {
    if (file.input == source) continue;
    source = file.input;
    const SourceDeclaration& declared = job.sources[source];
    if (declared.long_shape || file.format.kind != FormatKind::Csv || file.size_bytes == 0) return;
    const auto read = read_columns(files, file);
    if (!read.ok()) return;  // check_columns() has said what is wrong with the file
    const std::vector<std::string>& columns = *read;
    seen.insert(columns.begin(), columns.end());
    for (const auto& [attribute, column] : declared.columns) attributes.erase(attribute);
    std::erase_if(attributes, [&](std::size_t one) {
      return std::find(columns.begin(), columns.end(), job.schema[one].name) != columns.end() || !job.clean[source][one].steps.empty();
    });
  }
  for (const std::size_t one : attributes) {
    const std::string& name = job.schema[one].name;
    diagnostics.error(job.attribute_marks[one], "no source has a column '" + name + "'",
                      suggestion(name, {seen.begin(), seen.end()}) + "; or map it under 'columns' of a source");
  }
}

/// The truth is read before anything runs: a row of it that cannot be used is a mistake, and better known now than after the run.
void check_truth(FileSystem& files, const JobFile& job, Diagnostics& diagnostics) {
  const auto warnings = fusion::check_gold(files, job);
  const Mark mark = job.gold->path_marks.empty() ? job.gold->mark : job.gold->path_marks.front();
  if (!warnings.ok()) return diagnostics.error(mark, warnings.error().message(), warnings.error().hint());
  for (const std::string& warning : *warnings) diagnostics.warning(mark, warning);
}

/// The output must not be, or hold, a file that the job reads. Links are followed.
void check_output(const JobFile& job, const std::vector<std::string>& read, Diagnostics& diagnostics) {
  std::string written = job.output_path;
  while (written.size() > 1 && written.ends_with('/')) written.pop_back();
  std::error_code ignored;
  if (!std::filesystem::exists(written, ignored)) return;  // what is not there is nothing that the job reads
  const std::filesystem::path target = resolved(written);
  Resolver resolve;
  for (const std::string& path : read) {
    if (!is_at_or_below(resolve(path), target)) continue;
    diagnostics.error(job.output_mark, "the output '" + job.output_path + "' would replace '" + path + "', which the job reads",
                      "choose another output; a pattern such as *.csv also matches earlier results");
    return;
  }
}

}  // namespace

std::vector<InputFile> check_inputs(FileSystem& files, const JobFile& job, HeaderDepth depth, Diagnostics& diagnostics) {
  const std::vector<InputDeclaration> inputs = fusion::fusion_inputs(job);
  std::vector<InputFile> all;
  std::vector<std::string> read = {job.path};
  for (const auto& plugin : job.plugins) read.push_back(plugin->path());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<InputFile> found = find_files(files, inputs[i], job.sources[i], diagnostics);
    check_size(job.sources[i], found, diagnostics);
    check_columns(files, inputs[i], job.sources[i], found, depth, diagnostics);
    for (InputFile& file : found) {
      file.input = static_cast<std::uint32_t>(i);
      read.push_back(file.path);
      all.push_back(std::move(file));
    }
  }
  if (diagnostics.ok()) check_attributes(files, job, all, diagnostics);
  if (job.gold) {
    const InputDeclaration input{"quality.gold", job.gold->paths, job.gold->format, fusion::bind_source(job, *job.gold).columns};
    const std::vector<InputFile> found = find_files(files, input, *job.gold, diagnostics);
    check_columns(files, input, *job.gold, found, depth, diagnostics);
    for (const InputFile& file : found) read.push_back(file.path);
    if (diagnostics.ok()) check_truth(files, job, diagnostics);
  }
  check_output(job, read, diagnostics);
  return all;
}

}  // namespace sinter::cli

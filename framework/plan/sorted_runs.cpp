// Manifests of sorted pairs, and the files beside them.
#include "framework/plan/sorted_runs.hpp"

#include <array>

#include "framework/io/committed_output.hpp"
#include "framework/io/json_line_parser.hpp"
#include "framework/io/row_finder.hpp"
#include "framework/plan/plan.hpp"

namespace sinter {
namespace {

Error no_sorted_pairs(const std::string& path, const std::string& why) {
  return user_error("'" + path + "' holds no sorted pairs: " + why)
      .with_hint("Sorted pairs are a directory that a job has written by write(sinter::sorted_pairs(\"directory/\"))");
}

struct PairsInManifest {
  PairTypes types;
  std::uint64_t parts = 0;
};

Result<PairsInManifest> parse_manifest(std::string text, const std::string& path) {
  SINTER_ASSIGN(JsonPathTree tree, JsonPathTree::build({{"sorted_pairs.key", false}, {"sorted_pairs.value", false},
                                                        {"sorted_pairs.parts", false}}));
  const std::size_t size = text.size();
  text.append(kRowPaddingBytes, ' ');
  std::array<FieldView, 3> fields;
  TextArena arena;
  const std::string_view problem = JsonLineParser(std::move(tree)).parse(std::string_view(text).substr(0, size), fields, arena);
  if (!problem.empty()) return no_sorted_pairs(path, "its " + std::string(kManifestName) + " is damaged (" + std::string(problem) + ")");
  const auto parts = parse_parameter<std::uint64_t>(fields[2].text);
  if (fields[0].kind != FieldKind::Text || fields[1].kind != FieldKind::Text || !parts)
    return no_sorted_pairs(path, "the job that wrote it has left rows");
  return PairsInManifest{{std::string(fields[0].text), std::string(fields[1].text)}, *parts};
}

}  // namespace

Result<SortedDirectory> find_sorted_pairs(FileSystem& files, const std::string& path) {
  const std::string directory = without_slash(path);
  const std::string manifest = directory + "/" + std::string(kManifestName);
  if (!files.exists(directory)) return no_sorted_pairs(path, "there is no such directory");
  if (!files.exists(manifest)) return no_sorted_pairs(path, "it has no " + std::string(kManifestName));
  SINTER_ASSIGN(std::string text, read_file(files, manifest, kMaxManifestBytes));
  SINTER_ASSIGN(PairsInManifest found, parse_manifest(std::move(text), path));
  SortedDirectory pairs{std::move(found.types), {}};
  for (std::uint64_t part = 0; part < found.parts; ++part) {
    SortedRun run;
    run.path = directory + "/" + part_name(part, std::string(kSortedPartExtension));
    if (!files.exists(run.path))
      return no_sorted_pairs(path, "its " + std::string(kManifestName) + " names " + counted(found.parts, "part") + ", and '" + run.path +
                                       "' is not there");
    SINTER_ASSIGN(const FileInfo info, files.info(run.path));
    run.size_bytes = info.size_bytes;
    run.modified_ns = info.modified_ns;
    pairs.runs.push_back(std::move(run));
  }
  return pairs;
}

Result<std::vector<SortedRun>> plan_sorted_runs(FileSystem& files, const std::vector<SortedInput>& inputs) {
  std::vector<SortedRun> planned;
  for (std::uint32_t input = 0; input < inputs.size(); ++input) {
    const PairTypes& wanted = inputs[input].types;
    SINTER_ASSIGN(SortedDirectory found, find_sorted_pairs(files, inputs[input].path));
    if (found.types != wanted) {
      return user_error("the sorted pairs '" + inputs[input].path + "' are of " + found.types.key + " and " + found.types.value +
                        ", and the job reads " + wanted.key + " and " + wanted.value)
          .with_hint("Read them with the types of the job that wrote them, built as that was: debug builds tag their values");
    }
    for (SortedRun& run : found.runs) {
      run.input = input;
      planned.push_back(std::move(run));
    }
  }
  return planned;
}

std::uint64_t sorted_bytes(const std::vector<SortedRun>& runs) {
  std::uint64_t bytes = 0;
  for (const SortedRun& run : runs) bytes += run.size_bytes;
  return bytes;
}

}  // namespace sinter

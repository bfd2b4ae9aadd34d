// `sinter inspect`: a run file, sorted pairs, or an output with its manifest, made readable. One thread.
#include "base/memory_budget.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "framework/api/readable_key.hpp"
#include "framework/io/text_output.hpp"
#include "framework/plan/plan.hpp"
#include "framework/plan/sorted_runs.hpp"
#include "framework/runtime/publish.hpp"
#include "shuffle/merge/group_cursor.hpp"

namespace sinter::cli {
namespace {

/// Memory for reading a run; a few blocks are enough.
constexpr std::uint64_t kInspectMemoryBytes = 64u << 20;
/// Values are cut there.
constexpr std::size_t kMaxShownBytes = 64;

/// The first records of a run; counts them in `shown`.
Status print_records(FileSystem& files, const std::string& path, std::uint64_t most, std::uint64_t& shown, const Console& console) {
  MemoryBudget budget("inspect", kInspectMemoryBytes);
  MergeOptions options;
  options.run_paths = {path};
  SINTER_ASSIGN(const auto cursor, GroupCursor::open(files, budget, options));
  while (shown < most) {
    SINTER_ASSIGN(const bool more, cursor->next_group());
    if (!more) break;
    while (shown < most) {
      SINTER_ASSIGN(const bool value, cursor->next_value());
      if (!value) break;
      std::string line = "  " + readable_key(cursor->key()) + "  " + counted(cursor->value().size(), "byte") + "  ";
      append_hexadecimal(line, cursor->value(), kMaxShownBytes);
      console.data(line + "\n");
      ++shown;
    }
  }
  return {};
}

/// Records, blocks, bytes and keys of runs in key order.
void print_sizes(const std::vector<RunSummary>& runs, const Console& console) {
  std::uint64_t records = 0, blocks = 0, file_bytes = 0, raw_bytes = 0;
  std::string first, last;
  for (const RunSummary& run : runs) {
    if (records == 0 && run.records > 0) first = readable_key(run.blocks.front().first_key);
    if (run.records > 0) last = readable_key(run.last_key);
    records += run.records;
    blocks += run.blocks.size();
    file_bytes += run.file_bytes;
    raw_bytes += run.raw_bytes;
  }
  console.data("  records " + std::to_string(records) + "\n  blocks  " + std::to_string(blocks) + "\n  bytes   " +
               std::to_string(file_bytes) + " (" + std::to_string(raw_bytes) + " raw)\n");
  if (records > 0) console.data("  keys    " + first + " .. " + last + "\n");
}

Status print_run(FileSystem& files, const InspectArguments& arguments, const RunSummary& run, const Console& console) {
  console.data("run " + run.path + "\n");
  print_sizes({run}, console);
  std::uint64_t shown = 0;
  return print_records(files, run.path, arguments.records, shown, console);
}

Status print_sorted_pairs(FileSystem& files, const InspectArguments& arguments, const SortedDirectory& pairs, const Console& console) {
  console.data("sorted pairs " + arguments.path + "\n  key     " + pairs.types.key + "\n  value   " + pairs.types.value + "\n  parts   " +
               std::to_string(pairs.runs.size()) + "\n");
  std::vector<RunSummary> runs;
  for (const SortedRun& run : pairs.runs) {
    SINTER_ASSIGN(RunSummary summary, read_run_summary(files, run.path));
    runs.push_back(std::move(summary));
  }
  print_sizes(runs, console);
  std::uint64_t shown = 0;
  for (const SortedRun& run : pairs.runs) {
    if (shown == arguments.records) break;
    SINTER_TRY(print_records(files, run.path, arguments.records, shown, console));
  }
  return {};
}

/// The manifest of what is at `path`, which may be the manifest itself, a file or a directory of parts.
std::string manifest_of(FileSystem& files, const std::string& path) {
  if (path.ends_with(kManifestName) || path.ends_with(kManifestExtension)) return path;
  const auto info = files.info(path);
  return manifest_path(info.ok() && info->is_directory ? path + "/" : path);
}

}  // namespace

int inspect_command(const InspectArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  if (!files->exists(arguments.path)) {
    console.error(user_error("there is no file '" + arguments.path + "'"));
    return kRunFailed;
  }
  const auto end = [&console](const Status& printed) {
    if (!printed.ok()) console.error(printed.error());
    return printed.ok() ? kOk : kRunFailed;
  };
  if (const auto run = read_run_summary(*files, arguments.path); run.ok()) return end(print_run(*files, arguments, *run, console));
  if (const auto pairs = find_sorted_pairs(*files, arguments.path); pairs.ok())
    return end(print_sorted_pairs(*files, arguments, *pairs, console));
  const std::string manifest = manifest_of(*files, arguments.path);
  const auto text =
      files->exists(manifest)
          ? read_file(*files, manifest, kMaxManifestBytes)
          : Result<std::string>(user_error("'" + arguments.path + "' is neither a run nor an output with '" + manifest + "'"));
  if (!text.ok()) {
    console.error(text.error());
    return kRunFailed;
  }
  console.data(*text);
  return kOk;
}

}  // namespace sinter::cli

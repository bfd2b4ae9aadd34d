// `sinter inspect`: a run file, or an output with its manifest, made readable. One thread.
#include <algorithm>

#include "base/memory_budget.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "framework/runtime/publish.hpp"
#include "jobs/fusion/value.hpp"
#include "shuffle/merge/group_cursor.hpp"

namespace sinter::cli {
namespace {

/// Memory for reading a run; a few blocks are enough.
constexpr std::uint64_t kInspectMemoryBytes = 64u << 20;
/// Larger manifests are not ours.
constexpr std::uint64_t kMaxManifestBytes = 64u << 20;

std::string hexadecimal(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes.substr(0, 64)) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return bytes.size() > 64 ? text + "..." : text;
}

/// The key's fields as text, or its bytes when they are not fields.
std::string readable_key(std::string_view key) {
  fusion::Arena arena;
  std::string text;
  std::size_t at = 0;
  while (at < key.size()) {
    fusion::Value value;
    if (!fusion::read_value(key, at, arena, value)) return hexadecimal(key);
    if (!text.empty()) text += " / ";
    fusion::append_display(text, value);
  }
  return text;
}

Status print_run(FileSystem& files, const InspectArguments& arguments, const RunSummary& run, const Console& console) {
  console.data("run " + run.path + "\n  records " + std::to_string(run.records) + "\n  blocks  " + std::to_string(run.blocks.size()) +
               "\n  bytes   " + std::to_string(run.file_bytes) + " (" + std::to_string(run.raw_bytes) + " raw)\n");
  if (run.records > 0) console.data("  keys    " + readable_key(run.blocks.front().first_key) + " .. " + readable_key(run.last_key) + "\n");
  MemoryBudget budget("inspect", kInspectMemoryBytes);
  MergeOptions options;
  options.run_paths = {run.path};
  SINTER_ASSIGN(const auto cursor, GroupCursor::open(files, budget, options));
  std::uint64_t shown = 0;
  while (shown < arguments.records) {
    SINTER_ASSIGN(const bool more, cursor->next_group());
    if (!more) break;
    while (shown < arguments.records) {
      SINTER_ASSIGN(const bool value, cursor->next_value());
      if (!value) break;
      console.data("  " + readable_key(cursor->key()) + "  " + std::to_string(cursor->value().size()) + " bytes  " +
                   hexadecimal(cursor->value()) + "\n");
      ++shown;
    }
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
  const auto run = read_run_summary(*files, arguments.path);
  if (run.ok()) {
    const Status printed = print_run(*files, arguments, *run, console);
    if (printed.ok()) return kOk;
    console.error(printed.error());
    return kRunFailed;
  }
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

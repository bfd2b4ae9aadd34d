// The list of cleaners, and making one from a step of a job file. Pure functions; any thread.
#include <algorithm>

#include "jobs/fusion/clean/cleaner_list.hpp"

namespace sinter::fusion {
namespace {

const CleanerInfo* find_cleaner(const std::vector<CleanerInfo>& cleaners, std::string_view name) {
  for (const CleanerInfo& info : cleaners) {
    if (info.name == name || std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end()) return &info;
  }
  return nullptr;
}

}  // namespace

std::vector<CleanerInfo> all_cleaners() {
  return {trim_cleaner(),         collapse_spaces_cleaner(),
          lower_cleaner(),        upper_cleaner(),
          title_cleaner(),        nfkc_cleaner(),
          casefold_cleaner(),     strip_prefix_cleaner(),
          strip_suffix_cleaner(), replace_cleaner(),
          remove_cleaner(),       extract_cleaner(),
          null_if_cleaner(),      default_cleaner(),
          fill_from_cleaner(),    number_cleaner(),
          scale_cleaner(),        convert_cleaner(),
          parse_time_cleaner(),   bool_cleaner(),
          map_cleaner(),          enum_cleaner(),
          range_cleaner(),        length_cleaner(),
          split_cleaner(),        join_cleaner(),
          sort_list_cleaner(),    unique_list_cleaner(),
          required_cleaner(),     drop_if_null_cleaner(),
          drop_if_cleaner()};
}

std::unique_ptr<Cleaner> make_cleaner(const std::vector<CleanerInfo>& cleaners, const ConfigNode& step, const CleanerSetting& setting,
                                      std::string_view where, Diagnostics& diagnostics) {
  require(setting.schema != nullptr && setting.cell < setting.schema->size(), "a cleaner is made for an attribute of a schema");
  const bool is_word = step.kind == NodeKind::Scalar;
  if (!is_word && (step.kind != NodeKind::Map || step.entries.size() != 1)) {
    diagnostics.error(step.mark, std::string(where) + " must be one cleaning step: a word, or a map with one key",
                      "write it like trim, or like { null_if: [\"\", \"-\"] }; several steps are several items of the list");
    return nullptr;
  }
  const std::string& name = is_word ? step.scalar : step.entries.front().key;
  const Mark mark = is_word ? step.mark : step.entries.front().key_mark;
  const CleanerInfo* info = find_cleaner(cleaners, name);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const CleanerInfo& known : cleaners) {
      names.push_back(known.name);
      names.insert(names.end(), known.aliases.begin(), known.aliases.end());
    }
    std::string help = did_you_mean(name, names);
    if (help.empty()) help = "`sinter list cleaners` shows all of them";
    diagnostics.error(mark, "unknown cleaner '" + name + "' in " + std::string(where), std::move(help));
    return nullptr;
  }
  // A bare word has no options; its place is the word.
  ConfigNode nothing;
  nothing.mark = mark;
  const std::size_t problems_before = diagnostics.problems().size();
  const OptionMap options(is_word ? nothing : step.entries.front().value, info->options, info->short_form,
                          std::string(where) + " " + std::string(info->name), diagnostics);
  auto cleaner = info->make(options, setting);
  const auto& problems = diagnostics.problems();
  const bool failed = std::any_of(problems.begin() + static_cast<std::ptrdiff_t>(problems_before), problems.end(),
                                  [](const Diagnostics::Problem& problem) { return !problem.is_warning; });
  require(cleaner != nullptr || failed, "a cleaner that is not made says why");
  return failed ? nullptr : std::move(cleaner);
}

}  // namespace sinter::fusion

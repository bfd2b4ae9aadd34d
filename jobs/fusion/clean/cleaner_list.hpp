// One line per cleaner: what all_cleaners() lists. Each is defined in the .cpp of its name; close relatives share one (strip_affix,
// unicode_forms). Pure functions; any thread.
#pragma once

#include "jobs/fusion/clean/cleaner.hpp"

namespace sinter::fusion {

CleanerInfo trim_cleaner();
CleanerInfo collapse_spaces_cleaner();
CleanerInfo lower_cleaner();
CleanerInfo upper_cleaner();
CleanerInfo title_cleaner();
CleanerInfo nfkc_cleaner();
CleanerInfo casefold_cleaner();
CleanerInfo strip_prefix_cleaner();
CleanerInfo strip_suffix_cleaner();
CleanerInfo replace_cleaner();
CleanerInfo remove_cleaner();
CleanerInfo extract_cleaner();
CleanerInfo null_if_cleaner();
CleanerInfo default_cleaner();
CleanerInfo fill_from_cleaner();
CleanerInfo number_cleaner();
CleanerInfo scale_cleaner();
CleanerInfo convert_cleaner();
CleanerInfo parse_time_cleaner();
CleanerInfo bool_cleaner();
CleanerInfo map_cleaner();
CleanerInfo enum_cleaner();
CleanerInfo range_cleaner();
CleanerInfo length_cleaner();
CleanerInfo split_cleaner();
CleanerInfo join_cleaner();
CleanerInfo sort_list_cleaner();
CleanerInfo unique_list_cleaner();
CleanerInfo required_cleaner();
CleanerInfo drop_if_null_cleaner();
CleanerInfo drop_if_cleaner();

}  // namespace sinter::fusion

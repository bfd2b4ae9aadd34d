// FetchFailure: one line of context, written and read here alone. Names and endpoints have no quotes. Any thread.
#include "shuffle/exchange/fetch_failure.hpp"

#include <string_view>

namespace sinter {
namespace {

constexpr std::string_view kBegin = "while fetching '";
constexpr std::string_view kMiddle = "' from '";
constexpr std::string_view kEnd = "'";

}  // namespace

Error fetch_error(const FetchFailure& failure, const std::string& what) {
  return environment_error(what).with_context(
      std::string(kBegin).append(failure.name).append(kMiddle).append(failure.endpoint).append(kEnd));
}

std::optional<FetchFailure> fetch_failure(const Error& error) {
  for (const std::string& context : error.context()) {
    std::string_view line = context;
    const std::size_t middle = line.find(kMiddle);
    if (!line.starts_with(kBegin) || !line.ends_with(kEnd) || middle == std::string_view::npos) continue;
    line.remove_suffix(kEnd.size());
    const std::string_view name = line.substr(kBegin.size(), middle - kBegin.size());
    return FetchFailure{std::string(line.substr(middle + kMiddle.size())), std::string(name)};
  }
  return std::nullopt;
}

}  // namespace sinter

// Parameters as text. Stateless.
#include "framework/api/parameter.hpp"

#include <algorithm>

#include "framework/io/text_output.hpp"

namespace sinter {

std::string parameter_text(bool value) { return value ? "true" : "false"; }

std::string parameter_text(double value) {
  std::string text;
  append_double(text, value);
  return text;
}

std::string parameter_text(Timestamp value) { return format_timestamp(value); }

Status set_parameter(std::vector<ParameterDeclaration>& parameters, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return user_error("--param takes NAME=VALUE, not '" + std::string(assignment) + "'");
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const auto& one) { return one.name == name; });
  if (found == parameters.end()) {
    std::string known;
    for (const ParameterDeclaration& one : parameters) known += (known.empty() ? "" : ", ") + one.name;
    return user_error("the job has no parameter '" + std::string(name) + "'")
        .with_hint(known.empty() ? "It declares none" : "It declares " + known);
  }
  if (!found->accepts(value))
    return user_error("the parameter '" + found->name + "' is '" + std::string(value) + "', which is no " + found->type);
  found->value = value;
  return {};
}

}  // namespace sinter

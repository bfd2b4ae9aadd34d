// Binding of columns to attributes: see source_binding.hpp. Any thread.
#include "jobs/fusion/job/source_binding.hpp"

namespace sinter::fusion {
namespace {

/// Requests a column once and says where it will be.
std::size_t request(std::vector<ColumnRequest>& columns, const std::string& name, bool required) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != name) continue;
    columns[i].required = columns[i].required || required;
    return i;
  }
  columns.push_back({name, required});
  return columns.size() - 1;
}

void bind_long(const JobFile& job, const LongShape& shape, SourceBinding& binding) {
  for (std::size_t i = 0; i < job.key_size; ++i) binding.attribute_field[i] = request(binding.columns, shape.entity[i], true);
  binding.attribute_name_field = request(binding.columns, shape.attribute, true);
  binding.value_field = request(binding.columns, shape.value, true);
  if (!shape.source.empty()) binding.source_field = request(binding.columns, shape.source, true);
  if (!shape.time.empty()) binding.time_field = request(binding.columns, shape.time, true);
}

void bind_wide(const JobFile& job, const SourceDeclaration& source, SourceBinding& binding) {
  for (std::size_t i = 0; i < job.schema.size(); ++i) {
    const auto mapped = source.columns.find(i);
    const bool named = mapped != source.columns.end();
    binding.attribute_field[i] = request(binding.columns, named ? mapped->second : job.schema[i].name, named || i < job.key_size);
  }
  if (!source.source_column.empty()) binding.source_field = request(binding.columns, source.source_column, true);
  if (source.time_column.empty()) return;
  binding.time_attribute = find_attribute(job.schema, source.time_column);
  if (binding.time_attribute == kNoField) binding.time_field = request(binding.columns, source.time_column, true);
}

/// In long rows other attributes are other rows, so a weight is a column there.
void bind_claim_weights(const JobFile& job, const SourceDeclaration& source, SourceBinding& binding) {
  for (std::size_t i = job.key_size; i < job.fuse.size(); ++i) {
    const std::string& column = job.fuse[i].weight_column;
    if (column.empty()) continue;
    ClaimWeight weight{i, kNoField, source.long_shape ? kNoField : find_attribute(job.schema, column)};
    if (weight.cell == kNoField) weight.field = request(binding.columns, column, true);
    binding.claim_weights.push_back(weight);
  }
}

}  // namespace

std::size_t find_attribute(const std::vector<Attribute>& schema, std::string_view name) {
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return i;
  }
  return kNoField;
}

SourceBinding bind_source(const JobFile& job, const SourceDeclaration& source) {
  SourceBinding binding;
  binding.attribute_field.assign(job.schema.size(), kNoField);
  binding.sigma_constant.assign(job.schema.size(), 0);
  binding.sigma_field.assign(job.schema.size(), kNoField);
  if (source.long_shape) {
    bind_long(job, *source.long_shape, binding);
  } else {
    bind_wide(job, source, binding);
  }
  if (!source.weight_column.empty()) binding.weight_field = request(binding.columns, source.weight_column, true);
  if (!source.is_truth) bind_claim_weights(job, source, binding);
  for (const SigmaSource& sigma : source.sigmas) {
    binding.sigma_constant[sigma.attribute] = sigma.constant;
    if (!sigma.column.empty()) binding.sigma_field[sigma.attribute] = request(binding.columns, sigma.column, true);
  }
  return binding;
}

}  // namespace sinter::fusion

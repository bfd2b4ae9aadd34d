// Context over the byte-level context of an attempt. One thread.
#include "framework/api/context.hpp"

#include <algorithm>

#include "base/checksum.hpp"
#include "framework/api/readable_key.hpp"
#include "framework/io/problem_text.hpp"

namespace sinter {
namespace {

/// Takes the rows of a side output that the job does not declare: the attempt fails anyway.
class NowhereSink final : public OutputSink {
 public:
  Status append(std::string_view) override { return {}; }
};

std::string declared_names(const std::vector<NamedFile>& files) {
  std::string names;
  for (const NamedFile& one : files) names += (names.empty() ? "It declares " : ", ") + one.name;
  return names.empty() ? "It declares none" : names;
}

}  // namespace

struct Context::Side {
  std::string name;
  DataFile format;
  NowhereSink nowhere;
  std::optional<RowWriter> writer;
};

Context::Context(TaskContext& task, SideFiles side_files, CurrentInput& current)
    : task_(task), side_files_(std::move(side_files)), current_(current) {}
Context::~Context() = default;

std::string Context::parameter_text_of(std::string_view name, const std::string& type) {
  const ParameterDeclaration* const declared = task_.parameter(name);
  if (declared == nullptr) {
    fail(user_error("the job declares no parameter '" + std::string(name) + "'")
             .with_hint("Add .parameter<T>(\"" + std::string(name) + "\", default, \"what it means\") to the job"));
    return "";
  }
  if (declared->type != type) {
    fail(user_error("the parameter '" + declared->name + "' is declared as " + declared->type + ", and is asked for as " + type));
    return "";
  }
  return declared->value;
}

RowWriter& Context::rows(std::string_view name) {
  for (const auto& side : sides_)
    if (side->name == name) return *side->writer;
  auto side = std::make_unique<Side>();
  side->name = name;
  OutputSink* sink = &side->nowhere;
  const auto declared = std::find_if(side_files_->begin(), side_files_->end(), [&](const NamedFile& one) { return one.name == name; });
  if (declared == side_files_->end()) {
    fail(user_error("the job declares no side output '" + side->name + "'").with_hint(declared_names(*side_files_)));
    side->format = sinter::lines("");
  } else {
    side->format = declared->file;
    Result<OutputSink*> opened = task_.side_output(static_cast<std::size_t>(declared - side_files_->begin()));
    if (opened.ok()) sink = *opened;
    else fail(std::move(opened).error());
  }
  side->writer.emplace(*sink, side->format);
  return *sides_.emplace_back(std::move(side))->writer;
}

void Context::reject(std::string_view field, std::string_view value, std::string_view reason) {
  if (!current_.rejected) counter(current_.record != nullptr ? "rows_rejected" : "groups_rejected").add();
  current_.rejected = true;
  Rejection rejection;
  rejection.record = current_.record;
  const std::string entity = current_.group.empty() ? std::string() : readable_key(current_.group);
  rejection.entity = entity;
  rejection.field = field;
  rejection.value = value;
  rejection.rule = "job";
  rejection.reason = reason;
  if (Status written = task_.reject(rejection); !written.ok()) fail(std::move(written).error());
}

Random Context::random(std::uint64_t stream) const {
  std::uint64_t seed = split_mix64(task_.seed() ^ split_mix64(stream));
  if (current_.record != nullptr) {
    const RecordPosition& at = current_.record->position;
    seed = split_mix64(split_mix64(seed ^ at.file) ^ at.offset_bytes);
  } else {
    seed = hash64(current_.group, seed);
  }
  return Random(seed);
}

std::string_view Context::file_path() const {
  return current_.record == nullptr ? std::string_view() : task_.file_path(current_.record->position.file);
}

const Status& Context::error_of_sides() const {
  for (const auto& side : sides_)
    if (!side->writer->status().ok()) return side->writer->status();
  return status_;
}

void Context::fail_side_row(std::string_view name, const Record& record, std::size_t columns, const ColumnProblem& problem) {
  const std::string where = "the side input '" + std::string(name) + "'";
  if (record.fields.size() != columns) {
    fail(user_error(where + " delivers " + std::to_string(record.fields.size()) + " columns, and its rows are read into " +
                    std::to_string(columns) + " fields"));
    return;
  }
  fail(user_error(where + " has a row that cannot be used: column " + std::to_string(problem.column + 1) + ", '" +
                  std::string(record.fields[problem.column].text) + "', " + problem.phrase)
           .with_context("at " + describe_place(record.line, record.position.offset_bytes)));
}

void Context::fail(Error error) {
  if (status_.ok()) status_ = std::move(error);
}

}  // namespace sinter

// What every typed map does, whatever its types. One thread.
#include "framework/api/typed_map.hpp"

#include "framework/io/problem_text.hpp"

namespace sinter {

TypedMapBase::TypedMapBase(TypedTaskSetup setup, TaskContext& task)
    : tag_(std::move(setup.tag)), task_(task), context_(task, std::move(setup.side_files), current_), rows_read_(task.counter("rows_read")),
      rows_rejected_(task.counter("rows_rejected")) {}
TypedMapBase::~TypedMapBase() = default;

Status TypedMapBase::reject_unreadable(const Record& record) {
  Rejection rejection;
  rejection.rule = "reader";
  rejection.reason = record.problem;
  return reject(rejection, record);
}

Status TypedMapBase::reject_column(const Record& record, const ColumnProblem& problem) {
  const std::string reason = "column " + std::to_string(problem.column + 1) + " of those that the job reads " + problem.phrase;
  Rejection rejection;
  rejection.rule = "type";
  rejection.reason = reason;
  rejection.value = record.fields[problem.column].text;
  return reject(rejection, record);
}

Status TypedMapBase::reject(Rejection& rejection, const Record& record) {
  rows_rejected_.add();
  rejection.record = &record;
  return task_.reject(rejection);
}

Error TypedMapBase::error_at(const Status& written, const Record& record) const {
  Error error = written.ok() ? context_.error().error() : written.error();
  return std::move(error).with_context("at " + describe_place(record.line, record.position.offset_bytes));
}

}  // namespace sinter

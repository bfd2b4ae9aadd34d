// Context: what a map or reduce may use of its surroundings, when it takes one as its last parameter. Belongs to one attempt and one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "framework/api/data_file.hpp"
#include "framework/api/histogram.hpp"
#include "framework/api/parameter.hpp"
#include "framework/api/row_parser.hpp"
#include "framework/api/row_writer.hpp"
#include "framework/api/task.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A side output as a job declares it.
struct NamedFile {
  std::string name;
  DataFile file;
};
/// The side outputs of a job, by name.
using SideFiles = std::shared_ptr<const std::vector<NamedFile>>;

/// What is being mapped or reduced; written by the task, read by the context.
struct CurrentInput {
  const Record* record = nullptr;  // null in reduce
  std::string_view group;          // key bytes; empty in map
  bool rejected = false;           // this record or group, at least once
};

/// Like an Emitter it never fails towards the caller: its first error is kept, and the attempt fails with it.
class Context {
 public:
  Context(TaskContext& task, SideFiles side_files, CurrentInput& current);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  /// The value of a parameter that the job declares with this type. Looks it up and reads its text: once, in setup(), not per record.
  template <class T>
  T parameter(std::string_view name) {
    check_parameter_type<T>();
    if constexpr (ParameterType<T>) {
      const std::optional<T> value = parse_parameter<T>(parameter_text_of(name, parameter_type_name<T>()));
      return value ? *value : T{};
    }
  }

  /// A sum over the job's successful attempts, as many as you like; in the summary and the manifest. Looks the name up: keep the
  /// handle.
  Counter counter(std::string_view name) { return task_.counter(name); }
  void count(std::string_view name, std::uint64_t by = 1) { counter(name).add(by); }
  /// A distribution over the job's successful attempts; in the manifest with its quantiles. Keep the handle.
  Histogram histogram(std::string_view name) { return Histogram(task_, name); }

  /// What the attempt is doing, for whoever looks at a running or failing job. The last one counts; kMaxStatusBytes of it.
  void status(std::string_view text) { task_.set_status(text); }

  /// The rows of a side output that the job declares: published with the output, from successful attempts only, in input order (map) or key
  /// order (reduce). Looks the name up.
  RowWriter& rows(std::string_view name);

  /// A side input's bytes, unpacked, its files one after the other; valid while the task lives. Read once by each worker.
  std::string_view side_text(std::string_view name) { return kept(task_.side_bytes(name)); }
  /// A table of a side input as structs that list their fields. Reads all rows: once, in setup().
  template <RowStruct T>
  std::vector<T> side_rows(std::string_view name) {
    std::vector<T> rows;
    for (const Record& record : kept(task_.side_records(name))) {
      ColumnProblem problem;
      if (record.fields.size() == kColumns<T> && parse_row(record, rows.emplace_back(), problem)) continue;
      fail_side_row(name, record, kColumns<T>, problem);
      break;
    }
    return rows;
  }

  /// Sets the current record (map) or group (reduce) aside: a line in the rejects file with file, line and reason, or with the key. Counts
  /// rows_rejected or groups_rejected, once per record or group. What was emitted for it stays.
  void reject(std::string_view reason) { reject({}, {}, reason); }
  void reject(std::string_view field, std::string_view value, std::string_view reason);

  /// Random numbers of the current record or group: the same in every run and attempt, however the input is split. The seed is the job's
  /// name, `stream`, and the record's file (its place in the list of input files) and offset, or the group's key.
  Random random(std::uint64_t stream = 0) const;

  /// Lines of this attempt: `<output>.logs/<attempt>.jsonl`, also when the attempt or the job fails. Include sinter/log.hpp to use it.
  Log& log() { return task_.log(); }
  /// The path of the current record's file; empty in reduce.
  std::string_view file_path() const;

  /// The byte-level context beneath.
  TaskContext& task() { return task_; }
  /// The first error of this context and of its side outputs, or good. Cheap while there is neither an error nor a side output in use.
  const Status& error() const { return sides_.empty() || !status_.ok() ? status_ : error_of_sides(); }
  /// Keeps the first error.
  void fail(Error error);

 private:
  struct Side;
  const Status& error_of_sides() const;
  template <class T>
  T kept(Result<T> result) {
    if (result.ok()) return *result;
    fail(std::move(result).error());
    return T{};
  }
  void fail_side_row(std::string_view name, const Record& record, std::size_t columns, const ColumnProblem& problem);
  std::string parameter_text_of(std::string_view name, const std::string& type);

  TaskContext& task_;
  SideFiles side_files_;
  CurrentInput& current_;
  std::vector<std::unique_ptr<Side>> sides_;  // those in use
  Status status_;
};

}  // namespace sinter

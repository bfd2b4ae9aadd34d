// The byte-level face of a job: what a map, a combine and a reduce attempt call. The typed layer (job.hpp) is written
// on this; jobs that move millions of small records may use it directly. Each object belongs to one attempt and one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/memory_budget.hpp"
#include "base/result.hpp"
#include "framework/io/record.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A named number of an attempt; the job's counters are the sums over successful attempts. Copyable handle.
class Counter {
 public:
  explicit Counter(std::uint64_t* value) : value_(value) {}
  void add(std::uint64_t by = 1) { *value_ += by; }

 private:
  std::uint64_t* value_;
};

/// One record, field or group set aside. Lands in the rejects file with the file's path and line.
struct Rejection {
  const Record* record = nullptr;   // null in reduce
  std::string_view source;
  std::string_view entity;          // readable key, when known
  std::string_view field;
  std::string_view value;
  std::string_view rule;            // what rejected it: "number", "required", "reader", ...
  std::string_view reason;          // a sentence
};

class Log;
class OutputSink;
struct ParameterDeclaration;

/// What an attempt may use of its surroundings.
class TaskContext {
 public:
  virtual ~TaskContext() = default;
  /// The counter of that name, created at zero. Look it up once, not per record.
  virtual Counter counter(std::string_view name) = 0;
  /// Writes to the rejects output of this attempt; kept only if the attempt commits. Does not count rows: the job does.
  virtual Status reject(const Rejection& rejection) = 0;
  /// A directory of this attempt for spills; removed afterwards.
  virtual const std::string& scratch_directory() const = 0;
  virtual FileSystem& files() = 0;
  virtual MemoryBudget& memory() = 0;
  /// The path of a file ordinal, for messages.
  virtual std::string_view file_path(std::uint32_t file) const = 0;
  /// The job's parameter of that name; null when it declares none.
  virtual const ParameterDeclaration* parameter(std::string_view name) const = 0;
  /// Side output number `index` of the definition, made at the first call; kept only if the attempt commits.
  virtual Result<OutputSink*> side_output(std::size_t index) = 0;
  /// What the attempt is doing, for people; cut at kMaxStatusBytes.
  virtual void set_status(std::string_view text) = 0;
  /// Kept per attempt, also of those that fail.
  virtual Log& log() = 0;
  /// The same for every attempt of every run of a job of this name.
  virtual std::uint64_t seed() const = 0;

  /// In a round and its merge: the round's number, from 1. In the last reduce of a job with rounds: how many there were. Else 0.
  virtual std::uint32_t round() const { return 0; }
  /// In a round and its merge: what the round before left (RoundsDeclaration::first_summary in round 1). In the last reduce: what the
  /// last round left. The same bytes for every task of the round; valid while the task lives.
  virtual std::string_view summary() const { return {}; }
  /// A side input's bytes, decompressed, its files one after the other. Read once per worker, at the first call; valid for the worker's
  /// life. Errors: no such side input, a file that has changed since the job was planned, more than its share of memory.
  virtual Result<std::string_view> side_bytes(std::string_view name) { return no_side_input(name); }
  /// A side input's records, in the order of its files and lines; `position.file` counts its own files. Read once per worker. Errors also:
  /// a record that its reader refuses.
  virtual Result<std::span<const Record>> side_records(std::string_view name) { return no_side_input(name); }

 protected:
  static Error no_side_input(std::string_view name) {
    return user_error("the job declares no side input '" + std::string(name) + "'");
  }
};

/// A longer status is cut.
inline constexpr std::size_t kMaxStatusBytes = 200;

/// Takes what a mapper or a step emits: records of the next stage.
class RawEmitter {
 public:
  virtual ~RawEmitter() = default;
  /// Key bytes made with append_key_*; the first `group_size` bytes are the group, the rest orders values within it.
  virtual Status emit(std::string_view key, std::size_t group_size, std::string_view value) = 0;
};

/// The values of one group, one pass.
class RawGroup {
 public:
  virtual ~RawGroup() = default;
  virtual std::string_view key() const = 0;  // group bytes
  virtual Result<bool> next() = 0;           // false when there are no more values
  virtual std::string_view value() const = 0;
  virtual std::string_view full_key() const = 0;  // group bytes and sort suffix of the current value
};

/// Takes output: whole lines of text. Reducers write in key order, mappers of a map-only job in the order of their split.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual Status append(std::string_view bytes) = 0;
};

/// Sees the records of one split. `Target` is a RawEmitter or an OutputSink.
template <class Target>
class MapTaskTo {
 public:
  virtual ~MapTaskTo() = default;
  /// One batch of records of one file.
  virtual Status map(std::span<const Record> batch, Target& target) = 0;
  /// Called when a new file (or piece of one) begins, before its first batch; `capture` is what {id} matched.
  virtual Status begin_file(std::uint32_t file, std::string_view capture) = 0;
  virtual Status finish(Target& target) = 0;
};

/// Sees the groups of one key range, in key order. `Target` is a RawEmitter or an OutputSink.
template <class Target>
class ReduceTaskTo {
 public:
  virtual ~ReduceTaskTo() = default;
  virtual Status reduce(RawGroup& group, Target& target) = 0;
  virtual Status finish(Target& target) = 0;
};

using MapTask = MapTaskTo<RawEmitter>;        ///< records to keyed records
using MapOutputTask = MapTaskTo<OutputSink>;  ///< records to lines: a map-only job
using StepTask = ReduceTaskTo<RawEmitter>;    ///< groups to keyed records of the next stage
using ReduceTask = ReduceTaskTo<OutputSink>;  ///< groups to lines

}  // namespace sinter

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

namespace sinter {

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
};

/// Takes what a mapper emits.
class RawEmitter {
 public:
  virtual ~RawEmitter() = default;
  /// Key bytes made with append_key_*; the first `group_size` bytes are the group, the rest orders values within it.
  virtual Status emit(std::string_view key, std::size_t group_size, std::string_view value) = 0;
};

class MapTask {
 public:
  virtual ~MapTask() = default;
  /// One batch of records of one file. `input` is the index of the declaration, `capture` what {id} matched.
  virtual Status map(std::span<const Record> batch, RawEmitter& emitter) = 0;
  /// Called when a new file (or piece of one) begins, before its first batch.
  virtual Status begin_file(std::uint32_t file, std::string_view capture) = 0;
  virtual Status finish(RawEmitter& emitter) = 0;
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

/// Takes a reducer's output: whole lines of text, in key order.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual Status append(std::string_view bytes) = 0;
};

class ReduceTask {
 public:
  virtual ~ReduceTask() = default;
  virtual Status reduce(RawGroup& group, OutputSink& output) = 0;
  virtual Status finish(OutputSink& output) = 0;
};

}  // namespace sinter

// AttemptContext: rejects as JSON lines (docs/formats/rejects.md), counters in a map whose nodes stay put.
#include "framework/runtime/attempt_context.hpp"

#include <algorithm>

#include "base/checksum.hpp"
#include "framework/io/text_output.hpp"

namespace sinter {
namespace {

constexpr std::size_t kRejectBufferBytes = 64u << 10;

void append_member(std::string& line, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  line += ",\"";
  line += name;
  line += "\":";
  append_json_string(line, text);
}

}  // namespace

void ProgressBoard::clear() {
  set_status({});
  for (auto* one : {&rows, &bytes, &rejected, &steps}) one->store(0, std::memory_order_relaxed);
}

AttemptProgress ProgressBoard::read() const {
  AttemptProgress now;
  now.rows = rows.load(std::memory_order_relaxed);
  now.bytes = bytes.load(std::memory_order_relaxed);
  now.rejected = rejected.load(std::memory_order_relaxed);
  const std::lock_guard lock(status_mutex_);
  now.status = status_;
  return now;
}

void ProgressBoard::set_status(std::string_view text) {
  const std::lock_guard lock(status_mutex_);
  status_ = text.substr(0, kMaxStatusBytes);
}

AttemptContext::AttemptContext(const AttemptSurroundings& around, const RunAttempt& run)
    : around_(around), stage_(run.stage), directory_(around.layout.attempt(run.attempt)),
      rejects_path_(around.layout.attempt_rejects(run.attempt)), side_outputs_(around.files, around.layout, run.attempt) {
  log_.add_sink(make_attempt_log_sink(around.files, around.layout.attempt_log(run.attempt),
                                      {around.job.name, task_name(run.stage, run.attempt.task.ordinal), run.attempt.number}));
}

Status AttemptContext::open() {
  SINTER_TRY(around_.files.make_directories(directory_));
  if (stage_.round == 0) return {};
  if (!stage_.summary_stage) {
    summary_ = around_.job.rounds->first_summary;
    return {};
  }
  SINTER_ASSIGN(summary_, around_.side_data.summary(around_.layout.result(TaskId{*stage_.summary_stage, 0})));
  return {};
}

Counter AttemptContext::counter(std::string_view name) {
  auto found = counters_.find(name);
  if (found == counters_.end()) found = counters_.emplace(std::string(name), 0).first;
  return Counter(&found->second);
}

Status AttemptContext::reject(const Rejection& rejection) {
  std::string& line = buffer_;
  // The rule comes first: it is the one member that every line has.
  line += "{\"rule\":";
  append_json_string(line, rejection.rule);
  append_member(line, "reason", rejection.reason);
  if (rejection.record != nullptr) {
    append_member(line, "file", file_path(rejection.record->position.file));
    if (rejection.record->line != 0) {
      line += ",\"line\":";
      append_int64(line, static_cast<std::int64_t>(rejection.record->line));
    }
    line += ",\"offset\":";
    append_int64(line, static_cast<std::int64_t>(rejection.record->position.offset_bytes));
  }
  append_member(line, "source", rejection.source);
  append_member(line, "entity", rejection.entity);
  append_member(line, "field", rejection.field);
  append_member(line, "value", rejection.value);
  if (rejection.record != nullptr) append_member(line, "record", rejection.record->raw);
  line += "}\n";
  ++rejected_;
  around_.progress.rejected.store(rejected_, std::memory_order_relaxed);
  return buffer_.size() >= kRejectBufferBytes ? flush() : Status();
}

std::string_view AttemptContext::file_path(std::uint32_t file) const {
  return file < around_.plan.files.size() ? std::string_view(around_.plan.files[file].path) : std::string_view();
}

const ParameterDeclaration* AttemptContext::parameter(std::string_view name) const {
  const std::vector<ParameterDeclaration>& all = around_.job.parameters;
  const auto found = std::find_if(all.begin(), all.end(), [&](const ParameterDeclaration& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::uint64_t AttemptContext::seed() const { return hash64(around_.job.name, 0); }

Status AttemptContext::flush() {
  if (buffer_.empty()) return {};
  if (rejects_ == nullptr) {
    SINTER_ASSIGN(rejects_, around_.files.create(rejects_path_));
  }
  SINTER_TRY(rejects_->append(buffer_));
  buffer_.clear();
  return {};
}

Status AttemptContext::close() {
  SINTER_TRY(flush());
  SINTER_TRY(side_outputs_.close());
  return rejects_ == nullptr ? Status() : rejects_->close();
}

}  // namespace sinter

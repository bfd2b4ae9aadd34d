// Sampling and fusing a few entities in this process: see preview.hpp. One thread.
#include "jobs/fusion/value_json.hpp"
#include "jobs/fusion/report/preview.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/memory_budget.hpp"
#include "jobs/fusion/job/fusion_job.hpp"
#include "jobs/fusion/job/fusion_mapper.hpp"
#include "jobs/fusion/job/fusion_reducer.hpp"
#include "jobs/fusion/job/record_writer.hpp"

namespace sinter::fusion {
namespace {

constexpr std::uint64_t kPreviewMemoryBytes = 512u << 20;
constexpr std::size_t kMaxRejectExamples = 5;

/// Counters and rejects of the preview; nothing is written.
class PreviewContext final : public TaskContext {
 public:
  explicit PreviewContext(Preview& preview) : preview_(preview), memory_("preview memory", kPreviewMemoryBytes) {}

  Counter counter(std::string_view name) override { return Counter(&counters_[std::string(name)]); }
  Status reject(const Rejection& rejection) override {
    if (preview_.reject_examples.size() >= kMaxRejectExamples) return {};
    std::string line = rejection.record == nullptr
                           ? ""
                           : std::string(file_path(rejection.record->position.file)) + ":" + std::to_string(rejection.record->line) + ": ";
    line.append(rejection.field).append(" \"").append(rejection.value).append("\": ").append(rejection.reason);
    line.append(" (").append(rejection.rule).append(")");
    preview_.reject_examples.push_back(std::move(line));
    return {};
  }
  const std::string& scratch_directory() const override { return scratch_; }
  /// A preview writes nothing: what spills, spills to memory.
  FileSystem& files() override { return *spills_; }
  MemoryBudget& memory() override { return memory_; }
  std::string_view file_path(std::uint32_t file) const override { return file < paths.size() ? paths[file] : std::string_view(); }

  // The fusion job uses none of these.
  const ParameterDeclaration* parameter(std::string_view) const override { return nullptr; }
  Result<OutputSink*> side_output(std::size_t) override { return internal_error("a preview has no side outputs"); }
  void set_status(std::string_view) override {}
  Log& log() override { return log_; }
  std::uint64_t seed() const override { return 0; }

  std::uint64_t count(std::string_view name) { return counters_[std::string(name)]; }

  std::vector<std::string> paths;

 private:
  Preview& preview_;
  MemoryBudget memory_;
  std::unique_ptr<FileSystem> spills_ = make_memory_file_system();
  std::string scratch_ = "preview";
  std::map<std::string, std::uint64_t> counters_;
  Log log_;
};

struct StoredRow {
  std::string full_key;
  std::string value;
  PreviewRow shown;
};

/// Keeps the rows of the first entities in key order (or of one entity), and forgets the others.
class FirstEntities final : public RawEmitter {
 public:
  FirstEntities(const JobFile& job, const PreviewOptions& options) : job_(job), options_(options) {}

  /// The mapper shows the row before it emits it.
  void see(const CleanedRow& row) {
    shown_.source = row.source.empty() ? "(row)" : std::string(row.source);
    shown_.cells.assign(row.cells.size(), {});
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      append_display(shown_.cells[i].before, row.before[i]);
      append_display(shown_.cells[i].after, row.cells[i]);
      append_json(shown_.cells[i].before_json, row.before[i]);
      append_json(shown_.cells[i].after_json, row.cells[i]);
    }
  }

  Status emit(std::string_view key, std::size_t group_size, std::string_view value) override {
    std::string group(key.substr(0, group_size));
    if (!options_.entity.empty() && display_key(shown_) != options_.entity) return {};
    if (entities_.size() >= options_.entities && group > entities_.rbegin()->first) return {};
    entities_[std::move(group)].push_back({std::string(key), std::string(value), shown_});
    if (entities_.size() > options_.entities) entities_.erase(std::prev(entities_.end()));
    return {};
  }

  std::string display_key(const PreviewRow& row) const {
    std::string text;
    for (std::size_t i = 0; i < job_.key_size; ++i) text += (i > 0 ? " / " : "") + row.cells[i].after;
    return text;
  }

  std::map<std::string, std::vector<StoredRow>>& entities() { return entities_; }

 private:
  const JobFile& job_;
  const PreviewOptions& options_;
  PreviewRow shown_;
  std::map<std::string, std::vector<StoredRow>> entities_;
};

/// The stored rows of one entity as a group of the shuffle.
class StoredGroup final : public RawGroup {
 public:
  StoredGroup(const std::string& group, const std::vector<StoredRow>& rows) : group_(group), rows_(rows) {}
  std::string_view key() const override { return group_; }
  Result<bool> next() override { return at_++ < rows_.size(); }
  std::string_view value() const override { return rows_[at_ - 1].value; }
  std::string_view full_key() const override { return rows_[at_ - 1].full_key; }

 private:
  const std::string& group_;
  const std::vector<StoredRow>& rows_;
  std::size_t at_ = 0;
};

Status map_first_rows(FileSystem& files, const JobFile& job, const RowLayout& layout, const PreviewOptions& options,
                      PreviewContext& context, FirstEntities& first, bool& is_sample) {
  const std::vector<InputDeclaration> inputs = fusion_inputs(job);
  SINTER_ASSIGN(const std::vector<InputFile> found, expand_inputs(files, inputs));
  for (const InputFile& file : found) context.paths.push_back(file.path);
  for (std::uint32_t i = 0; i < found.size(); ++i) {
    SINTER_ASSIGN(const auto mapper, FusionMapper::create(job, layout, found[i].input, context));
    mapper->set_observer([&first](const CleanedRow& row) { first.see(row); });
    SINTER_TRY(mapper->begin_file(i, found[i].capture));
    SINTER_ASSIGN(const auto reader,
                  open_reader(files, context.memory(), found[i], {i, 0, found[i].size_bytes, 1}, inputs[found[i].input].columns));
    for (std::uint64_t rows = 0;;) {
      SINTER_ASSIGN(const std::span<const Record> batch, reader->next_batch());
      if (batch.empty()) break;
      const std::size_t take = std::min<std::uint64_t>(batch.size(), options.rows_per_file - rows);
      if (take > 0) SINTER_TRY(mapper->map(batch.first(take), first));
      rows += take;
      if (take == batch.size()) continue;
      is_sample = true;
      break;
    }
    SINTER_TRY(mapper->finish(first));
  }
  return {};
}

void append_answer(std::string& out, const FusedCell& cell) {
  if (cell.long_text != nullptr) out = "(" + std::to_string(cell.long_text->size_bytes()) + " bytes)";
  else if (cell.is_too_long) out = "(too long)";
  else append_display(out, cell.value);
}

void append_json_answer(std::string& out, const FusedCell& cell, const std::string& shown) {
  if (cell.long_text != nullptr || cell.is_too_long) append_json_string(out, shown);
  else append_json(out, cell.value);
}

Result<PreviewEntity> fuse_entity(const JobFile& job, FusionReducer& reducer, const std::string& group, std::vector<StoredRow>& rows,
                                  const FirstEntities& first) {
  std::stable_sort(rows.begin(), rows.end(), [](const StoredRow& a, const StoredRow& b) { return a.full_key < b.full_key; });
  PreviewEntity entity;
  entity.key = first.display_key(rows.front().shown);
  StoredGroup stored(group, rows);
  SINTER_ASSIGN(const std::span<const FusedCell> cells, reducer.fuse(stored));
  for (std::size_t i = 0; i < job.schema.size(); ++i) {
    append_answer(entity.fused.emplace_back(), cells[i]);
    append_json_answer(entity.fused_json.emplace_back(), cells[i], entity.fused.back());
    entity.confidence.push_back(i < job.key_size ? std::nan("") : cells[i].confidence);
  }
  for (StoredRow& row : rows) entity.rows.push_back(std::move(row.shown));
  return entity;
}

}  // namespace

Result<Preview> make_preview(FileSystem& files, const JobFile& job, const PreviewOptions& options) {
  SINTER_ASSIGN(const std::shared_ptr<const RowLayout> layout, make_row_layout(job, /*confidence=*/true));
  Preview preview;
  PreviewContext context(preview);
  FirstEntities first(job, options);
  SINTER_TRY(map_first_rows(files, job, *layout, options, context, first, preview.is_sample));
  FusionReducer reducer(job, *layout, context);
  for (auto& [group, rows] : first.entities()) {
    SINTER_ASSIGN(PreviewEntity entity, fuse_entity(job, reducer, group, rows, first));
    preview.entities.push_back(std::move(entity));
  }
  preview.rows_read = context.count(kRowsRead);
  preview.rows_rejected = context.count(kRowsRejected);
  return preview;
}

}  // namespace sinter::fusion

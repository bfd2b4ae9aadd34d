// MergeInputs: planning of merge passes. One thread.
#include "shuffle/merge/merge_inputs.hpp"

#include <algorithm>
#include <utility>

namespace sinter {
namespace {

constexpr std::uint64_t kPassBlockShare = 32;
constexpr std::uint32_t kLargestPassBlockBytes = 128u << 10;
constexpr std::uint64_t kPassWriteShare = 8;
constexpr std::uint64_t kLargestPassWriteBytes = std::uint64_t{1} << 20;

/// Passes under little memory use smaller blocks, so that more runs fit into the next pass.
RunWriterOptions pass_writer(const std::string& path, Compression compression, std::uint64_t memory_bytes) {
  RunWriterOptions options;
  options.path = path;
  options.compression = compression;
  options.block_bytes = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(memory_bytes / kPassBlockShare, kMinBlockBytes, kLargestPassBlockBytes));
  options.write_bytes = std::min(memory_bytes / kPassWriteShare, kLargestPassWriteBytes);
  return options;
}

std::size_t combined_limit(std::uint64_t memory_bytes) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(memory_bytes / kCombinedValueShare, kMaxCombinedValueBytes));
}

}  // namespace

Result<MergeInputs> MergeInputs::open(FileSystem& files, const std::vector<std::string>& run_paths, MergeInputsOptions options) {
  require(options.max_fan_in >= 2, "a merge has a fan-in of at least 2");
  const bool keep_open = run_paths.size() <= options.max_fan_in;
  MergeInputs inputs(files, std::move(options));
  for (const std::string& path : run_paths) SINTER_TRY(inputs.look_at(path, keep_open));
  return inputs;
}

MergeInputs::~MergeInputs() {
  // Best effort: the owner of the spill directory removes the whole of it anyway.
  for (const std::string& path : spill_paths_) (void)files_->remove(path);
}

Status MergeInputs::look_at(const std::string& path, bool keep_open) {
  SINTER_ASSIGN(std::unique_ptr<RunCursor> cursor, RunCursor::open(*files_, path, options_.range));
  if (!cursor->may_have_records()) return {};
  Input input{path, cursor->raw_bytes(), cursor->buffer_bytes(), nullptr};
  if (keep_open) input.cursor = std::move(cursor);
  inputs_.push_back(std::move(input));
  return {};
}

std::uint64_t MergeInputs::wanted_bytes() const {
  if (inputs_.size() > options_.max_fan_in) {
    const RunWriterOptions writer = pass_writer("", options_.compression, kPassWriteShare * kLargestPassWriteBytes);
    return options_.max_fan_in * largest_buffer_bytes() + RunWriter::memory_bytes(writer, largest_buffer_bytes());
  }
  std::uint64_t bytes = 0;
  for (const Input& input : inputs_) bytes += input.buffer_bytes;
  return bytes;
}

std::uint64_t MergeInputs::needed_bytes() const {
  if (inputs_.size() <= 2) return inputs_.size() * largest_buffer_bytes();
  // Two inputs, and a writer with two buffers that may hold the largest record beside its share for large writes.
  return 5 * largest_buffer_bytes() + 8 * kMinBlockBytes;
}

std::uint64_t MergeInputs::largest_buffer_bytes() const {
  std::uint64_t bytes = 0;
  for (const Input& input : inputs_) bytes = std::max(bytes, input.buffer_bytes);
  return bytes;
}

/// Runs that `memory_bytes` can read at once.
std::size_t MergeInputs::fan_in(std::uint64_t memory_bytes) const {
  const std::uint64_t fitting = memory_bytes / std::max<std::uint64_t>(largest_buffer_bytes(), 1);
  return static_cast<std::size_t>(std::min<std::uint64_t>(fitting, options_.max_fan_in));
}

Result<std::unique_ptr<MergeCursor>> MergeInputs::cursor(std::uint64_t memory_bytes) {
  while (inputs_.size() > options_.max_fan_in || wanted_bytes() > memory_bytes) {
    const RunWriterOptions writer = pass_writer("", options_.compression, memory_bytes);
    const std::uint64_t writer_bytes = RunWriter::memory_bytes(writer, largest_buffer_bytes());
    const std::size_t at_once = fan_in(memory_bytes > writer_bytes ? memory_bytes - writer_bytes : 0);
    if (at_once < 2 || inputs_.size() < 2) {
      return environment_error("merging " + std::to_string(inputs_.size()) + " runs whose largest block takes " +
                                   std::to_string(largest_buffer_bytes()) + " bytes needs " +
                                   std::to_string(2 * largest_buffer_bytes() + writer_bytes) + " bytes of memory; " +
                                   std::to_string(memory_bytes) + " are free",
                               /*retriable=*/false)
          .with_hint("Raise execution.memory");
    }
    // The first passes merge just so many of the smallest runs that the last pass is full.
    const std::size_t last = std::max<std::size_t>(fan_in(memory_bytes), 2);
    const std::size_t surplus = inputs_.size() > last ? inputs_.size() - last + 1 : 2;
    SINTER_TRY(merge_pass(std::min(at_once, std::max<std::size_t>(surplus, 2)), memory_bytes));
  }
  return merge_first(inputs_.size(), memory_bytes);
}

Result<std::unique_ptr<MergeCursor>> MergeInputs::merge_first(std::size_t count, std::uint64_t memory_bytes) {
  std::vector<std::unique_ptr<RunCursor>> cursors;
  for (std::size_t i = 0; i < count; ++i) {
    if (inputs_[i].cursor == nullptr) {
      SINTER_ASSIGN(inputs_[i].cursor, RunCursor::open(*files_, inputs_[i].path, options_.range));
    }
    cursors.push_back(std::move(inputs_[i].cursor));
  }
  return MergeCursor::open(std::move(cursors), options_.combiner, combined_limit(memory_bytes));
}

/// Merges the `count` smallest inputs into one.
Status MergeInputs::merge_pass(std::size_t count, std::uint64_t memory_bytes) {
  std::stable_sort(inputs_.begin(), inputs_.end(), [](const Input& a, const Input& b) { return a.raw_bytes < b.raw_bytes; });
  SINTER_TRY(files_->make_directories(options_.spill_directory));
  const std::string path = next_spill_path();
  spill_paths_.push_back(path);
  {
    SINTER_ASSIGN(const std::unique_ptr<MergeCursor> cursor, merge_first(count, memory_bytes));
    SINTER_ASSIGN([[maybe_unused]] const RunSummary summary,
                  write_merged(*files_, *cursor, pass_writer(path, options_.compression, memory_bytes)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto spill = std::find(spill_paths_.begin(), spill_paths_.end(), inputs_[i].path);
    if (spill == spill_paths_.end()) continue;
    SINTER_TRY(files_->remove(*spill));
    spill_paths_.erase(spill);
  }
  inputs_.erase(inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(count));
  ++passes_;
  return look_at(path, inputs_.size() < options_.max_fan_in);
}

std::string MergeInputs::next_spill_path() {
  // Two cursors of one attempt may share its directory.
  for (std::size_t number = passes_;; ++number) {
    std::string path = options_.spill_directory + "/merge-" + std::to_string(number) + ".run";
    if (!files_->exists(path)) return path;
  }
}

Result<RunSummary> write_merged(FileSystem& files, MergeCursor& cursor, const RunWriterOptions& options) {
  const auto write = [&]() -> Result<RunSummary> {
    SINTER_ASSIGN(const std::unique_ptr<RunWriter> writer, RunWriter::create(files, options));
    while (cursor.advance()) SINTER_TRY(writer->add(cursor.key(), cursor.group_size(), cursor.value()));
    if (!cursor.status().ok()) return Error(cursor.status().error());
    return writer->finish();
  };
  Result<RunSummary> written = write();
  if (!written.ok()) (void)files.remove(options.path);
  return written;
}

}  // namespace sinter

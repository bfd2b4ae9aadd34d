// PositionFile: the record or group a worker is at, in a small shared mapping: it survives the worker's death by any signal, because the
// kernel keeps the page. Written by the worker's task thread, read by the tracker after the worker's end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "framework/control/task_id.hpp"

namespace sinter {

/// Bytes of a group key that are kept; longer keys are cut.
inline constexpr std::size_t kMaxPositionKeyBytes = 1024;

class PositionFile {
 public:
  static Result<PositionFile> create(const std::string& path);
  /// Without a file: for a worker that shares the process of whoever might ask.
  static Result<PositionFile> create_unnamed();
  PositionFile(PositionFile&& other) noexcept : page_(other.page_) { other.page_ = nullptr; }
  PositionFile& operator=(PositionFile&&) = delete;
  ~PositionFile();

  /// Cost: a few stores.
  void at_record(const RecordAt& record);
  void at_group(std::string_view key);
  void nowhere();

 private:
  struct Page;
  explicit PositionFile(Page* page) : page_(page) {}
  Page* page_;
  friend struct ReadPosition;
};

/// Where a worker was.
struct ReadPosition {
  std::optional<RecordAt> record;
  std::optional<std::string> group;  // key bytes

  /// Nothing when the file does not exist or says nothing whole.
  static ReadPosition of(const std::string& path);
};

}  // namespace sinter

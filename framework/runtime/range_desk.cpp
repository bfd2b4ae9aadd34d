// RangeDesk: a flag without order tells that somebody waits; everything else is under the lock.
#include "framework/runtime/range_desk.hpp"

namespace sinter {

RangeDesk::View RangeDesk::look() {
  const std::lock_guard lock(mutex_);
  if (open_) noticed_.store(true, std::memory_order_relaxed);
  return view_;
}

void RangeDesk::ask(std::string border) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  question_ = std::move(border);
  view_.refused = false;
  noticed_.store(true, std::memory_order_relaxed);
}

void RangeDesk::begin(std::string end) {
  limited_ = false;
  const std::lock_guard lock(mutex_);
  open_ = true;
  end_ = std::move(end);
  question_.reset();
  view_ = {};
}

// A border that lies before `group` is passed, or may be: what came before it is not kept.
void RangeDesk::answer(std::string_view group) {
  const std::lock_guard lock(mutex_);
  noticed_.store(false, std::memory_order_relaxed);
  view_.group = group.substr(0, kMaxPositionBytes);
  if (!question_) return;
  const std::string border = *std::move(question_);
  question_.reset();
  if (group < border && (end_.empty() || border < end_)) {
    end_ = limit_ = border;
    limited_ = true;
    view_.cut_at = end_;
  }
  view_.refused = end_ != border;
}

std::string RangeDesk::close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  question_.reset();
  return end_;
}

}  // namespace sinter

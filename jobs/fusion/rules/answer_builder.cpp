// Long answers: see answer_builder.hpp. One thread.
#include "jobs/fusion/rules/answer_builder.hpp"

#include "jobs/fusion/value_json.hpp"

namespace sinter::fusion {

AnswerBuilder::~AnswerBuilder() { (void)clear(); }  // the attempt's scratch directory goes away as a whole

void AnswerBuilder::begin(AnswerKind kind) {
  kind_ = kind;
  held_.clear();
  items_ = 0;
  rendered_items_ = 0;
  written_bytes_ = 0;
  too_long_ = false;
  file_.reset();
}

Status AnswerBuilder::add(const Value& item) {
  if (too_long_) return {};
  append_value(held_, item);
  ++items_;
  return held_.size() > kHeldAnswerBytes ? flush() : Status();
}

Status AnswerBuilder::add_text(std::string_view piece) {
  if (too_long_) return {};
  held_.append(piece);
  return held_.size() > kHeldAnswerBytes ? flush() : Status();
}

void AnswerBuilder::render(std::string& out) {
  if (kind_ == AnswerKind::Text) {
    out.swap(held_);
    return;
  }
  out.clear();
  std::size_t at = 0;
  Value item;
  while (at < held_.size()) {
    scratch_.clear();
    require(read_value(held_, at, scratch_, item), "an item of an answer reads back as it was written");
    out += rendered_items_++ == 0 ? '[' : ',';
    append_json(out, item);
  }
}

Status AnswerBuilder::flush() {
  if (file_ == nullptr) {
    SINTER_TRY(files_.make_directories(directory_));
    texts_.push_back(std::make_unique<LongText>(files_, directory_ + "/answer-" + std::to_string(files_made_++) + ".txt", kind_));
    SINTER_ASSIGN(file_, files_.create(texts_.back()->path()));
  }
  render(rendered_);
  held_.clear();
  written_bytes_ += rendered_.size();
  too_long_ = written_bytes_ > kMaxCellTextBytes;
  return too_long_ ? Status() : file_->append(rendered_);
}

Status AnswerBuilder::finish(FusedCell& cell, Arena& arena) {
  if (file_ == nullptr) {
    if (kind_ == AnswerKind::Text) {
      cell.value = Value::of_string(arena.copy(held_));
      return {};
    }
    Value* const items = arena.allocate_values(items_);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < items_; ++i) require(read_value(held_, at, arena, items[i]), "an item of an answer reads back");
    cell.value = Value::of_list(items, items_);
    return {};
  }
  if (!too_long_) SINTER_TRY(flush());
  if (!too_long_ && kind_ == AnswerKind::List) SINTER_TRY(file_->append("]"));
  const std::unique_ptr<WritableFile> file = std::move(file_);
  SINTER_TRY(file->close());
  texts_.back()->size_bytes_ = file->size_bytes();
  cell.value = Value::null();
  cell.is_too_long = too_long_;
  if (!too_long_) cell.long_text = texts_.back().get();
  return {};
}

Status AnswerBuilder::clear() {
  file_.reset();
  Status status;
  for (const std::unique_ptr<LongText>& text : std::exchange(texts_, {})) {
    if (Status removed = files_.remove(text->path()); !removed.ok()) status = std::move(removed);
  }
  return status;
}

}  // namespace sinter::fusion

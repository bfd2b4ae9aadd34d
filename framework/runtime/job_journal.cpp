// JobJournal: a kind and an archive for each record.
#include "framework/runtime/job_journal.hpp"

#include "framework/runtime/wire_archive.hpp"

namespace sinter {

namespace journal {

template <class Archive>
void serialize(Archive& archive, StageOpened& opened, unsigned) {
  archive & opened.stage & opened.tasks & opened.inputs & opened.freed & opened.keeps_results;
}
template <class Archive>
void serialize(Archive& archive, Committed& committed, unsigned) {
  archive & committed.attempt & committed.host & committed.counters & committed.checksum;
}
template <class Archive>
void serialize(Archive& archive, ResultLost& lost, unsigned) {
  archive & lost.attempt;
}
template <class Archive>
void serialize(Archive& archive, KeptLost& lost, unsigned) {
  archive & lost.attempt;
}
template <class Archive>
void serialize(Archive& archive, FilesKept& kept, unsigned) {
  archive & kept.attempt & kept.files;
}
template <class Archive>
void serialize(Archive& archive, Quarantined& quarantined, unsigned) {
  archive & quarantined.attempt & quarantined.record;
}
template <class Archive>
void serialize(Archive& archive, RangeCut& cut, unsigned) {
  archive & cut.attempt & cut.rest & cut.border;
}
template <class Archive>
void serialize(Archive&, LifeBegan&, unsigned) {}
template <class Archive>
void serialize(Archive& archive, StageFound& found, unsigned) {
  archive & found.stage & found.tasks & found.ranges_as_before & found.ranges & found.judged & found.shuffle_bytes;
}
template <class Archive>
void serialize(Archive& archive, ResultAt& result, unsigned) {
  archive & result.attempt & result.place & result.progress;
}

}  // namespace journal

namespace {

/// Errors travel as WireError.
struct WireFailed {
  AttemptId attempt;
  WorkerId worker = 0;
  HostId host = 0;
  WireError error;
  bool careful = false;
  std::optional<RecordAt> suspect;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempt & worker & host & error & careful & suspect; }
};
struct WireEnded {
  JobState state = JobState::Done;
  std::optional<WireError> error;
  std::optional<AttemptId> attempt;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & state & error & attempt; }
};

enum class RecordKind : char {
  StageOpened = 1, Committed, ResultLost, Failed, Quarantined, Ended, LifeBegan, StageFound, ResultAt, RangeCut, FilesKept, KeptLost
};

template <class T>
std::string bytes_of(RecordKind kind, const T& value) {
  return std::string(1, static_cast<char>(kind)) + encode(value);
}

struct Encoder {
  std::string operator()(const JournalRecord& record) const { return std::visit(*this, record); }
  std::string operator()(const journal::StageOpened& one) const { return bytes_of(RecordKind::StageOpened, one); }
  std::string operator()(const journal::Committed& one) const { return bytes_of(RecordKind::Committed, one); }
  std::string operator()(const journal::ResultLost& one) const { return bytes_of(RecordKind::ResultLost, one); }
  std::string operator()(const journal::Failed& one) const {
    return bytes_of(RecordKind::Failed,
                    WireFailed{one.attempt, one.worker, one.host, WireError::of(one.error), one.careful, one.suspect});
  }
  std::string operator()(const journal::Quarantined& one) const { return bytes_of(RecordKind::Quarantined, one); }
  std::string operator()(const journal::Ended& one) const {
    WireEnded wire{one.state, {}, one.attempt};
    if (one.error) wire.error = WireError::of(*one.error);
    return bytes_of(RecordKind::Ended, wire);
  }
  std::string operator()(const journal::RangeCut& one) const { return bytes_of(RecordKind::RangeCut, one); }
  std::string operator()(const journal::KeptLost& one) const { return bytes_of(RecordKind::KeptLost, one); }
  std::string operator()(const journal::FilesKept& one) const { return bytes_of(RecordKind::FilesKept, one); }
  std::string operator()(const journal::LifeBegan& one) const { return bytes_of(RecordKind::LifeBegan, one); }
  std::string operator()(const journal::StageFound& one) const { return bytes_of(RecordKind::StageFound, one); }
  std::string operator()(const journal::ResultAt& one) const { return bytes_of(RecordKind::ResultAt, one); }
};

template <class T>
Result<JobRecord> scheduler_record(std::string_view body) {
  SINTER_ASSIGN(T one, decode<T>(body, "journal record"));
  return JobRecord(JournalRecord(std::move(one)));
}
template <class T>
Result<JobRecord> shell_record(std::string_view body) {
  SINTER_ASSIGN(T one, decode<T>(body, "journal record"));
  return JobRecord(std::move(one));
}

Result<JobRecord> failed_record(std::string_view body) {
  SINTER_ASSIGN(const WireFailed wire, decode<WireFailed>(body, "journal record"));
  if (wire.error.fault > Fault::Internal) return internal_error("a journal record holds an unknown fault");
  return JobRecord(JournalRecord(journal::Failed{wire.attempt, wire.worker, wire.host, wire.error.error(), wire.careful, wire.suspect}));
}

Result<JobRecord> ended_record(std::string_view body) {
  SINTER_ASSIGN(const WireEnded wire, decode<WireEnded>(body, "journal record"));
  if (wire.state > JobState::Cancelled || (wire.error && wire.error->fault > Fault::Internal))
    return internal_error("a journal record holds an unknown state or fault");
  journal::Ended ended{wire.state, {}, wire.attempt};
  if (wire.error) ended.error = wire.error->error();
  return JobRecord(JournalRecord(std::move(ended)));
}

}  // namespace

std::string encode_record(const JobRecord& record) { return std::visit(Encoder{}, record); }

Result<JobRecord> decode_record(std::string_view bytes) {
  if (bytes.empty()) return internal_error("an empty journal record");
  const std::string_view body = bytes.substr(1);
  switch (static_cast<RecordKind>(bytes.front())) {
    case RecordKind::StageOpened: return scheduler_record<journal::StageOpened>(body);
    case RecordKind::Committed: return scheduler_record<journal::Committed>(body);
    case RecordKind::ResultLost: return scheduler_record<journal::ResultLost>(body);
    case RecordKind::Failed: return failed_record(body);
    case RecordKind::Quarantined: return scheduler_record<journal::Quarantined>(body);
    case RecordKind::Ended: return ended_record(body);
    case RecordKind::RangeCut: return scheduler_record<journal::RangeCut>(body);
    case RecordKind::KeptLost: return scheduler_record<journal::KeptLost>(body);
    case RecordKind::FilesKept: return shell_record<journal::FilesKept>(body);
    case RecordKind::LifeBegan: return shell_record<journal::LifeBegan>(body);
    case RecordKind::StageFound: return shell_record<journal::StageFound>(body);
    case RecordKind::ResultAt: return shell_record<journal::ResultAt>(body);
  }
  return internal_error("a journal record of the unknown kind " + std::to_string(static_cast<int>(bytes.front())));
}

Result<std::unique_ptr<JobJournal>> JobJournal::open(FileSystem& files, const std::string& path, std::vector<JobRecord>& records) {
  std::vector<std::string> texts;
  SINTER_ASSIGN(std::unique_ptr<Journal> journal, Journal::open(files, path, texts));
  records.clear();
  for (const std::string& text : texts) {
    SINTER_ASSIGN(JobRecord record, decode_record(text));
    records.push_back(std::move(record));
  }
  return std::unique_ptr<JobJournal>(new JobJournal(std::move(journal)));
}

void JobJournal::append(const JobRecord& record) { journal_->append(encode_record(record)); }

}  // namespace sinter

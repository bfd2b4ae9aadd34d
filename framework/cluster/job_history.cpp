// JobHistory: lines appended, files turned over, pages read. See the header for threads.
#include "framework/cluster/job_history.hpp"

#include <charconv>
#include <utility>

namespace sinter::cluster {
namespace {

constexpr std::string_view kHeader = "{\"submitted_at\":\"";
constexpr std::string_view kNumber = "{\"n\":";

/// The number of an event's line; 0: it is none, or was cut off.
std::uint64_t number_of(std::string_view line) {
  if (!line.starts_with(kNumber) || !line.ends_with('}')) return 0;
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(line.data() + kNumber.size(), line.data() + line.size(), number);
  return parsed.ec == std::errc() ? number : 0;
}

template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return;  // half a line: its writer died
    each(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

Result<std::string> read_if_there(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return std::string();
  return read_file(files, path, 2 * kMaxHistoryFileBytes);
}

}  // namespace

JobHistory::JobHistory(FileSystem& files, std::string directory, std::string submitted_at)
    : files_(files), path_(std::move(directory) + "/" + kHistoryFile), submitted_at_(std::move(submitted_at)) {
  failure_ = open();
}

// What a life before has left becomes the start of the new file: a file is written from its start only.
Status JobHistory::open() {
  const std::string directory = directory_of(path_);
  SINTER_TRY(files_.make_directories(directory));
  SINTER_ASSIGN(const std::string before, read_if_there(files_, path_));
  std::string whole;
  for_each_line(before, [&](std::string_view line) {
    if (line.starts_with(kHeader)) {
      const std::string_view rest = line.substr(kHeader.size());
      submitted_at_ = rest.substr(0, rest.find('"'));
    } else if (const std::uint64_t number = number_of(line); number > 0) {
      next_ = number + 1;
    } else {
      return;
    }
    whole.append(line) += '\n';
  });
  if (whole.empty()) whole = std::string(kHeader) + submitted_at_ + "\"}\n";
  SINTER_ASSIGN(std::unique_ptr<WritableFile> file, files_.create(path_ + ".new"));
  SINTER_TRY(file->append(whole));
  SINTER_TRY(files_.rename(path_ + ".new", path_));
  file_ = std::move(file);
  return {};
}

void JobHistory::append(const std::string& at, const std::string& members) {
  const std::string line = std::string(kNumber) + std::to_string(next_++) + ",\"at\":\"" + at + "\"," + members + "}\n";
  if (Status written = write(line); !written.ok() && failure_.ok()) failure_ = std::move(written);
}

Status JobHistory::write(const std::string& line) {
  if (file_ == nullptr) return {};  // said when it was opened
  if (file_->size_bytes() + line.size() > kMaxHistoryFileBytes) {
    SINTER_TRY(file_->close());
    file_.reset();
    SINTER_TRY(files_.rename(path_, directory_of(path_) + "/" + kOlderHistoryFile));
    SINTER_ASSIGN(file_, files_.create(path_));
    SINTER_TRY(file_->append(std::string(kHeader) + submitted_at_ + "\"}\n"));
  }
  return file_->append(line);
}

Status JobHistory::take_failure() { return std::exchange(failure_, Status()); }

Result<HistoryPage> read_history(FileSystem& files, const std::string& directory, std::uint64_t from, std::size_t limit) {
  HistoryPage page;
  bool any = false;
  for (const char* name : {kOlderHistoryFile, kHistoryFile}) {
    SINTER_ASSIGN(const std::string text, read_if_there(files, directory + "/" + name));
    for_each_line(text, [&](std::string_view line) {
      if (line.starts_with(kHeader)) {
        const std::string_view rest = line.substr(kHeader.size());
        page.submitted_at = rest.substr(0, rest.find('"'));
        return;
      }
      const std::uint64_t number = number_of(line);
      if (number == 0) return;
      if (!any) page.first = number;
      any = true;
      if (number < from || page.next != 0) return;
      if (page.events.size() == limit) page.next = number;
      else page.events.emplace_back(line);
    });
  }
  return page;
}

}  // namespace sinter::cluster

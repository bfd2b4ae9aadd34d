// Last words: the ends of two files become one. Stateless; any thread.
#include "framework/cluster/last_words.hpp"

#include <algorithm>
#include <string_view>

#include "base/log.hpp"

namespace sinter::cluster {
namespace {

struct Tail {
  std::string text;
  std::uint64_t left_out_bytes = 0;
};

/// What lies behind `from`, at most kMaxLastWordsBytes, beginning with a line; nothing of a file that is not there.
Result<Tail> read_tail(FileSystem& files, const std::string& path, std::uint64_t from) {
  Tail tail;
  if (!files.exists(path)) return tail;
  SINTER_ASSIGN(const std::unique_ptr<ReadableFile> file, files.open(path));
  const std::uint64_t size = file->size_bytes();
  if (size <= from) return tail;
  const std::uint64_t begin = std::max(from, size - std::min(size, kMaxLastWordsBytes));
  tail.text.resize(size - begin);
  SINTER_ASSIGN(const std::size_t got, file->read_at(begin, tail.text.data(), tail.text.size()));
  tail.text.resize(got);
  if (begin > from) tail.text.erase(0, std::min(tail.text.find('\n'), tail.text.size() - 1) + 1);
  tail.left_out_bytes = size - from - tail.text.size();
  return tail;
}

}  // namespace

Status write_last_words(FileSystem& files, const LastWords& words, Timestamp now) {
  SINTER_ASSIGN(const Tail log, read_tail(files, words.log_path, 0));
  SINTER_ASSIGN(const Tail output, read_tail(files, words.output_path, words.output_from));
  if (output.text.empty() && log.left_out_bytes == 0) return {};
  std::string text;
  const auto add = [&](LogLevel level, std::string_view message, const LogField& field) {
    const LogField fields[] = {LogField("task", words.task), LogField("attempt", words.attempt), field};
    text += format_json({level, now, message, fields, std::size(fields)}) + '\n';
  };
  if (log.left_out_bytes > 0) add(LogLevel::Warning, "earlier lines of this log are left out", LogField("bytes", log.left_out_bytes));
  text += log.text;
  if (!text.empty() && text.back() != '\n') text += '\n';  // its writer died
  if (output.left_out_bytes > 0)
    add(LogLevel::Warning, "earlier lines of standard error are left out", LogField("bytes", output.left_out_bytes));
  std::string_view rest = output.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const std::string_view line = rest.substr(0, std::min(end, kMaxOutputLineBytes)); !line.empty())
      add(LogLevel::Error, "standard error of the worker", LogField("text", line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  SINTER_TRY(files.make_directories(directory_of(words.log_path)));
  return write_file(files, words.log_path, text);
}

}  // namespace sinter::cluster

// Declarations to files: globs, captures, formats and codecs, every complaint at once. Any thread.
#include <algorithm>
#include <map>

#include "base/glob.hpp"
#include "framework/io/input.hpp"

namespace sinter {

namespace {

constexpr std::string_view kGzipMagic("\x1F\x8B", 2);
constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);
/// Messages shown of one expansion; the rest is counted.
constexpr std::size_t kMaxMessages = 20;

/// Collects what is wrong, so that the person can mend all of it in one go.
class Complaints {
 public:
  void add(Fault fault, std::string message) {
    if (fault != Fault::Environment) only_environment_ = false;
    if (messages_.size() < kMaxMessages) messages_.push_back(std::move(message));
    ++count_;
  }
  void add(const Error& error, const std::string& input) { add(error.fault(), "input '" + input + "': " + error.to_string()); }
  bool empty() const { return count_ == 0; }
  Error to_error() const {
    std::string text = count_ == 1 ? "" : std::to_string(count_) + " problems with the inputs";
    for (const std::string& message : messages_) text += (text.empty() ? "" : "\n  ") + message;
    if (count_ > messages_.size()) text += "\n  and " + std::to_string(count_ - messages_.size()) + " more";
    return only_environment_ ? environment_error(std::move(text), false) : user_error(std::move(text));
  }

 private:
  std::vector<std::string> messages_;
  std::size_t count_ = 0;
  bool only_environment_ = true;
};

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return path.ends_with(ending); });
}

std::string lowercase(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return text;
}

/// Decides the codec: by what the job says, else the extension, checked against the first bytes.
Result<Codec> decide_codec(const std::string& path, const std::string& name, Codec declared, std::string_view start) {
  const Codec seen = start.starts_with(kGzipMagic) ? Codec::Gzip : start.starts_with(kZstdMagic) ? Codec::Zstd : Codec::None;
  Codec codec = declared;
  if (codec == Codec::Infer) {
    codec = ends_with_any(name, {".gz", ".gzip"}) ? Codec::Gzip : ends_with_any(name, {".zst", ".zstd"}) ? Codec::Zstd : seen;
  }
  if (codec == Codec::None || codec == seen) return codec;
  if (start.empty()) return user_error("'" + path + "' is empty, and an empty compressed file still has a header");
  return user_error("'" + path + "' should be " + (codec == Codec::Gzip ? "gzip" : "zstd") + " data but does not begin like it");
}

Status decide_format(const std::string& path, std::string name, Format& format) {
  for (const std::string_view ending : {".gz", ".gzip", ".zst", ".zstd"}) {
    if (name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
      break;
    }
  }
  if (format.kind == FormatKind::Infer) {
    if (ends_with_any(name, {".csv", ".tsv", ".tab", ".txt"})) format.kind = FormatKind::Csv;
    else if (ends_with_any(name, {".jsonl", ".ndjson", ".json"})) format.kind = FormatKind::JsonLines;
    else
      return user_error("cannot tell the format of '" + path + "' from its name")
          .with_hint("Say `format: csv` or `format: jsonl` if it is one of these; sinter reads no other, so export anything else as CSV");
  }
  if (format.kind == FormatKind::Records && format.records == nullptr)
    return user_error("'" + path + "': the format is FormatKind::Records, and Format::records has no reader");
  if (format.kind != FormatKind::Csv) return {};
  if (format.delimiter == '\0') format.delimiter = ends_with_any(name, {".tsv", ".tab"}) ? '\t' : ',';
  if (format.delimiter == '\n' || format.delimiter == '\r' || format.delimiter == format.quote) {
    return user_error("'" + path + "': a delimiter cannot be a line ending or the quote");
  }
  if (format.quote == '\n' || format.quote == '\r') return user_error("'" + path + "': a quote cannot be a line ending");
  if (format.header && !format.columns.empty()) {
    return user_error("'" + path + "': columns are named although the file has a header")
        .with_hint("Say `header: false`, or leave `columns` out");
  }
  return {};
}

/// A file's size, codec and format; opening it shows that it can be read.
Status inspect(FileSystem& files, InputFile& file) {
  const auto looked = files.info(file.path);
  if (!looked.ok()) return files.exists(file.path) ? Status(looked.error()) : user_error("'" + file.path + "' does not exist");
  const FileInfo& info = *looked;
  if (info.is_directory) return user_error("'" + file.path + "' is a directory").with_hint("Name the files in it: '" + file.path + "/*'");
  if (!info.is_regular) return user_error("'" + file.path + "' is not a regular file; sinter reads files more than once");
  SINTER_ASSIGN(auto opened, files.open(file.path));
  char start[4] = {};
  SINTER_ASSIGN(const std::size_t got, opened->read_at(0, start, sizeof(start)));
  file.size_bytes = info.size_bytes;
  file.modified_ns = info.modified_ns;
  const std::string name = lowercase(file.path.substr(file.path.rfind('/') + 1));
  SINTER_ASSIGN(file.format.codec, decide_codec(file.path, name, file.format.codec, {start, got}));
  return decide_format(file.path, name, file.format);
}

/// The files one pattern gives, with what {id} matched.
Result<std::map<std::string, std::string>> expand_pattern(FileSystem& files, const std::string& pattern) {
  std::map<std::string, std::string> found;
  // A file whose name merely looks like a pattern is that file.
  if (files.exists(pattern)) {
    found.emplace(pattern, "");
    return found;
  }
  SINTER_ASSIGN(auto matches, expand_named_glob(files, pattern));
  for (GlobMatch& match : matches) {
    found.emplace(std::move(match.path), match.captures.empty() ? "" : std::move(match.captures.front().second));
  }
  return found;
}

/// The paths of an input in order, each with its capture. One file matched by two patterns is still one file.
std::map<std::string, std::string> find_paths(FileSystem& files, const InputDeclaration& input, Complaints& complaints) {
  std::map<std::string, std::string> found;
  if (input.paths.empty()) complaints.add(Fault::User, "input '" + input.name + "' names no files");
  for (const std::string& pattern : input.paths) {
    auto matches = expand_pattern(files, pattern);
    if (!matches.ok()) {
      complaints.add(matches.error(), input.name);
      continue;
    }
    if (matches->empty()) complaints.add(Fault::User, "input '" + input.name + "': no file matches '" + pattern + "'");
    found.merge(*matches);
  }
  return found;
}

InputFile uninspected(const InputDeclaration& input, std::uint32_t ordinal, const std::string& path, const std::string& capture) {
  InputFile file;
  file.input = ordinal;
  file.path = path;
  file.capture = capture;
  file.format = input.format;
  return file;
}

void expand_input(FileSystem& files, const InputDeclaration& input, std::uint32_t ordinal, std::vector<InputFile>& out,
    Complaints& complaints) {
  for (const auto& [path, capture] : find_paths(files, input, complaints)) {
    InputFile file = uninspected(input, ordinal, path, capture);
    const Status inspected = inspect(files, file);
    if (inspected.ok()) out.push_back(std::move(file));
    else complaints.add(inspected.error(), input.name);
  }
}

}  // namespace

Result<std::vector<InputFile>> expand_inputs(FileSystem& files, const std::vector<InputDeclaration>& inputs) {
  std::vector<InputFile> out;
  Complaints complaints;
  for (std::size_t i = 0; i < inputs.size(); ++i) expand_input(files, inputs[i], static_cast<std::uint32_t>(i), out, complaints);
  if (!complaints.empty()) return complaints.to_error();
  return out;
}

Result<InputFile> first_input_file(FileSystem& files, const InputDeclaration& input) {
  Complaints complaints;
  const std::map<std::string, std::string> found = find_paths(files, input, complaints);
  if (!complaints.empty()) return complaints.to_error();
  InputFile file = uninspected(input, 0, found.begin()->first, found.begin()->second);
  SINTER_TRY(inspect(files, file));
  return file;
}

}  // namespace sinter

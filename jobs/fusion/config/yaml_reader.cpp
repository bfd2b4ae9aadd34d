// Reads YAML by parser events, not by YAML::Load: Load accepts duplicate keys, second documents and open quotes in silence.
// The only file that includes yaml-cpp; its exceptions end here. Any thread.
#include "jobs/fusion/config/yaml_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.hpp"
#include "jobs/fusion/config/scalar.hpp"

namespace sinter::fusion {

namespace {

Mark mark_of(const YAML::Mark& mark, std::size_t length = 1) {
  if (mark.is_null()) return {};
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
          static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
}

/// Builds the tree while the parser runs. After the first problem that breaks the tree it only swallows events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Diagnostics& diagnostics) : text_(text), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    ++documents_;
    if (documents_ == 2) {
      diagnostics_.error(mark_of(mark), "the job file goes on after its end: a second document or stray text",
                         "a job file is one YAML document; remove what follows");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    ConfigNode node;
    node.mark = mark_of(mark, word_length(mark));
    // A value that is not written at all has the parser's next place, often on another line: point at its key instead.
    if (!open_.empty() && open_.back().has_key && !is_null_word_at(mark)) node.mark = open_.back().key.mark;
    place(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(mark_of(mark), "this alias refers to a node that contains it", "an alias can only repeat a node that is complete");
      return;
    }
    if (!count(found->second.nodes, mark)) return;
    if (open_.size() + found->second.depth > kMaxJobFileDepth) {
      too_deep(mark);
      return;
    }
    place(found->second.node, 0, found->second.nodes, found->second.depth);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    ConfigNode node;
    node.kind = NodeKind::Scalar;
    node.scalar = value;
    node.quoted = tag == "!";
    node.mark = mark_of(mark, node.quoted ? quoted_length(mark) : word_length(mark));
    check_tag(tag, node.mark);
    place(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(NodeKind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(NodeKind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  std::size_t documents() const { return documents_; }
  std::optional<ConfigNode>& root() { return root_; }

 private:
  struct Open {
    ConfigNode node;
    YAML::anchor_t anchor = 0;
    ConfigNode key;
    bool has_key = false;
    std::unordered_map<std::string, std::uint32_t> lines;  // of the keys so far
    std::size_t nodes = 1;
    std::size_t depth = 1;
  };
  struct Anchored {
    ConfigNode node;
    std::size_t nodes;
    std::size_t depth;
  };

  void fail(Mark mark, std::string message, std::string help) {
    if (!broken_) diagnostics_.error(mark, std::move(message), std::move(help));
    broken_ = true;
  }

  void too_deep(const YAML::Mark& mark) {
    fail(mark_of(mark), "lists and maps are nested deeper than " + std::to_string(kMaxJobFileDepth) + " (kMaxJobFileDepth)",
         "no part of a job needs this; look for brackets that are never closed");
  }

  bool count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ <= kMaxJobFileNodes) return !broken_;
    fail(mark_of(mark), "the job file has more than " + std::to_string(kMaxJobFileNodes) + " keys and values (kMaxJobFileNodes)",
         "aliases count each time they are used");
    return false;
  }

  void check_tag(const std::string& tag, Mark mark) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(mark, "YAML tags such as '" + tag.substr(0, 60) + "' are not part of the job language",
                       "remove the tag; a quoted value is a string, a plain one is what it looks like");
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    ++depth_;
    if (broken_) return;
    if (depth_ > kMaxJobFileDepth) {
      too_deep(mark);
      return;
    }
    if (!count(1, mark)) return;
    Open level;
    level.node.kind = kind;
    level.node.mark = mark_of(mark);
    level.anchor = anchor;
    check_tag(tag, level.node.mark);
    open_.push_back(std::move(level));
  }

  void close() {
    --depth_;
    if (broken_) return;
    Open level = std::move(open_.back());
    open_.pop_back();
    place(std::move(level.node), level.anchor, level.nodes, level.depth);
  }

  /// Puts a complete node where it belongs: as root, list item, key or value.
  void place(ConfigNode node, YAML::anchor_t anchor, std::size_t nodes = 1, std::size_t depth = 1) {
    if (broken_) return;
    if (anchor != 0) {
      // The copy counts as well: anchors inside anchors would otherwise multiply the tree.
      nodes_ += nodes;
      if (nodes_ > kMaxJobFileNodes) {
        (void)count(0, YAML::Mark());
        return;
      }
      anchors_[anchor] = {node, nodes, depth};
    }
    if (open_.empty()) {
      if (!root_) root_ = std::move(node);
      return;
    }
    if (node.kind == NodeKind::Scalar || node.kind == NodeKind::Null) {
      if (++nodes_ > kMaxJobFileNodes) {
        (void)count(0, YAML::Mark());
        return;
      }
    }
    Open& parent = open_.back();
    parent.nodes += nodes;
    parent.depth = std::max(parent.depth, depth + 1);
    if (parent.node.kind == NodeKind::List) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.has_key = false;
      add_entry(parent, std::move(node));
    }
  }

  void add_entry(Open& parent, ConfigNode value) {
    const ConfigNode& key = parent.key;
    if (key.kind != NodeKind::Scalar) {
      const std::string kind = key.kind == NodeKind::List ? "a list" : key.kind == NodeKind::Map ? "a map" : "nothing";
      diagnostics_.error(key.mark, "a key must be a word, found " + kind,
                         key.kind == NodeKind::Null ? "write a word before ':', quoted if it is null or empty"
                                                    : "braces and brackets start a map or list; quote the key if they are meant as text");
      return;
    }
    if (key.scalar == "<<" && !key.quoted) {
      diagnostics_.error(key.mark, "merge keys (<<) are not part of the job language", "write the keys out where they are needed");
      return;
    }
    const auto [first, is_new] = parent.lines.emplace(key.scalar, key.mark.line);
    if (!is_new) {
      diagnostics_.error(key.mark, "the key '" + key.scalar.substr(0, 60) + "' is given twice in the same map",
                         "it was first given on line " + std::to_string(first->second) + "; keep one of them");
      return;
    }
    parent.node.entries.push_back({key.scalar, key.mark, std::move(value)});
  }

  std::string_view rest_of_line(const YAML::Mark& mark) const {
    if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text_.size()) return {};
    const std::string_view rest = text_.substr(static_cast<std::size_t>(mark.pos));
    return rest.substr(0, rest.find_first_of("\r\n"));
  }

  bool is_null_word_at(const YAML::Mark& mark) const {
    const std::string_view rest = rest_of_line(mark);
    return rest.starts_with("~") || rest.starts_with("null") || rest.starts_with("Null") || rest.starts_with("NULL");
  }

  /// Characters to underline of a plain scalar: up to where YAML would end it, roughly.
  std::size_t word_length(const YAML::Mark& mark) const {
    const std::string_view rest = rest_of_line(mark);
    std::size_t end = 0;
    while (end < rest.size() && std::string_view(",]}").find(rest[end]) == std::string_view::npos) {
      if (rest[end] == ':' && (end + 1 == rest.size() || rest[end + 1] == ' ')) break;
      if (rest[end] == ' ' && end + 1 < rest.size() && rest[end + 1] == '#') break;
      ++end;
    }
    while (end > 1 && rest[end - 1] == ' ') --end;
    return end;
  }

  /// Characters of a quoted scalar on its first line. Reports a quote that is never closed: yaml-cpp does not mind.
  std::size_t quoted_length(const YAML::Mark& mark) {
    const std::size_t start = text_.find_first_of("\"'|>", static_cast<std::size_t>(std::max(mark.pos, 0)));
    if (start == std::string_view::npos) return 1;
    const char quote = text_[start];
    if (quote == '|' || quote == '>') return 1;
    std::size_t at = start + 1;
    for (; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) break;
        ++at;  // '' inside single quotes is one quote
      }
    }
    if (at >= text_.size()) {
      fail(mark_of(mark), "this quote is never closed", std::string("close it with ") + quote + " on the same line");
      return 1;
    }
    const std::size_t line_end = std::min(text_.find_first_of("\r\n", start), text_.size());
    return std::min(at + 1, line_end) - static_cast<std::size_t>(mark.pos);
  }

  std::string_view text_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::optional<ConfigNode> root_;
  std::size_t documents_ = 0;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  bool broken_ = false;
};

std::string_view line_at(std::string_view text, std::size_t line) {
  while (line > 1) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
    --line;
  }
  return text.substr(0, text.find('\n'));
}

/// "{ to: out/${x} }": a brace that is text, inside a flow map, outside quotes.
bool has_brace_in_flow_map(std::string_view line) {
  std::size_t depth = 0;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if ((c == '"' || c == '\'') && (i == 0 || std::string_view(" [{,:").find(line[i - 1]) != std::string_view::npos)) {
      quote = c;
    } else if (c == '{') {
      const bool is_text = i > 0 && std::string_view(" [{,:").find(line[i - 1]) == std::string_view::npos;
      if (is_text && depth > 0) return true;
      ++depth;
    } else if (c == '}' && depth > 0) {
      --depth;
    }
  }
  return false;
}

/// Where a quote is opened that the rest of the text never closes; npos when there is none.
std::size_t find_open_quote(std::string_view text) {
  std::size_t opened = std::string_view::npos;
  bool in_comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool starts_word = i == 0 || std::string_view(" [{,:\n").find(text[i - 1]) != std::string_view::npos;
    if (opened != std::string_view::npos) {
      if (text[opened] == '"' && c == '\\') ++i;
      else if (c == text[opened]) opened = std::string_view::npos;
    } else if (c == '\n') {
      in_comment = false;
    } else if (starts_word && c == '#') {
      in_comment = true;
    } else if (starts_word && !in_comment && (c == '"' || c == '\'')) {
      opened = i;
    }
  }
  return opened;
}

std::string syntax_help(std::string_view text, Mark mark, std::string_view message) {
  for (std::size_t near = mark.line; near + 2 > mark.line && near > 0; --near) {
    const std::string_view shown = line_at(text, near);
    if (has_brace_in_flow_map(shown)) return "inside { } quote a value that contains ${...} or {id}: { to: \"out/${params.day}.csv\" }";
    if (shown.substr(0, shown.find_first_not_of(" \t")).find('\t') != std::string_view::npos) return "a tab cannot indent YAML: use spaces";
  }
  const std::string_view shown = line_at(text, mark.line);
  const char at = mark.column > 0 && mark.column <= shown.size() ? shown[mark.column - 1] : '\0';
  if (at == '@' || at == '`' || at == '%') return std::string("quote a value that starts with ") + at;
  const auto says = [&](std::string_view words) { return message.find(words) != std::string_view::npos; };
  if (says("end of map not")) return "check the indentation: keys of one map start in the same column";
  if (says("flow")) return "check that each { and [ has its } or ], with commas between";
  if (says("map value")) return "a ':' inside a value needs quotes around the value; check the indentation";
  if (says("escape")) return "inside double quotes \\ starts an escape: use single quotes for a regular expression";
  if (says("anchor") || says("alias")) return "a value that starts with & or * needs quotes";
  return "quote values that contain : # { } [ ] , & * ! | > % @";
}

void report_syntax(std::string_view text, Mark mark, const std::string& message, Diagnostics& diagnostics) {
  const std::size_t quote = message == YAML::ErrorMsg::EOF_IN_SCALAR ? find_open_quote(text) : std::string_view::npos;
  if (quote == std::string_view::npos) {
    diagnostics.error(mark, "this is not valid YAML: " + message, syntax_help(text, mark, message));
    return;
  }
  const std::string_view before = text.substr(0, quote);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  diagnostics.error({line, static_cast<std::uint32_t>(quote - line_start + 1), 1}, "this quote is never closed",
                    std::string("close it with ") + text[quote] + " on the same line");
}

/// Length of the UTF-8 sequence at `at`, or 0 when it is invalid (overlong, surrogate, above U+10FFFF, cut).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool is_wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F);
    return !is_wrong && follows(at + 1) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool is_wrong = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return !is_wrong && follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
  }
  return 0;
}

/// Refuses bytes that no text file has. True when there are none.
bool check_bytes(std::string_view text, Diagnostics& diagnostics) {
  std::uint32_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t length = utf8_length(text, at);
    const Mark mark{line, static_cast<std::uint32_t>(at - line_start + 1), 1};
    if (length == 0) {
      diagnostics.error(mark, "the job file is not valid UTF-8 here", "save the file as UTF-8 text");
      return false;
    }
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      diagnostics.error(mark, c == 0 ? "the job file contains a NUL byte" : "the job file contains a control character",
                        "a job file is plain text; is this the right file?");
      return false;
    }
    if (c == '\n') {
      ++line;
      line_start = at + 1;
    }
    at += length;
  }
  return true;
}

}  // namespace

Result<ConfigNode> read_yaml(std::string_view text, Diagnostics& diagnostics) {
  const std::size_t problems_before = diagnostics.problems().size();
  if (text.size() > kMaxJobFileBytes) {
    diagnostics.error({1, 1, 1}, "the job file has " + std::to_string(text.size()) + " bytes, the limit is " +
                                     std::to_string(kMaxJobFileBytes) + " (kMaxJobFileBytes)",
                      "is this the job file, or a data file?");
    return user_error("the job file is too large");
  }
  if (!check_bytes(text, diagnostics)) return user_error("the job file is not text");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // yaml-cpp does not count it in marks either
  TreeBuilder builder(text, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder) && diagnostics.ok()) (void)parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& problem) {
    // The rest of a file that is already refused is not looked at: its syntax errors would only follow from the first.
    if (diagnostics.problems().size() == problems_before) report_syntax(text, mark_of(problem.mark), problem.msg, diagnostics);
  }
  if (diagnostics.problems().size() > problems_before) return user_error("the job file is not valid");
  if (!builder.root() || (builder.root()->kind == NodeKind::Null && text.find_first_not_of(" \r\n\t") == std::string_view::npos)) {
    diagnostics.error({1, 1, 1}, "the job file is empty", "the smallest job has version, sources, entity and output");
    return user_error("the job file is empty");
  }
  if (builder.root()->kind != NodeKind::Map) {
    diagnostics.error(builder.root()->mark, "a job file is a map of sections such as 'version: 1' and 'sources:'",
                      "start each section in the first column, with a colon and a space after its name");
    return user_error("the job file is not a map");
  }
  return std::move(*builder.root());
}

}  // namespace sinter::fusion

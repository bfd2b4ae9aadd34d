// `sinter list`, `sinter schema`, `sinter version`. One thread.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/job_loading.hpp"
#include "framework/io/json_writer.hpp"
#include "jobs/fusion/clean/cleaner.hpp"
#include "jobs/fusion/config/schema_json.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::cli {
namespace {

/// What rules and cleaners have in common when they are listed.
struct Line {
  std::string name;
  std::vector<std::string> aliases;
  std::string help;
  std::string example;
  std::vector<fusion::OptionInfo> options;
};

template <class Info>
Line line_of(const Info& info) {
  return {
      std::string(info.name), {info.aliases.begin(), info.aliases.end()}, std::string(info.help), std::string(info.example), info.options};
}

/// `rules`: what to show of rules.
std::vector<Line> lines_of(const std::string& what, const std::vector<fusion::RuleInfo>& rules) {
  std::vector<Line> lines;
  if (what == "rules") {
    for (const fusion::RuleInfo& info : rules) lines.push_back(line_of(info));
  } else if (what == "cleaners") {
    for (const fusion::CleanerInfo& info : fusion::all_cleaners()) lines.push_back(line_of(info));
  } else {
    lines = {{"csv", {}, "RFC 4180 and as found in the wild: .csv, .txt", "{ type: csv, delimiter: \";\", header: true }", {}},
             {"tsv", {}, "the same with tabs: .tsv", "{ type: csv, delimiter: \"\\t\" }", {}},
             {"jsonl", {"ndjson"}, "one JSON object a line, nested paths as columns: .jsonl, .ndjson", "columns: { isbn: book.id }", {}},
             {"gzip", {"gz"}, "any of these, compressed: .gz", "from: shops/b.jsonl.gz", {}},
             {"zstd", {"zst"}, "any of these, compressed: .zst", "from: shops/b.csv.zst", {}}};
  }
  return lines;
}

std::string as_json(const std::vector<Line>& lines) {
  JsonWriter json(2);
  json.begin_array();
  for (const Line& line : lines) {
    json.begin_object().member("name", line.name).member("help", line.help).member("example", line.example);
    json.key("aliases").begin_array();
    for (const std::string& alias : line.aliases) json.value(alias);
    json.end_array().key("options").begin_array();
    for (const fusion::OptionInfo& option : line.options) {
      json.begin_object().member("name", option.name).member("required", option.required).member("help", option.help);
      json.member("default", option.default_text).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return json.text() + "\n";
}

std::string as_text(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    std::string head = line.name;
    for (const std::string& alias : line.aliases) head += (alias == line.aliases.front() ? " (" : ", ") + alias;
    if (!line.aliases.empty()) head += ")";
    text += head + std::string(head.size() < 28 ? 28 - head.size() : 2, ' ') + line.help + "\n";
    if (!line.example.empty()) text += std::string(28, ' ') + line.example + "\n";
  }
  return text;
}

}  // namespace

int list_command(const ListArguments& arguments, const Console& console) {
  std::shared_ptr<const fusion::JobFile> job;  // its plugins own what their rules point to
  if (!arguments.job_path.empty()) {
    if (arguments.what != "rules") {
      console.error_text("list " + arguments.what + " takes no job file: only rules come with jobs");
      return kUsage;
    }
    const auto files = make_posix_file_system();
    int code = kOk;
    job = load_job_file(*files, {arguments.job_path, {}}, console, code);
    if (job == nullptr) return code;
  }
  const std::vector<Line> lines = lines_of(arguments.what, job == nullptr ? fusion::all_rules() : fusion::rules_of(*job));
  console.data(console.json() ? as_json(lines) : as_text(lines));
  return kOk;
}

int schema_command(const Console& console) {
  console.data(fusion::job_schema_json());
  return kOk;
}

int version_command(const Console& console) {
  if (console.json()) {
    console.data(JsonWriter().begin_object().member("version", std::string_view(SINTER_VERSION)).end_object().text() + "\n");
  } else {
    console.data("sinter " SINTER_VERSION "\n");
  }
  return kOk;
}

}  // namespace sinter::cli

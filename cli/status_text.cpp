// Text of a tracker's status: see status_text.hpp. Pure; any thread.
#include "cli/status_text.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/progress.hpp"
#include "framework/plan/plan.hpp"

namespace sinter::cli {
namespace {

std::string seconds_text(std::uint64_t ms) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(ms) / 1000);
  return text;
}

/// "0:07", "12:30", "26:03:04".
std::string clock_text(std::uint64_t ms) {
  const std::uint64_t seconds = ms / 1000;
  char text[48];
  if (seconds < 3600) {
    std::snprintf(text, sizeof(text), "%u:%02u", static_cast<unsigned>(seconds / 60), static_cast<unsigned>(seconds % 60));
  } else {
    std::snprintf(text, sizeof(text), "%llu:%02u:%02u", static_cast<unsigned long long>(seconds / 3600),
                  static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60));
  }
  return text;
}

StageProgress stage_progress(const JsonDocument& stage) {
  StageProgress progress;
  progress.name = stage["name"].text();
  progress.tasks_total = stage["tasks_total"].number();
  progress.tasks_done = stage["tasks_done"].number();
  progress.tasks_running = stage["tasks_running"].number();
  progress.rows = stage["rows"].number();
  progress.bytes = stage["bytes"].number();
  progress.rejected = stage["rejected"].number();
  progress.elapsed_ms = static_cast<std::int64_t>(stage["elapsed_ms"].number());
  progress.status = stage["status"].text();
  return progress;
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

/// Whether the byte continues a character of UTF-8.
bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Exactly `width` characters, or as many as there are when `fill` is false. Control characters, which names of others may hold, are shown
/// as
/// '?': they could do things to a terminal.
std::string fit(const std::string& text, std::size_t width, bool fill) {
  std::string fitted;
  std::size_t characters = 0;
  for (const char byte : text) {
    if (!continues(byte) && ++characters > width) break;
    fitted += (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) ? '?' : byte;
  }
  characters = std::min(characters, width);
  if (fill) fitted.append(width - characters, ' ');
  return fitted;
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string bar(double share, std::size_t width) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  return std::string(filled, '#') + std::string(width - filled, '-');
}

std::string job_row(const JsonDocument& job) {
  const std::string& state = job["state"].text();
  std::string row = right(job["job"].text(), 5) + "  " + fit(state, 9, true) + " " + fit(job["name"].text(), 16, true) + " ";
  if (state == "waiting") {
    row += fit(job["waits_for"].text(), 32, true);
  } else if (has_not_ended(job)) {
    const std::uint64_t done = job["tasks_done"].number(), total = job["tasks_total"].number();
    row += fit(job["stage"].text(), 9, true) + " " + bar(share_of(done, total), 10) + " ";
    row += right(std::to_string(done) + "/" + std::to_string(total), 11);
  } else {
    row += fit(job["error"].text(), 32, true);
  }
  return row + right(clock_text(job["elapsed_ms"].number()), 9);
}

std::string node_row(const JsonDocument& node) {
  const std::uint64_t busy = node["busy"].number(), slots = node["slots"].number();
  return right(node["node"].text(), 5) + "  " + fit(node["name"].text(), 26, true) + " " + bar(share_of(busy, slots), 20) + " " +
         right(std::to_string(busy) + "/" + std::to_string(slots), 9) + right(format_bytes(node["memory_bytes"].number()), 12);
}

/// Running ones first, then the newest of the others.
std::vector<const JsonDocument*> ordered(const JsonDocument& jobs) {
  std::vector<const JsonDocument*> order;
  for (const bool running : {true, false})
    for (const JsonDocument& job : jobs["jobs"].items())
      if (has_not_ended(job) == running) order.push_back(&job);
  return order;
}

}  // namespace

bool has_not_ended(const JsonDocument& job) {
  const std::string& state = job["state"].text();
  return state != "done" && state != "failed" && state != "cancelled";
}

std::string printable(std::string text) {
  for (char& byte : text)
    if ((static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) byte = '?';
  return text;
}

std::string job_line(const JsonDocument& job) {
  std::string text =
      job["job"].text() + "  " + job["state"].text() + "  " + seconds_text(job["elapsed_ms"].number()) + "  " + job["name"].text();
  if (job["priority"].text() != "0" && !job["priority"].is_null()) text += "  priority " + job["priority"].text();
  if (has_not_ended(job) && job["tasks_total"].number() > 0)
    text += "  " + job["stage"].text() + " " + job["tasks_done"].text() + "/" + job["tasks_total"].text();
  for (const char* why : {"error", "waits_for"})
    if (!job[why].is_null()) text += "  " + job[why].text();
  return text + "\n";
}

std::string node_line(const JsonDocument& node) {
  return node["node"].text() + "  " + node["name"].text() + "  " + node["busy"].text() + " of " + counted(node["slots"].number(), "slot") +
         " busy  " + format_bytes(node["memory_bytes"].number()) + (node["leaving"].truth() ? "  leaving" : "") + "\n";
}

std::string job_status(const JsonDocument& job) {
  std::string text = job_line(job) + "submitted " + job["submitted_at"].text();
  if (!job["ended_at"].text().empty()) text += ", ended " + job["ended_at"].text();
  text += "\n";
  for (const JsonDocument& stage : job["progress"]["stages"].items()) {
    const StageProgress progress = stage_progress(stage);
    text += stage_line(progress.name, progress, share_of(progress.tasks_done, progress.tasks_total), 20) + "\n";
  }
  const JsonDocument& attempts = job["attempts"];
  text += attempts["started"].text() + " attempts started, " + attempts["failed"].text() + " failed, " + attempts["lost"].text() +
          " lost; " + format_bytes(job["shuffle_bytes"].number()) + " shuffled\n";
  if (job["workers_starting"].number() > 0) text += counted(job["workers_starting"].number(), "worker") + " asked for and not ready\n";
  for (const JsonDocument& output : job["report"]["outputs"].items())
    text += "output " + output["path"].text() + "  " + format_bytes(output["bytes"].number()) + "\n";
  return text;
}

JobProgress job_progress(const JsonDocument& job) {
  const JsonDocument& from = job["progress"];
  JobProgress progress;
  const std::string& phase = from["phase"].text();
  progress.phase = phase == "running"      ? JobPhase::Running
                   : phase == "publishing" ? JobPhase::Publishing
                   : phase == "done"       ? JobPhase::Done
                                           : JobPhase::Planning;
  progress.input_bytes = from["input_bytes"].number();
  progress.workers = static_cast<std::uint32_t>(from["workers"].number());
  progress.rounds = static_cast<std::uint32_t>(from["rounds"].number());
  for (const JsonDocument& stage : from["stages"].items()) progress.stages.push_back(stage_progress(stage));
  progress.stage = std::min<std::size_t>(from["stage"].number(), progress.stages.empty() ? 0 : progress.stages.size() - 1);
  return progress;
}

std::string event_line(const JsonDocument& event) {
  std::string text = event["at"].text() + "  " + event["event"].text();
  std::string_view before = "  ";
  for (const auto& [name, value] : event.members()) {
    if (name == "n" || name == "at" || name == "event") continue;
    text.append(before).append(name).append("=");
    before = " ";
    text += value.text().find(' ') == std::string::npos ? value.text() : "\"" + value.text() + "\"";
  }
  return text + "\n";
}

std::string top_screen(const std::string& address, const JsonDocument& cluster, const JsonDocument& jobs, const JsonDocument& nodes,
                       std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines;
  lines.push_back("sinter top  " + address + "  up " + clock_text(cluster["up_ms"].number()) + "  tracker " +
                  format_bytes(cluster["tracker"]["resident_bytes"].number()));
  lines.push_back("slots " + bar(share_of(cluster["busy"].number(), cluster["slots"].number()), 20) + " " + cluster["busy"].text() + "/" +
                  cluster["slots"].text() + "  " + counted(cluster["nodes"].number(), "node"));
  std::string counts = "jobs ";
  for (const auto& [state, count] : cluster["jobs"].members()) counts += (counts.size() > 5 ? ", " : "") + count.text() + " " + state;
  lines.push_back(std::move(counts));
  // Nodes get what jobs leave, and a third of the screen at least.
  const std::vector<const JsonDocument*> order = ordered(jobs);
  const std::size_t room = rows > 8 ? rows - 7 : 2;
  const std::size_t for_nodes = std::max(std::min(nodes["nodes"].items().size(), room / 3), room - std::min(room, order.size()));
  lines.emplace_back();
  lines.push_back("  JOB  STATE     NAME             STAGE     PROGRESS         TASKS     TIME");
  for (std::size_t i = 0; i < order.size() && i < room - for_nodes; ++i) lines.push_back(job_row(*order[i]));
  lines.emplace_back();
  lines.push_back(" NODE  NAME                       BUSY                     SLOTS      MEMORY");
  for (std::size_t i = 0; i < nodes["nodes"].items().size() && i < for_nodes; ++i) lines.push_back(node_row(nodes["nodes"].items()[i]));
  lines.resize(rows > 0 ? rows : 1);
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + fit(lines[i], columns, false);
  return text;
}

}  // namespace sinter::cli

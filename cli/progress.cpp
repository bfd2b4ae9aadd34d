// Progress bars and lines: see progress.hpp. One thread.
#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace sinter::cli {
namespace {

constexpr int kBarWidth = 20;
/// Jobs that end sooner show no bars: they would only flicker.
constexpr std::int64_t kFirstDrawMs = 500;
constexpr std::int64_t kPlainLineIntervalMs = 10'000;
/// Before this share of a stage is done its remaining time is a guess.
constexpr double kShareForEstimate = 0.1;

ProgressMode mode_of(std::string_view mode, const Console& console) {
  if (console.quiet() || mode == "none") return ProgressMode::None;
  if (mode == "tty") return ProgressMode::Tty;
  if (mode == "plain") return ProgressMode::Plain;
  return console.stderr_is_terminal() ? ProgressMode::Tty : ProgressMode::Plain;
}

/// The map's by bytes, because its tasks are large; the others' by tasks.
double share_of(const JobProgress& progress, std::size_t stage) {
  const StageProgress& one = progress.stages[stage];
  if (one.tasks_total > 0 && one.tasks_done == one.tasks_total) return 1;
  if (stage == 0 && progress.input_bytes > 0)
    return std::min(1.0, static_cast<double>(one.bytes) / static_cast<double>(progress.input_bytes));
  return one.tasks_total == 0 ? 0 : static_cast<double>(one.tasks_done) / static_cast<double>(one.tasks_total);
}

/// In the words of the fusion job.
std::string line_of(const JobProgress& progress, std::size_t stage, int bar_width) {
  const StageProgress& one = progress.stages[stage];
  const std::string name = stage == 0 ? "read+clean" : one.name == "reduce" ? "fuse" : one.name;
  return stage_line(name, one, share_of(progress, stage), bar_width) + "\n";
}

std::string clock_text(std::int64_t seconds) {
  const std::string rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + (rest.size() == 1 ? ":0" : ":") + rest;
}

std::int64_t elapsed_ms(const JobProgress& progress) {
  std::int64_t sum = 0;
  for (const StageProgress& stage : progress.stages) sum += stage.elapsed_ms;
  return sum;
}

}  // namespace

std::string short_count(std::uint64_t count) {
  if (count < 10'000) return std::to_string(count);
  static constexpr std::array<char, 4> kUnits = {'k', 'M', 'G', 'T'};
  double value = static_cast<double>(count) / 1000;
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  char buffer[32];
  const int size = std::snprintf(buffer, sizeof buffer, value < 10 ? "%.1f%c" : "%.0f%c", value, kUnits[unit]);
  return {buffer, static_cast<std::size_t>(size)};
}

std::string stage_line(std::string_view name, const StageProgress& stage, double share, int bar_width) {
  const int filled = static_cast<int>(share * bar_width);
  std::string line = " " + std::string(name) + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ');
  line += std::string(static_cast<std::size_t>(filled), '#') + std::string(static_cast<std::size_t>(bar_width - filled), '-');
  char percent[16];
  std::snprintf(percent, sizeof percent, " %3d%%  ", static_cast<int>(share * 100));
  line +=
      percent + std::to_string(stage.tasks_done) + "/" + std::to_string(stage.tasks_total) + " tasks  " + short_count(stage.rows) + " rows";
  if (stage.elapsed_ms > 0) line += "  " + short_count(stage.rows * 1000 / static_cast<std::uint64_t>(stage.elapsed_ms)) + " rows/s";
  if (stage.rejected > 0) line += "  rejected " + short_count(stage.rejected);
  if (share >= kShareForEstimate && share < 1) {
    line += "  left " + clock_text(static_cast<std::int64_t>(static_cast<double>(stage.elapsed_ms) * (1 - share) / share / 1000) + 1);
  }
  return line;
}

ProgressView::ProgressView(std::string_view mode, const Console& console) : mode_(mode_of(mode, console)) {}

void ProgressView::update(const JobProgress& progress) {
  if (mode_ == ProgressMode::Tty && elapsed_ms(progress) >= kFirstDrawMs) draw(progress);
  if (mode_ == ProgressMode::Plain) print_line(progress);
}

void ProgressView::draw(const JobProgress& progress) {
  clear();
  std::string text;
  for (std::size_t stage = 0; stage < progress.stages.size(); ++stage) text += line_of(progress, stage, kBarWidth);
  lines_drawn_ = static_cast<int>(progress.stages.size());
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void ProgressView::print_line(const JobProgress& progress) {
  if (progress.stages.empty()) return;
  const bool stage_changed =
      (progress.stage != last_stage_ || progress.phase != last_phase_) && progress.phase != JobPhase::Done;
  const bool due = elapsed_ms(progress) - last_line_ms_ >= kPlainLineIntervalMs;
  // A job of a few milliseconds needs no lines: its summary says everything.
  if ((!stage_changed || elapsed_ms(progress) < kFirstDrawMs) && !due) return;
  last_stage_ = progress.stage;
  last_phase_ = progress.phase;
  last_line_ms_ = elapsed_ms(progress);
  std::fputs(line_of(progress, progress.stage, 0).c_str(), stderr);
}

void ProgressView::clear() {
  if (lines_drawn_ == 0) return;
  std::string text;
  for (int i = 0; i < lines_drawn_; ++i) text += "\x1b[1A\x1b[2K";
  lines_drawn_ = 0;
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace sinter::cli

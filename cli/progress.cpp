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

double map_share(const JobProgress& progress) {
  if (progress.map.tasks_total > 0 && progress.map.tasks_done == progress.map.tasks_total) return 1;
  if (progress.input_bytes == 0) return 0;
  return std::min(1.0, static_cast<double>(progress.map.bytes) / static_cast<double>(progress.input_bytes));
}

double reduce_share(const JobProgress& progress) {
  if (progress.reduce.tasks_total == 0) return 0;
  return static_cast<double>(progress.reduce.tasks_done) / static_cast<double>(progress.reduce.tasks_total);
}

std::string clock_text(std::int64_t seconds) {
  const std::string rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + (rest.size() == 1 ? ":0" : ":") + rest;
}

std::int64_t elapsed_ms(const JobProgress& progress) { return progress.map.elapsed_ms + progress.reduce.elapsed_ms; }

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
  std::string text = stage_line("read+clean", progress.map, map_share(progress), kBarWidth) + "\n";
  text += stage_line("fuse", progress.reduce, reduce_share(progress), kBarWidth) + "\n";
  lines_drawn_ = 2;
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void ProgressView::print_line(const JobProgress& progress) {
  const bool stage_changed = progress.stage != last_stage_ && progress.stage != JobStage::Done;
  const bool due = elapsed_ms(progress) - last_line_ms_ >= kPlainLineIntervalMs;
  // A job of a few milliseconds needs no lines: its summary says everything.
  if ((!stage_changed || elapsed_ms(progress) < kFirstDrawMs) && !due) return;
  last_stage_ = progress.stage;
  last_line_ms_ = elapsed_ms(progress);
  const bool reducing = progress.stage != JobStage::Mapping;
  const std::string line = reducing ? stage_line("fuse", progress.reduce, reduce_share(progress), 0)
                                    : stage_line("read+clean", progress.map, map_share(progress), 0);
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressView::clear() {
  if (lines_drawn_ == 0) return;
  std::string text;
  for (int i = 0; i < lines_drawn_; ++i) text += "\x1b[1A\x1b[2K";
  lines_drawn_ = 0;
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace sinter::cli

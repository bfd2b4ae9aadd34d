// ProgressView: a job's progress on stderr: bars that redraw on a terminal, plain lines elsewhere. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/console.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::cli {

class ProgressView {
 public:
  /// `mode` is auto, tty, plain or none; auto is tty on a terminal, else plain.
  ProgressView(std::string_view mode, const Console& console);

  void update(const JobProgress& progress);
  /// Takes the bars off the screen.
  void clear();

 private:
  void draw(const JobProgress& progress);
  void print_line(const JobProgress& progress);

  ProgressMode mode_;
  int lines_drawn_ = 0;
  std::size_t last_stage_ = 0;
  JobPhase last_phase_ = JobPhase::Planning;
  std::int64_t last_line_ms_ = 0;
};

/// One stage as a bar: " read+clean  ######----  60%  3/5 tasks  1.2M rows  400k rows/s  left 0:02". `share` is in [0, 1]. Pure.
std::string stage_line(std::string_view name, const StageProgress& stage, double share, int bar_width);

/// "412", "9.9k", "1.2M". Pure.
std::string short_count(std::uint64_t count);

}  // namespace sinter::cli

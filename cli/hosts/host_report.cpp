// Judging probes. Any thread.
#include "cli/hosts/host_report.hpp"

#include <algorithm>
#include <array>

#include "base/parse_size.hpp"
#include "framework/cluster/message_kinds.hpp"

namespace sinter::cli {
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

std::string clock_text(std::int64_t skew_us) {
  if (skew_us == 0) return "right";
  return format_duration_ms(std::abs(skew_us) / 1'000) + (skew_us > 0 ? " ahead" : " behind");
}

Row row_of(const HostReport& report, const std::string& version) {
  const std::string verdict = problems_of(report, version).empty() ? "ok" : "NOT OK";
  if (!report.probe) return {report.name, "-", "-", "-", "-", "-", verdict};
  const ProbeAnswer& probe = *report.probe;
  return {report.name, probe.version, clock_text(clock_skew_us(report)), std::to_string(probe.processors), format_size(probe.memory_bytes),
          probe.scratch_problem.empty() ? format_size(probe.scratch_free_bytes) : "-", verdict};
}

}  // namespace

std::int64_t clock_skew_us(const HostReport& report) {
  if (!report.probe) return 0;
  const std::int64_t theirs = report.probe->time_us;
  return theirs - std::clamp(theirs, report.asked_us, report.answered_us);
}

std::vector<std::string> problems_of(const HostReport& report, const std::string& version) {
  if (!report.ssh_problem.empty()) return {report.ssh_problem};
  if (!report.probe) return {"it was not looked at"};
  const ProbeAnswer& probe = *report.probe;
  std::vector<std::string> problems;
  if (probe.version != version || probe.protocol != cluster::kClusterProtocolVersion)
    problems.push_back("has sinter " + probe.version + " (cluster protocol " + std::to_string(probe.protocol) + "), here is " + version +
                       " (" + std::to_string(cluster::kClusterProtocolVersion) +
                       "): install the same there, or bring it along with --copy");
  if (const std::int64_t skew = clock_skew_us(report); std::abs(skew) > kMaxClockSkewUs)
    problems.push_back("its clock is " + clock_text(skew) + " of this host's; up to " + format_duration_ms(kMaxClockSkewUs / 1'000) +
                       " is fine (kMaxClockSkewUs): let NTP set it");
  if (!probe.scratch_problem.empty())
    problems.push_back("no scratch space: " + probe.scratch_problem + ": name another place with scratch=");
  else if (probe.scratch_free_bytes < kLeastScratchBytes)
    problems.push_back("has " + format_size(probe.scratch_free_bytes) + " of scratch space, and needs " + format_size(kLeastScratchBytes) +
                       " (kLeastScratchBytes): make room, or name another place with scratch=");
  for (const std::string& directory : probe.unseen)
    problems.push_back("does not see what this host has in '" + directory + "': mount it there under the same path");
  if (!probe.listen_problem.empty())
    problems.push_back("as the tracker it " + probe.listen_problem + ": choose another port with --listen");
  if (!probe.reach_problem.empty())
    problems.push_back(probe.reach_problem + ": open the tracker's port in firewalls between them, or say its address with address=");
  return problems;
}

std::string report_table(const std::vector<HostReport>& reports, const std::string& version) {
  std::vector<Row> rows{{"host", "sinter", "clock", "processors", "memory", "scratch free", ""}};
  for (const HostReport& report : reports) rows.push_back(row_of(report, version));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace sinter::cli

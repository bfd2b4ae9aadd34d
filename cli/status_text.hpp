// What a tracker says of itself and its jobs, for people. Pure: pages of its status in (docs/formats/status.md), text out. Any thread.
#pragma once

#include <string>

#include "framework/io/json_document.hpp"
#include "framework/runtime/run_job.hpp"

namespace sinter::cli {

/// Whether the job (an entry of /v1/jobs, or its own page) is still to end.
bool has_not_ended(const JsonDocument& job);
/// Control characters but line ends and tabs become '?': names and log lines are of others, and could do things to a terminal.
std::string printable(std::string text);
/// "3  running  1.2 s  readings  map 5/12": an entry of /v1/jobs.
std::string job_line(const JsonDocument& job);
/// "1  rack-2  3 of 4 slots busy  15.5 GiB": an entry of /v1/nodes.
std::string node_line(const JsonDocument& node);
/// All of /v1/jobs/7.
std::string job_status(const JsonDocument& job);
/// As the job's own client would be told.
JobProgress job_progress(const JsonDocument& job);
/// "2026-11-21T20:46:00Z  attempt_started  attempt=map-3-1 worker=2 node=rack-2".
std::string event_line(const JsonDocument& event);

/// One screen of `sinter top`, of exactly `rows` lines of at most `columns` characters, the last one without its end: the cluster, its
/// running and newest jobs, its nodes.
std::string top_screen(const std::string& address, const JsonDocument& cluster, const JsonDocument& jobs, const JsonDocument& nodes,
                       std::size_t columns, std::size_t rows);

}  // namespace sinter::cli

// ClientJob: a job as its client has it, and its way through a cluster: files seen or sent, native code brought along, results fetched. One
// thread; the call blocks it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/cluster/cluster_client.hpp"
#include "framework/cluster/sent_files.hpp"

namespace sinter::cluster {

/// What a job brings along that nodes execute: a program, whose workers they are, or what the nodes' own workers load.
struct ClientCode {
  bool is_program = false;
  std::vector<std::string> arguments = {};  // of the program
  std::vector<CodeFile> files;
};

struct ClientJob {
  JobDefinition& definition;  // with native code it is planned here; else the tracker makes it again from the payload
  JobPayload payload;
  std::optional<ClientCode> code;
  FileSystem& files;
  std::string working_directory;
  bool overwrite = false;
  std::int32_t priority = 0;
  bool speculation = true;
  std::string placement = "auto";  // shared, shipped, or as the cluster sees the paths
  bool detach = false;             // leave it to the tracker
  std::string cluster;             // as its user calls it
  std::string ticket_directory;    // see submit_shipped()
  std::string sinter_version;
  std::uint64_t submission = 0;    // draw_identity()
  std::function<void(const std::string&)> note;  // says what is going on, to people
  std::function<void(const JobProgress&)> on_progress = {};
};

struct ClientOutcome {
  std::optional<JobReport> report;  // nothing: it was detached
  std::string placement;            // how the job saw its files, for people
};

Result<ClientOutcome> run_client_job(const ClientOptions& options, ClientJob job);

}  // namespace sinter::cluster

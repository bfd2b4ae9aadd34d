// What a host says of itself before it becomes part of a cluster: `sinter probe` runs there, its text is read here. Blocks its thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinter::cli {

struct ProbeRequest {
  std::string scratch;                // looked at for space
  std::vector<std::string> shared;    // directories that all must see
  std::string mark;                   // a file in each of them, made by who asks
  std::string listen;                 // "host:port": whether the tracker could listen there
  std::uint32_t await = 0;            // and so many hosts should come to it
  std::string reach;                  // "host:port": whether a connection gets there
};

struct ProbeAnswer {
  std::string version;
  std::uint64_t protocol = 0;
  std::int64_t time_us = 0;
  std::uint64_t processors = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t scratch_free_bytes = 0;
  std::string scratch_problem;
  std::vector<std::string> unseen;  // shared directories without the mark
  std::string listen_problem;
  std::string reach_problem;
};

/// Looks at this host, for up to some ten seconds when it awaits others.
ProbeAnswer probe_host(const ProbeRequest& request, const std::string& version);

std::string probe_text(const ProbeAnswer& answer);
/// Errors (the environment's): this is no answer of a probe.
Result<ProbeAnswer> parse_probe(std::string_view text);

}  // namespace sinter::cli

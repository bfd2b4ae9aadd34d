// The messages by which a client looks at a tracker's status and ends attempts, each declared once. Plain values; any thread.
// Format page: docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <string>

#include "framework/cluster/message_kinds.hpp"

namespace sinter::cluster {

/// Client to tracker: the page at this path, such as "/v1/jobs/7". The same paths are served over HTTP.
struct Ask {
  static constexpr Kind kKind = Kind::Ask;
  std::uint64_t number = 0;  // that of the answer
  std::string path;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & number & path; }
};

struct Answer {
  static constexpr Kind kKind = Kind::Answer;
  std::uint64_t number = 0;
  std::uint32_t status = 200;  // as of HTTP
  std::string content_type;
  std::string body;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & number & status & content_type & body; }
};

/// Client to tracker: end the attempts of this task that run now. They are made again, and do not count as failures.
struct KillTask {
  static constexpr Kind kKind = Kind::KillTask;
  RunId run = 0;
  std::string task;  // "map-3"

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & task; }
};

struct TaskKilled {
  static constexpr Kind kKind = Kind::TaskKilled;
  std::uint32_t attempts = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & attempts; }
};

extern template Result<Ask> unpack(const net::Message&);
extern template Result<Answer> unpack(const net::Message&);
extern template Result<KillTask> unpack(const net::Message&);
extern template Result<TaskKilled> unpack(const net::Message&);

}  // namespace sinter::cluster

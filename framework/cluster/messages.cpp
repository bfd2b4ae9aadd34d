// Messages of a cluster: decoding with the checks that types alone do not make.
#include <algorithm>

#include "base/net/content_hash.hpp"
#include "framework/cluster/admin_messages.hpp"
#include "framework/cluster/client_messages.hpp"
#include "framework/cluster/file_messages.hpp"
#include "framework/cluster/node_messages.hpp"
#include "framework/cluster/status_messages.hpp"

namespace sinter::cluster {
namespace {

Status check_version(std::uint32_t version, std::string_view who) {
  if (version == kClusterProtocolVersion) return {};
  return environment_error(std::string(who) + " speaks cluster protocol " + std::to_string(version) + ", this is " +
                               std::to_string(kClusterProtocolVersion) + ": they are of different sinter versions",
                           false);
}

/// Below a directory, and nowhere else.
bool is_confined(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view step = name.substr(begin, end - begin);
    if (step.empty() || step == "." || step == "..") return false;
    begin = end + 1;
  }
  return true;
}

Status check_names(const std::vector<std::string>& names, std::string_view what) {
  for (const std::string& name : names)
    if (!is_confined(name)) return internal_error(std::string(what) + " names a file outside its job's scratch directory");
  return {};
}

Status check(const NodeHello& hello) {
  SINTER_TRY(check_version(hello.protocol_version, "the node"));
  if (hello.name.empty() || hello.name.size() > kMaxNodeNameBytes)
    return user_error("a node's name has 1 to " + std::to_string(kMaxNodeNameBytes) + " bytes (kMaxNodeNameBytes)");
  if (hello.slots < 1 || hello.slots > kMaxSlotsPerNode)
    return user_error("a node has 1 to " + std::to_string(kMaxSlotsPerNode) + " slots (kMaxSlotsPerNode), not " +
                      std::to_string(hello.slots));
  if (hello.workers.size() > kMaxHeldWorkers || hello.runs.size() > kMaxHeldWorkers)
    return user_error("a node that returns names more than kMaxHeldWorkers (" + std::to_string(kMaxHeldWorkers) + ") jobs or workers");
  return {};
}
Status check(const NodeWelcome& welcome) {
  if (welcome.beat_interval_ms < 1) return internal_error("a beat interval is at least 1 ms");
  return {};
}
Status check(const DropFiles& drop) { return check_names(drop.names, "DropFiles"); }
Status check(const FromWorker& from) {
  if (from.files.size() > kMaxAttemptFiles)
    return user_error("an attempt left " + std::to_string(from.files.size()) + " files, more than kMaxAttemptFiles (" +
                      std::to_string(kMaxAttemptFiles) + ")");
  std::uint64_t sent_bytes = 0;
  for (const auto& [name, bytes] : from.sent_along) sent_bytes += name.size() + bytes.size();
  if (sent_bytes > kMaxSentAlongBytes)
    return user_error("a node sends " + std::to_string(sent_bytes) + " bytes of files along, more than kMaxSentAlongBytes (" +
                      std::to_string(kMaxSentAlongBytes) + ")");
  return check_names(from.files, "FromWorker");
}
Status check(const WorkerIsGone& gone) {
  if (gone.loss > Loss::Node) return internal_error("WorkerIsGone holds an unknown loss");
  return {};
}
Status check_hash(const std::string& hash) {
  return net::is_content_hash(hash) ? Status() : user_error("a file is named by something that is no content hash");
}
Status check_shipped(const std::vector<ShippedFile>& files) {
  std::uint64_t list_bytes = 0;
  for (const ShippedFile& file : files) {
    SINTER_TRY(check_hash(file.hash));
    list_bytes += file.path.size() + file.hash.size() + 12;
  }
  if (files.size() > kMaxShippedFiles || list_bytes > kMaxShippedListBytes)
    return user_error("a job may bring " + std::to_string(kMaxShippedFiles) + " files (kMaxShippedFiles) whose list has " +
                      std::to_string(kMaxShippedListBytes) + " bytes (kMaxShippedListBytes); these are " + std::to_string(files.size()) +
                      " with " + std::to_string(list_bytes))
        .with_hint("Put many small files into a few large ones, or on a shared path");
  return {};
}
Status check_code(const JobCode& code) {
  std::uint64_t bytes = 0;
  bool has_program = false;
  for (const ShippedFile& file : code.files) {
    SINTER_TRY(check_hash(file.hash));
    if (!is_confined(file.path)) return user_error("a job's code names a file outside its directory");
    if (file.size_bytes > kMaxCodeBytes - bytes || code.files.size() > kMaxCodeFiles)
      return user_error("a job may bring " + std::to_string(kMaxCodeFiles) + " files of native code (kMaxCodeFiles) of " +
                        std::to_string(kMaxCodeBytes) + " bytes (kMaxCodeBytes)");
    bytes += file.size_bytes;
    has_program = has_program || file.path == kCodeProgram;
  }
  return has_program == code.is_program ? Status() : user_error("a job's code has no program, or one that is none");
}
Status check(const OpenRun& open) {
  if (open.code) SINTER_TRY(check_code(*open.code));
  return open.shipped ? check_shipped(open.shipped->files) : Status();
}
Status check(const Submit& submit) {
  SINTER_TRY(check_version(submit.protocol_version, "the client"));
  if (submit.planned) SINTER_TRY(check_code(submit.planned->code));
  if (submit.planned && submit.planned->plan.size() > kMaxSentPlanBytes)
    return user_error("the job's plan has " + std::to_string(submit.planned->plan.size()) +
                      " bytes, and of a job that brings native code " + std::to_string(kMaxSentPlanBytes) +
                      " are taken (kMaxSentPlanBytes)")
        .with_hint("Give it fewer input files: put many small ones into a few large ones");
  return check_shipped(submit.shipped);
}
Status check(const OfferFiles& offer) {
  SINTER_TRY(check_version(offer.protocol_version, "the client"));
  if (offer.files.size() > kMaxShippedFiles)
    return user_error("a job may bring " + std::to_string(kMaxShippedFiles) + " files (kMaxShippedFiles), not " +
                      std::to_string(offer.files.size()))
        .with_hint("Put many small files into a few large ones, or on a shared path");
  for (const OfferedFile& file : offer.files) SINTER_TRY(check_hash(file.hash));
  return {};
}
Status check(const LookForFiles& look) {
  if (look.files.size() > kMaxSeenFiles)
    return user_error("at most " + std::to_string(kMaxSeenFiles) + " files are looked for at once (kMaxSeenFiles)");
  return {};
}
Status check(const PutBytes& put) {
  std::uint64_t bytes = 0;
  for (const FilePiece& piece : put.pieces) {
    SINTER_TRY(check_hash(piece.hash));
    bytes += piece.bytes.size();
  }
  if (bytes > kMaxPutBytes)
    return user_error("a message has " + std::to_string(bytes) + " bytes of files, more than kMaxPutBytes (" +
                      std::to_string(kMaxPutBytes) + ")");
  return {};
}
Status check(const RunProgress& told) {
  if (told.progress.phase > JobPhase::Done) return internal_error("RunProgress holds an unknown phase");
  if (!told.progress.stages.empty() && told.progress.stage >= told.progress.stages.size())
    return internal_error("RunProgress names no stage");
  return {};
}
Status check(const RunEnded& ended) {
  if (ended.error.fault > Fault::Internal) return internal_error("RunEnded holds an unknown fault");
  return {};
}
Status check(const RunList& list) {
  for (const RunLine& line : list.runs)
    if (line.state > RunState::Waiting) return internal_error("RunList holds an unknown state");
  return {};
}
Status check(const Refused& refused) {
  if (refused.error.fault > Fault::Internal) return internal_error("Refused holds an unknown fault");
  return {};
}
Status check(const RevokeAccess& revoke) {
  if (revoke.what > AccessKind::Token) return internal_error("RevokeAccess names an unknown kind of access");
  return {};
}
template <class T>
Status check(const T&) {
  return {};
}

}  // namespace

template <class T>
Result<T> unpack(const net::Message& message) {
  if (message.kind != static_cast<std::uint16_t>(T::kKind))
    return internal_error("message of kind " + std::to_string(message.kind) + " where kind " +
                          std::to_string(static_cast<unsigned>(T::kKind)) + " belongs");
  SINTER_ASSIGN(T value, decode<T>(message.body, "cluster message of kind " + std::to_string(message.kind)));
  SINTER_TRY(check(value));
  return value;
}

template Result<AccessList> unpack(const net::Message&);
template Result<CreateToken> unpack(const net::Message&);
template Result<ListAccess> unpack(const net::Message&);
template Result<RevokeAccess> unpack(const net::Message&);
template Result<TokenMade> unpack(const net::Message&);
template Result<Answer> unpack(const net::Message&);
template Result<Ask> unpack(const net::Message&);
template Result<KillTask> unpack(const net::Message&);
template Result<TaskKilled> unpack(const net::Message&);
template Result<WatchRun> unpack(const net::Message&);
template Result<CancelRun> unpack(const net::Message&);
template Result<CloseRun> unpack(const net::Message&);
template Result<Drain> unpack(const net::Message&);
template Result<DrainNode> unpack(const net::Message&);
template Result<DropOutputs> unpack(const net::Message&);
template Result<FilesSeen> unpack(const net::Message&);
template Result<FindOutputs> unpack(const net::Message&);
template Result<LookForFiles> unpack(const net::Message&);
template Result<OfferFiles> unpack(const net::Message&);
template Result<OutputsAt> unpack(const net::Message&);
template Result<PutBytes> unpack(const net::Message&);
template Result<TookBytes> unpack(const net::Message&);
template Result<WantFiles> unpack(const net::Message&);
template Result<DropFiles> unpack(const net::Message&);
template Result<FromWorker> unpack(const net::Message&);
template Result<KillWorker> unpack(const net::Message&);
template Result<MayLeave> unpack(const net::Message&);
template Result<NodeDrains> unpack(const net::Message&);
template Result<NodeHello> unpack(const net::Message&);
template Result<NodeList> unpack(const net::Message&);
template Result<NodeWelcome> unpack(const net::Message&);
template Result<OpenRun> unpack(const net::Message&);
template Result<Refused> unpack(const net::Message&);
template Result<RunEnded> unpack(const net::Message&);
template Result<RunList> unpack(const net::Message&);
template Result<RunProgress> unpack(const net::Message&);
template Result<StartWorker> unpack(const net::Message&);
template Result<StopWorkers> unpack(const net::Message&);
template Result<Submit> unpack(const net::Message&);
template Result<Submitted> unpack(const net::Message&);
template Result<ToWorker> unpack(const net::Message&);
template Result<WorkerIsGone> unpack(const net::Message&);
template Result<WorkerIsUp> unpack(const net::Message&);

}  // namespace sinter::cluster

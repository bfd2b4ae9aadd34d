// TrackerShell: files that clients send, and what their jobs left for them.
#include <algorithm>

#include "base/net/key_file.hpp"
#include "framework/cluster/seen_files.hpp"
#include "framework/cluster/tracker_shell.hpp"

namespace sinter::cluster {
namespace {

/// What a job left for its client waits for it so long.
constexpr std::int64_t kOutputsWaitMicros = 24LL * 60 * 60 * 1'000'000;
/// A node that has not said so long whether it sees a client's files is not waited for: it hangs, and its silence says nothing of them.
constexpr SteadyMs kLookMs = 2'000;

}  // namespace

void add_file_rules(std::vector<MessageRule>& rules) {
  constexpr std::uint64_t kSmall = 4'096;
  const auto add = [&](Kind kind, const char* name, std::uint64_t max_bytes) {
    rules.push_back({static_cast<std::uint16_t>(kind), name, {AccessRole::Submit}, max_bytes});
  };
  add(Kind::OfferFiles, "OfferFiles", kMaxSubmissionBytes);
  add(Kind::PutBytes, "PutBytes", 4 * kMaxPutBytes);  // pieces of empty files have names too
  add(Kind::FindOutputs, "FindOutputs", kSmall);
  add(Kind::DropOutputs, "DropOutputs", kSmall);
  add(Kind::LookForFiles, "LookForFiles", kMaxPutBytes);
  rules.push_back({static_cast<std::uint16_t>(Kind::FilesSeen), "FilesSeen", {AccessRole::Node}, 2 * kSmall});
}

Status TrackerShell::open_desk() {
  FileDesk::Options options{.data_directory = options_.data_directory,
                            .listen = transport_->endpoint(),
                            .port = options_.files_port,
                            .quota_bytes = options_.files_quota_bytes,
                            .host = options_.host,
                            .key = options_.key,
                            .files = options_.files,
                            .clock = options_.clock,
                            .log = options_.log,
                            .answer = [this](net::PeerId peer, net::Message message) {
                              post([this, peer, message = std::move(message)] { send(peer, message); });
                            }};
  SINTER_ASSIGN(desk_, FileDesk::open(std::move(options)));
  return {};
}

Status TrackerShell::hear_files(net::PeerId peer, const net::Message& message) {
  switch (static_cast<Kind>(message.kind)) {
    case Kind::OfferFiles: {
      SINTER_ASSIGN(OfferFiles offer, unpack<OfferFiles>(message));
      desk_->offer(peer, keys_.at(peer), std::move(offer));
      return {};
    }
    case Kind::PutBytes: {
      SINTER_ASSIGN(PutBytes put, unpack<PutBytes>(message));
      return desk_->put(peer, std::move(put));
    }
    case Kind::FindOutputs: {
      SINTER_ASSIGN(const FindOutputs wanted, unpack<FindOutputs>(message));
      return find_outputs(peer, wanted.run);
    }
    case Kind::DropOutputs: {
      SINTER_ASSIGN(const DropOutputs taken, unpack<DropOutputs>(message));
      return drop_outputs(peer, taken.run);
    }
    case Kind::LookForFiles: {
      SINTER_ASSIGN(const LookForFiles wanted, unpack<LookForFiles>(message));
      return look_for_files(peer, wanted);
    }
    default: return user_error("a message of the unknown kind " + std::to_string(message.kind));
  }
}

/// Nodes are told what the client sent, and may read it.
void TrackerShell::open_shipped(Job& job, OpenRun& open) {
  if (!job.shipped && !job.code) return;
  const auto secret = net::parse_secret_key(open.run_secret);
  if (!secret.ok()) return options_.log.error("the job's key is damaged", {{"job", open.run}});
  std::vector<ShippedFile> files;
  if (job.shipped) files = *job.shipped;
  if (job.code) files.insert(files.end(), job.code->files.begin(), job.code->files.end());
  ShippedInputs at = desk_->serve_inputs(open.run, net::key_pair_of(*secret).public_key, std::move(files));
  if (job.code) {
    open.code = *job.code;
    open.code_at = {at.host, at.blob_directory, at.endpoint, at.endpoint_key, {}};
  }
  if (!job.shipped) return;
  at.files = *job.shipped;
  open.shipped = std::move(at);
}

void TrackerShell::keep_outputs(Job& job, RunId run) {
  if (const std::optional<std::int64_t> since_ns = store_.kept_outputs_since_ns(run))
    job.outputs_until = Timestamp{*since_ns / 1'000 + kOutputsWaitMicros};
}

void TrackerShell::expire_outputs() {
  const Timestamp now = options_.wall_clock();
  for (auto& [run, job] : jobs_) {
    if (!job.outputs_until || now.micros < job.outputs_until->micros) continue;
    job.outputs_until.reset();
    desk_->stop_serving(run);
    options_.log.warning("what a job left was not fetched in time and is removed", {{"job", run}});
    if (const Status dropped = store_.drop_outputs(run); !dropped.ok())
      options_.log.error("it cannot be removed", {{"job", run}, {"reason", dropped.error().to_string()}});
  }
}

/// Results are for who submitted the job, and for nobody else.
Status TrackerShell::check_submitter(net::PeerId peer, RunId run) const {
  const auto found = jobs_.find(run);
  if (found == jobs_.end()) return user_error("there is no job " + std::to_string(run));
  if (found->second.submitter == net::public_key_text(keys_.at(peer))) return {};
  return user_error("job " + std::to_string(run) + " was submitted by somebody else, for whom its results are");
}

Status TrackerShell::find_outputs(net::PeerId peer, RunId run) {
  SINTER_TRY(check_submitter(peer, run));
  const Job& job = jobs_.at(run);
  if (job.run) return user_error("job " + std::to_string(run) + " still runs").with_hint("`sinter job list` says when it is done");
  if (!job.outputs_until || !job.ended || !job.ended->report)
    return user_error("nothing that job " + std::to_string(run) + " left waits here")
        .with_hint("It was fetched, waited for more than a day, or the job wrote to a shared path or failed");
  SINTER_ASSIGN(const net::KeyPair pair, net::load_or_make_key_pair(store_.directory_of(run) + "/private/run.key"));
  SINTER_ASSIGN(std::vector<std::string> names, store_.outputs(run));
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(store_.outputs_of(run) + name);
  desk_->serve_outputs(run, pair.public_key, std::move(paths));
  send(peer, pack(OutputsAt{run, desk_->endpoint(), desk_->key_text(), net::secret_key_text(pair.secret_key), std::move(names),
                            *job.ended->report}));
  return {};
}

Status TrackerShell::drop_outputs(net::PeerId peer, RunId run) {
  SINTER_TRY(check_submitter(peer, run));
  Job& job = jobs_.at(run);
  if (job.outputs_until) {
    job.outputs_until.reset();
    desk_->stop_serving(run);
    SINTER_TRY(store_.drop_outputs(run));
  }
  send(peer, pack(RunList{{line_of(run, job)}}));
  return {};
}

/// We first, then every node; the first that does not see one ends it.
Status TrackerShell::look_for_files(net::PeerId peer, const LookForFiles& wanted) {
  if (std::string missing = first_unseen(options_.files, wanted.files); !missing.empty()) {
    send(peer, pack(FilesSeen{wanted.look, std::move(missing), "the tracker"}));
    return {};
  }
  LookForFiles ask{next_look_++, {}};
  for (const SeenFile& file : wanted.files)
    if (file.by_nodes) ask.files.push_back(file);
  Look& look = looks_[ask.look];
  look = {peer, wanted.look, {}, options_.clock.now_ms() + kLookMs};
  for (const NodeLine& line : nodes_.lines()) {
    look.waits_for.insert(line.node);
    send(nodes_.find(line.node)->peer, pack(ask));
  }
  end_looks();
  return {};
}

Status TrackerShell::files_seen(NodeId node, const FilesSeen& seen) {
  const auto found = looks_.find(seen.look);
  if (found == looks_.end() || found->second.waits_for.erase(node) == 0) return {};
  if (seen.missing.empty()) return {};
  send(found->second.peer, pack(FilesSeen{found->second.number, seen.missing, "node '" + nodes_.find(node)->hello.name + "'"}));
  looks_.erase(found);
  return {};
}

void TrackerShell::end_looks() {
  for (auto one = looks_.begin(); one != looks_.end();) {
    Look& look = one->second;
    std::erase_if(look.waits_for, [this](NodeId node) { return nodes_.find(node) == nullptr; });
    if (!look.waits_for.empty() && options_.clock.now_ms() < look.until_ms) {
      ++one;
      continue;
    }
    send(look.peer, pack(FilesSeen{look.number, {}, {}}));
    one = looks_.erase(one);
  }
}

}  // namespace sinter::cluster

// `sinter tracker`, `sinter node`, `sinter join`: the processes of a cluster. One thread each, and those of their jobs.
#include "cli/cluster_commands.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "base/net/key_file.hpp"
#include "base/parse_size.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "framework/cluster/cluster_tracker.hpp"
#include "framework/cluster/node.hpp"
#include "framework/cluster/shipped_run.hpp"
#include "framework/plan/plan.hpp"
#include "framework/runtime/host_share.hpp"
#include "framework/runtime/signal_watcher.hpp"
#include "jobs/fusion/job/fusion_job.hpp"

namespace sinter::cli {
namespace {

/// Nodes that may come in by the token that a tracker makes when it starts.
constexpr std::uint32_t kFirstTokenUses = 100;

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != 0 ? name : "node";
}

std::string temporary_directory() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && named[0] != 0 ? named : "/tmp";
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

LogLevel log_level(const Console& console) { return console.quiet() ? LogLevel::Error : LogLevel::Info; }

int ended(const Status& status, const Console& console) {
  if (status.ok()) return kOk;
  console.error(status.error());
  return kRunFailed;
}

/// A member's name of letters, digits and dots, whatever the host is called.
std::string member_name(std::string text) {
  for (char& letter : text)
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '.' && letter != '_' && letter != '-') letter = '-';
  if (text.empty() || std::isalnum(static_cast<unsigned char>(text.front())) == 0) text.insert(text.begin(), 'n');
  return text.substr(0, kMaxMemberNameBytes);
}

Result<std::string> read_token(FileSystem& files, const std::string& path) {
  constexpr std::uint64_t kMaxTokenFileBytes = 4'096;
  if (path != "-") return read_file(files, path, kMaxTokenFileBytes);
  // A pipe has no size.
  std::string text(kMaxTokenFileBytes, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  return text;
}

/// The user that starts a tracker may run jobs and nodes there from this host, and say who else may, without more ado.
Status let_in_this_user(const std::string& address, const net::PublicKey& tracker, Gatekeeper& gatekeeper) {
  const cluster::Identity identity = identity_for(address);
  SINTER_TRY(identity.trust(tracker));
  for (const AccessRole role : {AccessRole::Node, AccessRole::Submit, AccessRole::Admin}) {
    SINTER_ASSIGN(const std::shared_ptr<const net::KeyPair> own, identity.key(role));
    // Also native code: who makes tokens may have one for it. Whether a node runs it, its own user says.
    const Grant grant{role, role == AccessRole::Submit};
    const std::optional<Grant> known = gatekeeper.grant_of(own->public_key, Log::system_time());
    if (known == grant) continue;
    const std::string name = "local-" + to_string(Grant{role, false}) + "-" + net::key_characters(own->public_key.bytes).substr(0, 8);
    if (known) SINTER_TRY(gatekeeper.revoke_member(net::public_key_text(own->public_key)));
    SINTER_TRY(gatekeeper.add_member(own->public_key, grant, name, Log::system_time()));
  }
  return {};
}

/// Says where the tracker is and how to come in.
Status greet(const std::string& endpoint, const std::string& data, FileSystem& files, const net::PublicKey& key, Gatekeeper& gatekeeper,
             const Console& console) {
  const std::string address = endpoint.substr(endpoint.find("://") + 3);
  const std::string port = address.substr(address.rfind(':'));
  const bool stays = net::stays_on_this_host(endpoint);
  // Who listens at one address is not found at another one.
  const bool everywhere = address.starts_with("0.0.0.0:") || address.starts_with("[::]:") || address.starts_with("*:");
  const std::string here = everywhere ? "127.0.0.1" + port : address;
  SINTER_TRY(let_in_this_user(here, key, gatekeeper));
  std::string text =
      "the tracker listens on " + address + "\non this host: sinter node " + here + "\nto run:       sinter run job.yaml --cluster " + here;
  if (!stays) {
    TokenTerms terms;
    terms.uses = kFirstTokenUses;
    SINTER_ASSIGN(const std::string token, gatekeeper.issue_token(key, terms, Log::system_time()));
    // Not on the screen, which ends up in logs: in a file that only this user can read.
    const std::string path = data + "/join-token";
    SINTER_TRY(write_file_atomically(files, path, token + "\n"));
    text += "\nother hosts:  sinter node " + host_name() + port + " --token-file FILE, with a copy of " + path + " (good for an hour and " +
            std::to_string(kFirstTokenUses) + " nodes)";
  }
  console.note(text + "\nits data:     " + data);
  return {};
}

/// A port alone is one of loopback.
std::string http_address(const std::string& text) {
  return text.empty() || text.find(':') != std::string::npos ? text : "127.0.0.1:" + text;
}

/// Each peer, worker and open file takes a descriptor; the system's default is for programs that have few.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // As many as it was before, then.
  [[maybe_unused]] const int raised = ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A tracker loads no code of others: it is everybody's. Clients plan such jobs themselves.
Result<std::shared_ptr<const fusion::RulePlugin>> refuse_plugin(const std::string& path) {
  return user_error("'" + path + "' is native code, and a tracker loads none")
      .with_hint("`sinter run` of this version sends it to nodes");
}

}  // namespace

cluster::Identity identity_for(const std::string& address) {
  return cluster::Identity::of_user(address);
}

std::string own_name() {
  const char* user = std::getenv("USER");
  return member_name(std::string(user != nullptr ? user : "user") + "-" + host_name());
}

std::string ticket_directory_for(const std::string& address) { return identity_for(address).directory(); }

int tracker_command(const TrackerArguments& arguments, const Console& console) {
  raise_file_limit();
  const SignalWatcher signals;
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(log_level(console));
  log.add_sink(make_stderr_log_sink());
  const std::string data = absolute(arguments.data_directory);
  const auto serve = [&]() -> Status {
    const bool is_new = !files->exists(data);
    SINTER_TRY(net::make_private_directory(data));
    if (is_new) SINTER_TRY(files->sync_directory(directory_of(data)));
    SINTER_ASSIGN(net::KeyPair pair, net::load_or_make_key_pair(data + "/tracker.key"));
    const auto key = std::make_shared<const net::KeyPair>(std::move(pair));
    SINTER_ASSIGN(const std::unique_ptr<Gatekeeper> gatekeeper, Gatekeeper::open(*files, data + "/access", Log::system_time(), log));
    std::uint64_t quota = cluster::kDefaultFilesQuotaBytes;
    if (!arguments.files_quota.empty()) {
      SINTER_ASSIGN(quota, parse_size(arguments.files_quota));
    }
    const cluster::TrackerOptions options{
        .listen = cluster::endpoint_of(arguments.listen),
        .data_directory = data,
        .key = key,
        .gatekeeper = *gatekeeper,
        .host = cluster::host_identity(),
        .sharing = {.max_running_jobs = arguments.max_running_jobs,
                    .max_slots_per_job = arguments.max_slots_per_job == 0 ? UINT32_MAX : arguments.max_slots_per_job},
        .factory = [](FileSystem& of, const JobPayload& payload) { return fusion::make_fusion_job(of, payload, refuse_plugin); },
        .files = *files,
        .clock = clock,
        .log = log,
        .files_quota_bytes = quota,
        .files_port = arguments.files_port,
        .wall_clock = Log::system_time,
        .stop = signals.cancelled(),
        .pause = [&] { return signals.signal() == SIGTERM; },
        .on_listening = [&](const std::string& endpoint) { return greet(endpoint, data, *files, key->public_key, *gatekeeper, console); },
        .version = SINTER_VERSION,
        .http_listen = http_address(arguments.http),
        .on_http_listening = [&](const std::string& address) {
          console.note("its status:   http://" + address + "/v1/cluster, metrics at /metrics");
        }};
    return cluster::run_tracker(options);
  };
  return ended(serve(), console);
}

int node_command(const NodeArguments& arguments, const Console& console) {
  raise_file_limit();
  const SignalWatcher signals;
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(log_level(console));
  log.add_sink(make_stderr_log_sink());
  const std::string name = arguments.name.empty() ? host_name() : arguments.name;
  const auto serve = [&]() -> Status {
    const cluster::Identity identity = identity_for(arguments.tracker);
    if (!arguments.token.empty() || !arguments.token_file.empty()) {
      std::string token = arguments.token;
      if (token.empty()) {
        SINTER_ASSIGN(token, read_token(*files, arguments.token_file));
      }
      SINTER_TRY(identity.join(token, member_name(name), AccessRole::Node, clock, log));
    }
    SINTER_ASSIGN(net::SocketSecurity security, identity.security(AccessRole::Node));
    std::uint64_t scratch_limit = 0;
    if (!arguments.scratch_limit.empty()) {
      SINTER_ASSIGN(scratch_limit, parse_size(arguments.scratch_limit));
    }
    cluster::NodeOptions options{.tracker = cluster::endpoint_of(arguments.tracker),
                                 .security = std::move(security),
                                 .name = name,
                                 .host = arguments.host.empty() ? cluster::host_identity() : arguments.host,
                                 .slots = arguments.slots == 0 ? host_processors() : arguments.slots,
                                 .memory_bytes = host_memory_bytes(),
                                 .scratch_directory = absolute(arguments.scratch_directory.empty() ? temporary_directory()
                                                                                                   : arguments.scratch_directory),
                                 .scratch_limit_bytes = scratch_limit,
                                 .native_code = arguments.allow_native,
                                 .identity = cluster::draw_identity(),
                                 .worker = {"/proc/self/exe", {"worker"}, {"standby"}},
                                 .files = *files,
                                 .clock = clock,
                                 .log = log,
                                 .stop = signals.cancelled()};
    options.drain = [&] { return signals.signal() == SIGTERM; };
    options.drain_ms = std::int64_t{arguments.drain_s} * 1'000;
    if (!arguments.memory.empty()) {
      SINTER_ASSIGN(options.memory_bytes, parse_size(arguments.memory));
    }
    options.on_joined = [&] { console.note("joined the tracker at " + arguments.tracker + " with " + counted(options.slots, "slot")); };
    return cluster::run_node(options);
  };
  return ended(serve(), console);
}

int join_command(const JoinArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  const bool for_node = arguments.role == "node";
  const std::string given = arguments.name.empty() && for_node ? host_name() : arguments.name;
  const std::string name = given.empty() ? own_name() : member_name(given);
  const std::optional<AccessRole> wanted = for_node ? std::optional(AccessRole::Node) : std::nullopt;
  const auto join = [&]() -> Status {
    SINTER_ASSIGN(const std::string token, read_token(*files, arguments.token_file));
    SINTER_ASSIGN(const Grant granted, identity_for(arguments.tracker).join(token, name, wanted, clock, log));
    console.note("known to the tracker at " + arguments.tracker + " in the role '" + to_string(granted) + "'");
    return {};
  };
  return ended(join(), console);
}

}  // namespace sinter::cli

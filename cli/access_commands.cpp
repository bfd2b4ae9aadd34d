// `sinter token`, `sinter member`: who may come into a cluster. One thread.
#include "base/parse_size.hpp"
#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "framework/cluster/cluster_client.hpp"
#include "framework/plan/plan.hpp"

namespace sinter::cli {
namespace {

std::string time_text(std::int64_t micros) { return format_timestamp(Timestamp{micros / 1'000'000 * 1'000'000}); }

std::string text_of(const cluster::MemberLine& member) {
  return member.name + "  " + member.role + "  " + (member.connected ? "connected" : "away") + "  since " + time_text(member.added_micros) +
         "  " + member.key + "\n";
}

std::string text_of(const cluster::TokenLine& token) {
  std::string text =
      token.id + "  " + token.role + "  " + counted(token.uses_left, "use") + " left  until " + time_text(token.expires_micros);
  if (!token.note.empty()) text += "  " + token.note;
  for (std::size_t i = 0; i < token.joined.size(); ++i) text += (i == 0 ? "  joined: " : ", ") + token.joined[i];
  return text + "\n";
}

std::string tokens_text(const cluster::AccessList& list) {
  std::string text;
  for (const cluster::TokenLine& token : list.tokens) text += text_of(token);
  return text.empty() ? "no join tokens\n" : text;
}

std::string members_text(const cluster::AccessList& list) {
  std::string text;
  for (const cluster::MemberLine& member : list.members) text += text_of(member);
  return text.empty() ? "no members\n" : text;
}

/// As the administrator that the tracker there knows this user to be.
template <class Do>
int as_administrator(const std::string& address, const Console& console, Do act) {
  const SteadyClock clock;
  Log log(LogLevel::Error);
  log.add_sink(make_stderr_log_sink());
  const auto ask = [&]() -> Result<std::string> {
    SINTER_ASSIGN(net::SocketSecurity security, identity_for(address).security(AccessRole::Admin));
    return act(cluster::ClientOptions{cluster::endpoint_of(address), std::move(security), clock, log});
  };
  const Result<std::string> text = ask();
  if (!text.ok()) {
    console.error(text.error());
    return kRunFailed;
  }
  console.data(*text);
  return kOk;
}

}  // namespace

int token_command(const TokenVerbArguments& arguments, const Console& console) {
  return as_administrator(arguments.cluster, console, [&](const cluster::ClientOptions& options) -> Result<std::string> {
    if (arguments.verb == "create") {
      SINTER_ASSIGN(const std::int64_t lifetime_ms, parse_duration_ms(arguments.lifetime));
      SINTER_ASSIGN(const std::string token,
                    cluster::create_token(options, {arguments.role, lifetime_ms, arguments.uses, arguments.note}));
      return token + "\n";
    }
    if (arguments.verb == "revoke") {
      if (arguments.id.empty()) return user_error("which token? `sinter token list` shows their ids");
      SINTER_ASSIGN(const cluster::AccessList left, cluster::revoke_access(options, {cluster::AccessKind::Token, arguments.id}));
      return tokens_text(left);
    }
    SINTER_ASSIGN(const cluster::AccessList list, cluster::list_access(options));
    return tokens_text(list);
  });
}

int member_command(const MemberVerbArguments& arguments, const Console& console) {
  return as_administrator(arguments.cluster, console, [&](const cluster::ClientOptions& options) -> Result<std::string> {
    if (arguments.verb == "remove") {
      if (arguments.who.empty()) return user_error("whom? `sinter member list` shows their names");
      SINTER_ASSIGN(const cluster::AccessList left, cluster::revoke_access(options, {cluster::AccessKind::Member, arguments.who}));
      return members_text(left);
    }
    SINTER_ASSIGN(const cluster::AccessList list, cluster::list_access(options));
    return members_text(list);
  });
}

}  // namespace sinter::cli

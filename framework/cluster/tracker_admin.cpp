// TrackerShell: who may come in, as its administrators say. The gate has seen that they are administrators.
#include <algorithm>

#include "framework/cluster/admin_messages.hpp"
#include "framework/cluster/tracker_shell.hpp"

namespace sinter::cluster {
namespace {

Result<TokenTerms> terms_of(CreateToken wanted) {
  const std::optional<Grant> grant = parse_grant(wanted.role);
  if (!grant) return user_error("'" + wanted.role + "' is no role").with_hint("Roles are node, submit, submit+native and read");
  return TokenTerms{*grant, wanted.lifetime_ms, wanted.uses, std::move(wanted.note)};
}

AccessList access_list(const Gatekeeper& gatekeeper, const std::map<net::PeerId, net::PublicKey>& connected) {
  AccessList list;
  for (const auto& [key, member] : gatekeeper.desk().members()) {
    const bool is_here = std::any_of(connected.begin(), connected.end(), [&](const auto& one) { return one.second == key; });
    list.members.push_back({member.name, to_string(member.grant), net::public_key_text(key), member.added.micros, is_here});
  }
  std::sort(list.members.begin(), list.members.end(),
            [](const MemberLine& left, const MemberLine& right) { return left.name < right.name; });
  for (const auto& [key, token] : gatekeeper.desk().tokens()) {
    TokenLine line{token_id(key), to_string(token.grant), token.expires.micros, token.uses_left, token.note, {}};
    for (const net::PublicKey& joined : token.joined) line.joined.push_back(gatekeeper.name_of(joined));
    list.tokens.push_back(std::move(line));
  }
  return list;
}

}  // namespace

Status TrackerShell::administer(net::PeerId peer, const net::Message& message) {
  Gatekeeper& gatekeeper = options_.gatekeeper;
  const std::string by = gatekeeper.name_of(keys_.at(peer));
  switch (static_cast<Kind>(message.kind)) {
    case Kind::CreateToken: {
      SINTER_ASSIGN(CreateToken wanted, unpack<CreateToken>(message));
      SINTER_ASSIGN(const TokenTerms terms, terms_of(std::move(wanted)));
      options_.log.info("an administrator asks for a join token", {{"by", by}, {"role", to_string(terms.grant)}});
      SINTER_ASSIGN(std::string token, gatekeeper.issue_token(options_.key->public_key, terms, options_.wall_clock()));
      send(peer, pack(TokenMade{std::move(token)}));
      return {};
    }
    case Kind::RevokeAccess: {
      SINTER_ASSIGN(const RevokeAccess revoke, unpack<RevokeAccess>(message));
      const bool member = revoke.what == AccessKind::Member;
      options_.log.info("an administrator revokes", {{"by", by}, {"what", member ? "member" : "token"}, {"who", revoke.who}});
      SINTER_TRY(member ? gatekeeper.revoke_member(revoke.who) : gatekeeper.revoke_token(revoke.who));
      break;
    }
    default: break;  // ListAccess
  }
  send(peer, pack(access_list(gatekeeper, keys_)));
  return {};
}

}  // namespace sinter::cluster

// Members and tokens. One thread.
#include "framework/access/join_desk.hpp"

#include <algorithm>

namespace sinter {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Status check_grant(const Grant& grant) {
  if (grant.role == AccessRole::Join) return user_error("'join' is the role of join tokens, not of members");
  if (grant.native_code && grant.role != AccessRole::Submit) return user_error("only a 'submit' key can have the right to native code");
  return {};
}

Status check_token_grant(const Grant& grant) {
  if (grant.role == AccessRole::Admin)
    return user_error("a join token makes nobody an administrator")
        .with_hint("The user who starts the tracker is one, on the tracker's host");
  return check_grant(grant);
}

Status check_terms(const TokenTerms& terms) {
  SINTER_TRY(check_token_grant(terms.grant));
  if (terms.lifetime_ms <= 0 || terms.lifetime_ms > kMaxTokenLifetimeMs)
    return user_error("a join token lives for up to " + std::to_string(kMaxTokenLifetimeMs / 86'400'000) +
                      " days (kMaxTokenLifetimeMs), and this one should live for " + std::to_string(terms.lifetime_ms) + " ms");
  if (terms.uses == 0 || terms.uses > kMaxTokenUses)
    return user_error("a join token lets in 1 to " + std::to_string(kMaxTokenUses) + " keys (kMaxTokenUses), not " +
                      std::to_string(terms.uses));
  if (terms.note.empty()) return {};
  return check_member_name(terms.note);
}

Error refused_token(std::string problem) {
  return user_error("this join token " + std::move(problem)).with_hint("Ask for a new one where the tracker runs");
}

}  // namespace

Status check_member_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kMaxMemberNameBytes && is_letter_or_digit(name[0]) &&
                    std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
  if (good) return {};
  // The name itself stays out of the sentence: it may hold anything.
  return user_error("a name has 1 to " + std::to_string(kMaxMemberNameBytes) +
                    " letters, digits, '.', '_' or '-' (kMaxMemberNameBytes), and begins with a letter or digit");
}

Status JoinDesk::issue(const net::PublicKey& token_key, const TokenTerms& terms, Timestamp now) {
  require(!members_.contains(token_key) && !tokens_.contains(token_key), "a token's key is a new one");
  SINTER_TRY(check_terms(terms));
  (void)expire(now);
  if (tokens_.size() >= kMaxJoinTokens)
    return user_error("there are " + std::to_string(tokens_.size()) + " join tokens already (kMaxJoinTokens)").with_hint("Revoke some");
  TokenRecord token{terms.grant, now, Timestamp{now.micros + terms.lifetime_ms * 1'000}, terms.uses, terms.note, {}};
  tokens_.emplace(token_key, std::move(token));
  return {};
}

Result<bool> JoinDesk::would_join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name,
                                  Timestamp now) const {
  const auto at = tokens_.find(token_key);
  if (at == tokens_.end()) return refused_token("is not known here: it has expired long ago, or was revoked");
  const TokenRecord& token = at->second;
  if (now >= token.expires) return refused_token("expired at " + format_timestamp(token.expires));
  const auto member = members_.find(own_key);
  if (member != members_.end() && member->second.grant == token.grant) return false;
  if (token.uses_left == 0) {
    const auto last = members_.find(token.joined.back());
    return refused_token(last == members_.end() ? "was used by a key that has been revoked since"
                                                : "was used by '" + last->second.name + "'");
  }
  SINTER_TRY(check_new_member(own_key, token.grant, name));
  return true;
}

Result<Grant> JoinDesk::join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name, Timestamp now) {
  SINTER_ASSIGN(const bool is_new, would_join(token_key, own_key, name, now));
  TokenRecord& token = tokens_.at(token_key);
  if (!is_new) return token.grant;
  members_.emplace(own_key, Member{token.grant, std::string(name), now});
  --token.uses_left;
  token.joined.push_back(own_key);
  return token.grant;
}

Status JoinDesk::check_new_member(const net::PublicKey& key, const Grant& grant, std::string_view name) const {
  SINTER_TRY(check_grant(grant));
  SINTER_TRY(check_member_name(name));
  if (tokens_.contains(key)) return user_error("this is the key of a join token; a member needs a key of its own");
  if (const auto at = members_.find(key); at != members_.end())
    return user_error("this key is a member already: '" + at->second.name + "' with the role '" + to_string(at->second.grant) + "'")
        .with_hint("Revoke it first");
  for (const auto& [other, member] : members_)
    if (member.name == name)
      return user_error("the name '" + std::string(name) + "' belongs to another key since " + format_timestamp(member.added))
          .with_hint("Choose another name, or revoke that key first");
  if (members_.size() >= kMaxMembers)
    return user_error("there are " + std::to_string(members_.size()) + " members already (kMaxMembers)").with_hint("Revoke some");
  return {};
}

Status JoinDesk::add_member(const net::PublicKey& key, const Grant& grant, std::string_view name, Timestamp now) {
  SINTER_TRY(check_new_member(key, grant, name));
  members_.emplace(key, Member{grant, std::string(name), now});
  return {};
}

std::vector<net::PublicKey> JoinDesk::revoke_member(const net::PublicKey& key) {
  if (members_.erase(key) == 0) return {};
  std::vector<net::PublicKey> gone = {key};
  for (const auto& [token_key, token] : tokens_)
    if (std::find(token.joined.begin(), token.joined.end(), key) != token.joined.end()) gone.push_back(token_key);
  for (const net::PublicKey& token_key : gone) tokens_.erase(token_key);
  return gone;
}

std::vector<net::PublicKey> JoinDesk::expire(Timestamp now) {
  std::vector<net::PublicKey> over;
  for (const auto& [key, token] : tokens_)
    if (now >= token.expires) over.push_back(key);
  for (const net::PublicKey& key : over) tokens_.erase(key);
  return over;
}

std::optional<Grant> JoinDesk::grant_of(const net::PublicKey& key, Timestamp now) const {
  if (const auto at = members_.find(key); at != members_.end()) return at->second.grant;
  if (const auto at = tokens_.find(key); at != tokens_.end() && now < at->second.expires) return Grant{AccessRole::Join, false};
  return std::nullopt;
}

Status JoinDesk::restore_member(const net::PublicKey& key, Member member) {
  return add_member(key, member.grant, member.name, member.added);
}

Status JoinDesk::restore_token(const net::PublicKey& key, TokenRecord token) {
  if (members_.contains(key) || tokens_.contains(key)) return user_error("this key stands in the list twice");
  const std::uint64_t uses = token.uses_left + token.joined.size();
  if (uses == 0 || uses > kMaxTokenUses) return user_error("a token with " + std::to_string(uses) + " uses");
  if (token.expires.micros / 1'000 - token.made.micros / 1'000 > kMaxTokenLifetimeMs || token.expires <= token.made)
    return user_error("a token with a lifetime that no token has");
  SINTER_TRY(check_token_grant(token.grant));
  if (!token.note.empty()) SINTER_TRY(check_member_name(token.note));
  if (tokens_.size() >= kMaxJoinTokens) return user_error("more than " + std::to_string(kMaxJoinTokens) + " tokens (kMaxJoinTokens)");
  tokens_.emplace(key, std::move(token));
  return {};
}

}  // namespace sinter

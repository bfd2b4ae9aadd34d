// Rights are given when they are on disk, and taken before that. One thread.
#include "framework/access/gatekeeper.hpp"

#include <bit>

#include "framework/access/access_list.hpp"
#include "framework/access/join_token.hpp"

namespace sinter {

std::string token_id(const net::PublicKey& token_key) { return net::key_characters(token_key.bytes).substr(0, kTokenIdCharacters); }

Result<std::unique_ptr<Gatekeeper>> Gatekeeper::open(FileSystem& files, std::string path, Timestamp now, Log& log) {
  std::unique_ptr<Gatekeeper> keeper(new Gatekeeper(files, std::move(path), log));
  if (files.exists(keeper->path_)) {
    SINTER_ASSIGN(const std::string text, read_file(files, keeper->path_, kMaxAccessListBytes));
    auto desk = parse_access_list(text);
    if (!desk.ok())
      return std::move(desk).with_context("while reading '" + keeper->path_ + "'").error();
    keeper->desk_ = std::move(*desk);
  }
  (void)keeper->desk_.expire(now);
  for (const auto& [key, member] : keeper->desk_.members()) keeper->allowed_->allow(key);
  for (const auto& [key, token] : keeper->desk_.tokens()) keeper->allowed_->allow(key);
  return keeper;
}

Status Gatekeeper::write(const JoinDesk& desk) { return write_file_atomically(files_, path_, access_list_text(desk)); }

Result<std::string> Gatekeeper::issue_token(const net::PublicKey& tracker_key, const TokenTerms& terms, Timestamp now) {
  expire(now);
  const net::KeyPair pair = net::make_key_pair();
  JoinDesk next = desk_;
  SINTER_TRY(next.issue(pair.public_key, terms, now));
  SINTER_TRY(write(next));
  desk_ = std::move(next);
  allowed_->allow(pair.public_key);
  log_.info("made a join token", {{"id", token_id(pair.public_key)}, {"role", to_string(terms.grant)}, {"uses", terms.uses}});
  return join_token_text({tracker_key, pair.secret_key});
}

Result<Grant> Gatekeeper::join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name, Timestamp now) {
  // Asked before anything is copied: the holder of one token may ask as often as it likes.
  const auto is_new = desk_.would_join(token_key, own_key, name, now);
  if (!is_new.ok()) {
    if (std::has_single_bit(++refused_joins_))
      log_.warning("refused to let a key join",
                   {{"token", token_id(token_key)}, {"reason", is_new.error().message()}, {"refused_joins", refused_joins_}});
    return is_new.error();
  }
  if (!*is_new) return desk_.join(token_key, own_key, name, now);
  JoinDesk next = desk_;
  SINTER_ASSIGN(const Grant granted, next.join(token_key, own_key, name, now));
  SINTER_TRY(write(next));
  desk_ = std::move(next);
  allowed_->allow(own_key);
  log_.info("a key joined",
            {{"name", name}, {"role", to_string(granted)}, {"key", net::public_key_text(own_key)}, {"token", token_id(token_key)}});
  return granted;
}

Status Gatekeeper::add_member(const net::PublicKey& key, const Grant& grant, std::string_view name, Timestamp now) {
  JoinDesk next = desk_;
  SINTER_TRY(next.add_member(key, grant, name, now));
  SINTER_TRY(write(next));
  desk_ = std::move(next);
  allowed_->allow(key);
  log_.info("a key was let in by hand", {{"name", name}, {"role", to_string(grant)}, {"key", net::public_key_text(key)}});
  return {};
}

std::optional<net::PublicKey> Gatekeeper::find_token(std::string_view id) const {
  for (const auto& [key, token] : desk_.tokens())
    if (id == token_id(key)) return key;
  return std::nullopt;
}

std::optional<net::PublicKey> Gatekeeper::find_member(std::string_view who) const {
  for (const auto& [key, member] : desk_.members())
    if (who == member.name || who == net::public_key_text(key)) return key;
  return std::nullopt;
}

Status Gatekeeper::revoke_member(std::string_view who) {
  const auto member = find_member(who);
  if (!member) return user_error("no member is called '" + std::string(who) + "'");
  for (const net::PublicKey& key : desk_.revoke_member(*member)) allowed_->revoke(key);
  log_.warning("a key was revoked", {{"key", net::public_key_text(*member)}, {"who", who}});
  return write_revoked(who);
}

Status Gatekeeper::revoke_token(std::string_view id) {
  const auto token = find_token(id);
  if (!token) return user_error("no join token has the id '" + std::string(id) + "'");
  desk_.revoke_token(*token);
  allowed_->remove(*token);
  log_.info("a join token was revoked", {{"id", id}});
  return write_revoked(id);
}

Status Gatekeeper::write_revoked(std::string_view who) {
  return write(desk_).with_context("while making sure that '" + std::string(who) + "' stays revoked after a restart");
}

void Gatekeeper::expire(Timestamp now) {
  // The file follows with the next change; who reads the old one sees that they are over.
  for (const net::PublicKey& key : desk_.expire(now)) allowed_->remove(key);
}

std::string Gatekeeper::name_of(const net::PublicKey& key) const {
  const auto at = desk_.members().find(key);
  return at == desk_.members().end() ? net::public_key_text(key) : at->second.name;
}

}  // namespace sinter

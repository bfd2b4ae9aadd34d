// Gatekeeper: the tracker's JoinDesk with its file and the list that its listeners look at. One thread; allowed() may be shared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/net/allowed_keys.hpp"
#include "framework/access/join_desk.hpp"

namespace sinter {

/// Characters of a token's key that name it in lists and to revoke_token().
inline constexpr std::size_t kTokenIdCharacters = 8;
/// "abcdefgh" for a token with the key "sinter-key-abcdefgh...".
std::string token_id(const net::PublicKey& token_key);

class Gatekeeper {
 public:
  /// Reads the access list at `path`, or begins with none. The directory is private (make_private_directory()): who can write the list lets
  /// in whom he likes. `files` and `log` outlive the gatekeeper. Errors: a list that cannot be read, with its line.
  static Result<std::unique_ptr<Gatekeeper>> open(FileSystem& files, std::string path, Timestamp now, Log& log);
  Gatekeeper(const Gatekeeper&) = delete;
  Gatekeeper& operator=(const Gatekeeper&) = delete;

  /// Keys of members and of tokens that have not expired: for SocketSecurity::for_listener().
  std::shared_ptr<const net::AllowedKeys> allowed() const { return allowed_; }

  /// A new token's text: shown once, kept nowhere. Errors: JoinDesk::issue(), the file.
  Result<std::string> issue_token(const net::PublicKey& tracker_key, const TokenTerms& terms, Timestamp now);
  /// Who joined is on disk before this returns. Errors: JoinDesk::join(), the file.
  Result<Grant> join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name, Timestamp now);
  /// Lets a key in by hand. Errors: JoinDesk::add_member(), the file.
  Status add_member(const net::PublicKey& key, const Grant& grant, std::string_view name, Timestamp now);

  /// `who`: a member's name or public key. Its sessions end, its connections are cut, and the tokens it came by go too. Takes effect at
  /// once, also when the error is that the file could not be written. Errors (the user's): nobody is called so.
  Status revoke_member(std::string_view who);
  /// By the token's id; effect and errors as of revoke_member(). Who came in by it stays a member.
  Status revoke_token(std::string_view id);

  /// Shuts out the tokens whose time is over. Call it now and then.
  void expire(Timestamp now);

  std::optional<Grant> grant_of(const net::PublicKey& key, Timestamp now) const { return desk_.grant_of(key, now); }
  /// A member's name, else the key: for logs and errors.
  std::string name_of(const net::PublicKey& key) const;
  /// To list members and tokens.
  const JoinDesk& desk() const { return desk_; }

 private:
  Gatekeeper(FileSystem& files, std::string path, Log& log) : files_(files), path_(std::move(path)), log_(log) {}
  Status write(const JoinDesk& desk);
  Status write_revoked(std::string_view who);
  std::optional<net::PublicKey> find_token(std::string_view id) const;
  std::optional<net::PublicKey> find_member(std::string_view who) const;

  FileSystem& files_;
  std::string path_;
  Log& log_;
  JoinDesk desk_;
  std::uint64_t refused_joins_ = 0;
  std::shared_ptr<net::AllowedKeys> allowed_ = std::make_shared<net::AllowedKeys>();
};

}  // namespace sinter

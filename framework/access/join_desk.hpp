// JoinDesk: who is a member, and which join tokens are out: a pure machine of values; time and keys come in. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/curve_key.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "framework/access/grant.hpp"

namespace sinter {

inline constexpr std::size_t kMaxMembers = 16'384;
inline constexpr std::size_t kMaxJoinTokens = 1'000;
inline constexpr std::uint32_t kMaxTokenUses = 1'000;
inline constexpr std::int64_t kDefaultTokenLifetimeMs = 3'600'000;            // an hour
inline constexpr std::int64_t kMaxTokenLifetimeMs = 30LL * 24 * 3'600'000;    // 30 days
inline constexpr std::size_t kMaxMemberNameBytes = 64;

/// A key that was let in for good.
struct Member {
  Grant grant;
  std::string name;  ///< unique: [A-Za-z0-9][A-Za-z0-9._-]*
  Timestamp added;
  friend bool operator==(const Member&, const Member&) = default;
};

/// A join token as the tracker keeps it: its public half is the key of the map that holds it, and from that nobody makes the secret.
struct TokenRecord {
  Grant grant;  ///< what its holders become
  Timestamp made;
  Timestamp expires;
  std::uint32_t uses_left = 0;
  std::string note;                      ///< as a member's name, or empty
  std::vector<net::PublicKey> joined;    ///< who came in by it, in order
  friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

/// What a token is to be good for.
struct TokenTerms {
  Grant grant{AccessRole::Node, false};
  std::int64_t lifetime_ms = kDefaultTokenLifetimeMs;
  std::uint32_t uses = 1;
  std::string note;
};

class JoinDesk {
 public:
  using Members = std::map<net::PublicKey, Member>;
  using Tokens = std::map<net::PublicKey, TokenRecord>;

  /// Errors (the user's): terms out of their limits, too many tokens. Requires: nobody has this key.
  Status issue(const net::PublicKey& token_key, const TokenTerms& terms, Timestamp now);

  /// The holder of a token brings its own key and a name. Asking again with the same key gives the same answer, as an answer may be lost; a
  /// key keeps the name that it came with.
  /// Errors (the user's): the token is unknown, has expired or was used; the name is taken or none; the key has another role already.
  Result<Grant> join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name, Timestamp now);
  /// Whether join() would let a new key in; false when it only repeats an answer. Errors: as of join().
  Result<bool> would_join(const net::PublicKey& token_key, const net::PublicKey& own_key, std::string_view name, Timestamp now) const;

  /// By hand, without a token. Errors as of join().
  Status add_member(const net::PublicKey& key, const Grant& grant, std::string_view name, Timestamp now);

  /// Ends a member, and with it the tokens that it came by, as it may know them still. Every key that went; none when it is no member.
  std::vector<net::PublicKey> revoke_member(const net::PublicKey& key);
  /// False when there is no such token.
  bool revoke_token(const net::PublicKey& key) { return tokens_.erase(key) > 0; }

  /// Forgets the tokens whose time is over, and says which.
  std::vector<net::PublicKey> expire(Timestamp now);

  /// What this key may do now: a member's grant; Join for a token until it expires, also when it was used, so that its holder can be
  /// told so; nothing for anybody else.
  std::optional<Grant> grant_of(const net::PublicKey& key, Timestamp now) const;

  const Members& members() const { return members_; }
  const Tokens& tokens() const { return tokens_; }

  /// Takes a member or token back as it was written. Errors (the user's): what no desk would hold.
  Status restore_member(const net::PublicKey& key, Member member);
  Status restore_token(const net::PublicKey& key, TokenRecord token);

  friend bool operator==(const JoinDesk&, const JoinDesk&) = default;

 private:
  Status check_new_member(const net::PublicKey& key, const Grant& grant, std::string_view name) const;

  Members members_;
  Tokens tokens_;
};

/// Errors (the user's): not 1 to kMaxMemberNameBytes of letters, digits, '.', '_', '-', the first a letter or digit.
Status check_member_name(std::string_view name);

}  // namespace sinter

// The messages by which an administrator says who may come in, each declared once. Plain values; any thread. Format page:
// docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/cluster/message_kinds.hpp"

namespace sinter::cluster {

/// Administrator to tracker: make a join token.
struct CreateToken {
  static constexpr Kind kKind = Kind::CreateToken;
  std::string role;  // "node", "submit", "submit+native", "read"
  std::int64_t lifetime_ms = 0;
  std::uint32_t uses = 1;
  std::string note;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & role & lifetime_ms & uses & note; }
};

/// The answer. A secret.
struct TokenMade {
  static constexpr Kind kKind = Kind::TokenMade;
  std::string token;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & token; }
};

struct ListAccess {
  static constexpr Kind kKind = Kind::ListAccess;

  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

struct MemberLine {
  std::string name;
  std::string role;
  std::string key;  // public
  std::int64_t added_micros = 0;
  bool connected = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & name & role & key & added_micros & connected; }
};

struct TokenLine {
  std::string id;
  std::string role;
  std::int64_t expires_micros = 0;
  std::uint32_t uses_left = 0;
  std::string note;
  std::vector<std::string> joined;  // names of who came by it

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & id & role & expires_micros & uses_left & note & joined; }
};

/// Who is a member, and which tokens are out. No secret is in it.
struct AccessList {
  static constexpr Kind kKind = Kind::AccessList;
  std::vector<MemberLine> members;
  std::vector<TokenLine> tokens;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & members & tokens; }
};

enum class AccessKind : std::uint8_t { Member, Token };

/// Ends a member, by name or public key, or a token, by its id. The answer is an AccessList.
struct RevokeAccess {
  static constexpr Kind kKind = Kind::RevokeAccess;
  AccessKind what = AccessKind::Member;
  std::string who;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & what & who; }
};

extern template Result<CreateToken> unpack(const net::Message&);
extern template Result<TokenMade> unpack(const net::Message&);
extern template Result<ListAccess> unpack(const net::Message&);
extern template Result<AccessList> unpack(const net::Message&);
extern template Result<RevokeAccess> unpack(const net::Message&);

}  // namespace sinter::cluster

// Identity: the keys with which this user speaks to a cluster's tracker, in a directory of their own for each address. Reads and writes the
// operating system's files; any thread, not the same address at once by one process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/net/socket_security.hpp"
#include "base/result.hpp"
#include "framework/access/grant.hpp"

namespace sinter::cluster {

/// "tcp://host:7077" of "host", "host:port" or what is an endpoint already.
std::string endpoint_of(std::string_view address);

/// Another number each time, from the system's random source: of a node that starts, of a job that is submitted. No secret.
std::uint64_t draw_identity();

class Identity {
 public:
  /// Of this process's user: $SINTER_HOME, or .sinter in the user's home directory.
  static Identity of_user(std::string_view address);
  /// `home`: a directory for all clusters, made private when it is not there.
  Identity(std::string home, std::string_view address);

  /// Whether this user is known there in this role.
  bool has(AccessRole role) const;
  /// Security of a connection in this role. Error (the user's): it is not known there, with what to do.
  Result<net::SocketSecurity> security(AccessRole role) const;

  /// Our key in this role, made when there is none.
  Result<std::shared_ptr<const net::KeyPair>> key(AccessRole role) const;
  /// Where what is known of it lies, readable by this user alone.
  const std::string& directory() const { return directory_; }
  /// From now on the tracker there is the one with this key.
  Status trust(const net::PublicKey& tracker) const;
  /// Brings our key to the tracker by a token and remembers both. What is granted must be `wanted`, when that is said.
  Result<Grant> join(std::string_view token, std::string_view name, std::optional<AccessRole> wanted, const Clock& clock, Log& log) const;

 private:
  Status make_directory() const;
  std::string key_path(AccessRole role) const;

  std::string home_;
  std::string endpoint_;
  std::string directory_;
};

}  // namespace sinter::cluster

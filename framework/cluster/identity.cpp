// Identity: `tracker`, `node.key` and `submit.key` in <home>/<host_port>/.
#include "framework/cluster/identity.hpp"

#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/file_system.hpp"
#include "base/net/key_file.hpp"
#include "framework/access/join_handshake.hpp"

namespace sinter::cluster {
namespace {

constexpr std::string_view kScheme = "tcp://";
constexpr std::string_view kDefaultPort = "7077";
constexpr std::uint64_t kMaxKeyTextBytes = 256;

std::string role_name(AccessRole role) { return to_string(Grant{role, false}); }

std::string how_to_become(AccessRole role, const std::string& address) {
  switch (role) {
    case AccessRole::Node:
      return "On the tracker's own host start the tracker first, as this user; elsewhere join with a token of it: sinter node " + address +
             " --token-file FILE";
    case AccessRole::Admin: return "Administrator is who starts the tracker, as the same user on the same host";
    default:
      return "Start the tracker as this user on this host, or join with a token of it: sinter join " + address + " --token-file FILE";
  }
}

std::string trimmed(std::string text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

}  // namespace

std::string endpoint_of(std::string_view address) {
  if (address.find("://") != std::string_view::npos) return std::string(address);
  const std::size_t colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos && address.find(']', colon) == std::string_view::npos;
  return std::string(kScheme) + std::string(address) + (has_port ? "" : ":" + std::string(kDefaultPort));
}

std::uint64_t draw_identity() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

Identity Identity::of_user(std::string_view address) {
  const char* named = std::getenv("SINTER_HOME");
  const char* home = std::getenv("HOME");
  const std::string root = named != nullptr && named[0] != 0 ? named : std::string(home != nullptr ? home : ".") + "/.sinter";
  return Identity(std::filesystem::absolute(root).lexically_normal().string(), address);
}

Identity::Identity(std::string home, std::string_view address) : home_(std::move(home)), endpoint_(endpoint_of(address)) {
  std::string name = endpoint_.substr(endpoint_.find("://") + 3);
  for (char& letter : name)
    if (letter == '/' || letter == ':' || letter == '[' || letter == ']') letter = '_';
  directory_ = home_ + "/" + name;
}

std::string Identity::key_path(AccessRole role) const { return directory_ + "/" + role_name(role) + ".key"; }

Status Identity::make_directory() const {
  SINTER_TRY(net::make_private_directory(home_));
  return net::make_private_directory(directory_);
}

bool Identity::has(AccessRole role) const {
  const auto files = make_posix_file_system();
  return files->exists(directory_ + "/tracker") && files->exists(key_path(role));
}

Result<net::SocketSecurity> Identity::security(AccessRole role) const {
  const std::string address = endpoint_.substr(endpoint_.find("://") + 3);
  if (!has(role))
    return user_error("this user is not known to a tracker at " + address + " in the role '" + role_name(role) + "'")
        .with_hint(how_to_become(role, address));
  const auto files = make_posix_file_system();
  SINTER_ASSIGN(const std::string text, read_file(*files, directory_ + "/tracker", kMaxKeyTextBytes));
  auto tracker = net::parse_public_key(trimmed(text));
  if (!tracker.ok()) return std::move(tracker).with_context("in '" + directory_ + "/tracker'").error();
  SINTER_ASSIGN(std::shared_ptr<const net::KeyPair> own, key(role));
  return net::SocketSecurity::for_connection(std::move(own), *tracker);
}

Result<std::shared_ptr<const net::KeyPair>> Identity::key(AccessRole role) const {
  SINTER_TRY(make_directory());
  SINTER_ASSIGN(net::KeyPair pair, net::load_or_make_key_pair(key_path(role)));
  return std::make_shared<const net::KeyPair>(std::move(pair));
}

Status Identity::trust(const net::PublicKey& tracker) const {
  SINTER_TRY(make_directory());
  const auto files = make_posix_file_system();
  return write_file_atomically(*files, directory_ + "/tracker", net::public_key_text(tracker) + "\n");
}

Result<Grant> Identity::join(std::string_view token, std::string_view name, std::optional<AccessRole> wanted, const Clock& clock,
                             Log& log) const {
  SINTER_ASSIGN(JoinToken parsed, parse_join_token(trimmed(std::string(token))));
  const net::PublicKey tracker = parsed.tracker_key;
  // The role is the token's to say; until it is known, the key is that of the role that is asked for. People have one key, whether they
  // may run jobs or only look.
  const AccessRole role = wanted.value_or(AccessRole::Submit);
  SINTER_ASSIGN(const std::shared_ptr<const net::KeyPair> own, key(role));
  SINTER_ASSIGN(const Grant granted, join_cluster({endpoint_, std::move(parsed), own->public_key, std::string(name)}, clock, log));
  const bool as_person = !wanted && granted.role == AccessRole::Read;
  if (granted.role != role && !as_person)
    return user_error("the token is one for the role '" + role_name(granted.role) + "', not '" + role_name(role) + "'");
  SINTER_TRY(trust(tracker));
  return granted;
}

}  // namespace sinter::cluster

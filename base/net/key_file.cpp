// Key files through the system's calls: a FileSystem knows no modes. Any thread.
#include "base/net/key_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/descriptor.hpp"
#include "base/file_system.hpp"

namespace sinter::net {
namespace {

constexpr std::string_view kPublicWord = "public ";
constexpr std::string_view kSecretWord = "secret ";

/// Text that holds a secret, wiped when it goes.
struct SecretText {
  SecretText() = default;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { sodium_memzero(bytes.data(), bytes.size()); }
  std::string bytes;
};

std::string octal(mode_t mode) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

/// Root's files are taken too: root reads everything anyway, and service managers hand out credentials that way.
Status check_private(const struct stat& info, const std::string& path, std::string_view what, const std::string& wanted_mode) {
  const std::string name = std::string(what) + " '" + path + "'";
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return user_error(name + " belongs to user " + std::to_string(info.st_uid) + ", not to the user of this process (" +
                      std::to_string(::geteuid()) + ")")
        .with_hint("Choose a directory of your own, or give it to this user with chown");
  if ((info.st_mode & 077) != 0)
    return user_error(name + " is open to other users (mode " + octal(info.st_mode) + ")")
        .with_hint(
            "chmod " + wanted_mode + " '" + path +
            "'. If somebody may have read the key, remove the file as well: the next start makes a new key, which has to join again");
  return {};
}

/// The file's text; false when there is no file.
Result<bool> read_key_file(const std::string& path, SecretText& text) {
  // O_NONBLOCK: a fifo must not make us wait; O_NOFOLLOW: a link leads out of the directory that was checked.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) {
    if (errno == ENOENT) return false;
    return system_error("open key file", path, errno);
  }
  struct stat info{};
  if (::fstat(file.number(), &info) != 0) return system_error("look at key file", path, errno);
  if (!S_ISREG(info.st_mode)) return user_error("key file '" + path + "' is no regular file");
  SINTER_TRY(check_private(info, path, "key file", "600"));
  text.bytes.resize(kMaxKeyFileBytes + 1);
  std::size_t size = 0;
  while (size < text.bytes.size()) {
    const ssize_t got = ::read(file.number(), text.bytes.data() + size, text.bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read key file", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.bytes.resize(size);
  return true;
}

Result<KeyPair> parse_key_file(std::string_view text) {
  const auto next_line = [&](std::string_view word) -> Result<std::string_view> {
    const std::size_t end = text.find('\n');
    if (!text.starts_with(word) || end == std::string_view::npos)
      return user_error("it has no line '" + std::string(word) + "...' where one belongs");
    const std::string_view value = text.substr(word.size(), end - word.size());
    text.remove_prefix(end + 1);
    return value;
  };
  SINTER_ASSIGN(const std::string_view public_text, next_line(kPublicWord));
  SINTER_ASSIGN(const std::string_view secret_text, next_line(kSecretWord));
  if (!text.empty()) return user_error("something follows its two lines");
  SINTER_ASSIGN(const PublicKey public_key, parse_public_key(public_text));
  SINTER_ASSIGN(const SecretKey secret_key, parse_secret_key(secret_text));
  const KeyPair pair = key_pair_of(secret_key);
  if (pair.public_key != public_key) return user_error("its public key is not the one of its secret key");
  return pair;
}

Status write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("write key file", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(descriptor) != 0) return system_error("sync key file", path, errno);
  return {};
}

/// Writes a new pair beside `path` and links it there, which fails when another process was first: then its pair counts.
Status write_new_pair(const std::string& path) {
  const KeyPair pair = make_key_pair();
  SecretText text;
  text.bytes.append(kPublicWord).append(public_key_text(pair.public_key)).append("\n");
  SecretText secret;
  secret.bytes = secret_key_text(pair.secret_key);
  text.bytes.reserve(kMaxKeyFileBytes);  // so that no half of it stays behind in memory
  text.bytes.append(kSecretWord).append(secret.bytes).append("\n");
  const std::string fresh = path + ".new-" + std::to_string(::getpid());
  const auto write_fresh = [&]() -> Status {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0) return system_error("make key file", fresh, errno);
    SINTER_TRY(write_all(file.number(), text.bytes, fresh));
    if (::link(fresh.c_str(), path.c_str()) != 0 && errno != EEXIST) return system_error("make key file", path, errno);
    return {};
  };
  ::unlink(fresh.c_str());  // left by a process of this number that was killed
  const Status written = write_fresh();
  ::unlink(fresh.c_str());
  SINTER_TRY(written);
  return make_posix_file_system()->sync_directory(directory_of(path));
}

}  // namespace

Status make_private_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return system_error("make directory", directory, errno);
  struct stat info{};
  if (::stat(directory.c_str(), &info) != 0) return system_error("look at directory", directory, errno);
  if (!S_ISDIR(info.st_mode)) return user_error("'" + directory + "' is no directory");
  return check_private(info, directory, "directory", "700");
}

Result<KeyPair> load_or_make_key_pair(const std::string& path) {
  SINTER_TRY(make_private_directory(directory_of(path)));
  SecretText text;
  SINTER_ASSIGN(bool found, read_key_file(path, text));
  if (!found) {
    SINTER_TRY(write_new_pair(path));
    SINTER_ASSIGN(found, read_key_file(path, text));
    if (!found) return environment_error("key file '" + path + "' was removed while it was made");
  }
  return parse_key_file(text.bytes)
      .with_context("while reading key file '" + path + "'");
}

}  // namespace sinter::net

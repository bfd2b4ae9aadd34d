// Fault plans and a model of what is durable, over another FileSystem. One thread.
#include "base/faulty_file_system.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <set>

#include "base/random.hpp"

namespace sinter {
namespace {

constexpr std::size_t kOperationKinds = static_cast<std::size_t>(FileOperation::SyncDirectory) + 1;

struct Plan {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  int error_number = 0;
  std::size_t kept_bytes = 0;
};

/// A file's bytes apart from its names.
struct Inode {
  std::string content;
  std::uint64_t durable_bytes = 0;
};

bool changes_something(FileOperation operation) {
  switch (operation) {
    case FileOperation::Create:
    case FileOperation::Append:
    case FileOperation::Sync:
    case FileOperation::Close:
    case FileOperation::MakeDirectories:
    case FileOperation::Rename:
    case FileOperation::Remove:
    case FileOperation::SyncDirectory: return true;
    default: return false;
  }
}

}  // namespace

struct FaultyFileSystem::State {
  explicit State(FileSystem& wrapped) : inner(wrapped) {}

  using Entries = std::map<std::string, std::shared_ptr<Inode>>;

  FileSystem& inner;
  std::array<std::uint64_t, kOperationKinds> counts{};
  std::array<Plan, kOperationKinds> plans{};
  std::optional<std::uint64_t> free_bytes;
  std::optional<std::uint64_t> power;
  std::uint64_t changes = 0;
  std::uint64_t life = 0;     // counts crashes; file objects of an earlier life are dead
  Entries current;            // files that were touched since the last crash, as they are
  Entries durable;            // and as a crash would leave them
  std::set<std::string> touched;
  std::set<std::string> unnamed;  // directories that a crash would not leave: nobody synced where their names are

  /// Counts the operation; its errno when it has to fail.
  int begin(FileOperation operation) {
    const auto kind = static_cast<std::size_t>(operation);
    const std::uint64_t number = counts[kind]++;
    if (changes_something(operation)) {
      if (power && *power == 0) return EIO;
      if (power) --*power;
      ++changes;
    } else if (power && *power == 0) {
      return EIO;
    }
    const Plan& plan = plans[kind];
    return number >= plan.first && number - plan.first < plan.count ? plan.error_number : 0;
  }

  /// A renamed directory is at its new place at once, with what is durable of it.
  void move_tree(const std::string& from, const std::string& to) {
    const auto moved = [&](const std::string& path) {
      return path == from || path.starts_with(from + "/") ? to + path.substr(from.size()) : path;
    };
    for (Entries* entries : {&current, &durable}) {
      Entries after;
      for (auto& [path, inode] : *entries) after[moved(path)] = std::move(inode);
      entries->swap(after);
    }
    for (std::set<std::string>* paths : {&touched, &unnamed}) {
      std::set<std::string> after;
      for (const std::string& path : *paths) after.insert(moved(path));
      paths->swap(after);
    }
  }

  /// Starts to follow a path that existed before: durable as it is.
  void touch(const std::string& path) {
    if (!touched.insert(path).second) return;
    auto bytes = read_file(inner, path, UINT64_MAX);
    if (!bytes.ok()) return;
    auto inode = std::make_shared<Inode>();
    inode->content = std::move(bytes).value();
    inode->durable_bytes = inode->content.size();
    current[path] = durable[path] = std::move(inode);
  }
};

namespace {

using State = FaultyFileSystem::State;

class FaultyReadableFile final : public ReadableFile {
 public:
  FaultyReadableFile(std::shared_ptr<State> state, std::string path, std::unique_ptr<ReadableFile> inner)
      : state_(std::move(state)), life_(state_->life), path_(std::move(path)), inner_(std::move(inner)) {}
  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    if (const int error_number = life_ != state_->life ? EIO : state_->begin(FileOperation::Read))
      return system_error("read", path_, error_number);
    return inner_->read_at(offset, to, size);
  }
  std::uint64_t size_bytes() const override { return inner_->size_bytes(); }
  std::string_view map() const override {
    if (life_ != state_->life || state_->begin(FileOperation::Map) != 0) return {};
    return inner_->map();
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t life_;
  std::string path_;
  std::unique_ptr<ReadableFile> inner_;
};

class FaultyWritableFile final : public WritableFile {
 public:
  FaultyWritableFile(std::shared_ptr<State> state, std::string path, std::shared_ptr<Inode> inode, std::unique_ptr<WritableFile> inner)
      : state_(std::move(state)), life_(state_->life), path_(std::move(path)), inode_(std::move(inode)), inner_(std::move(inner)) {}

  Status append(std::string_view bytes) override {
    if (life_ != state_->life) return system_error("write", path_, EIO);
    int error_number = state_->begin(FileOperation::Append);
    if (error_number != 0) {
      const std::size_t kept = state_->plans[static_cast<std::size_t>(FileOperation::Append)].kept_bytes;
      bytes = state_->power == 0 ? std::string_view() : bytes.substr(0, kept);
    }
    if (state_->free_bytes) {
      if (bytes.size() > *state_->free_bytes) {
        bytes = bytes.substr(0, static_cast<std::size_t>(*state_->free_bytes));
        error_number = ENOSPC;
      }
      *state_->free_bytes -= bytes.size();
    }
    if (!bytes.empty()) SINTER_TRY(inner_->append(bytes));
    inode_->content.append(bytes);
    if (error_number != 0) return system_error("write", path_, error_number);
    return {};
  }
  Status sync() override {
    SINTER_TRY(check(FileOperation::Sync, "sync"));
    SINTER_TRY(inner_->sync());
    inode_->durable_bytes = inode_->content.size();
    return {};
  }
  Status close() override {
    Status checked = check(FileOperation::Close, "close");
    SINTER_TRY(inner_->close());
    return checked;
  }
  std::uint64_t size_bytes() const override { return inner_->size_bytes(); }

 private:
  Status check(FileOperation operation, std::string_view action) {
    if (const int error_number = life_ != state_->life ? EIO : state_->begin(operation))
      return system_error(action, path_, error_number);
    return {};
  }

  std::shared_ptr<State> state_;
  std::uint64_t life_;
  std::string path_;
  std::shared_ptr<Inode> inode_;
  std::unique_ptr<WritableFile> inner_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(FileSystem& inner) : state_(std::make_shared<State>(inner)) {}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::fail(FileOperation operation, std::uint64_t nth, int error_number, std::uint64_t count, std::size_t kept_bytes) {
  const auto kind = static_cast<std::size_t>(operation);
  state_->plans[kind] = {state_->counts[kind] + nth, count, error_number, kept_bytes};
}

void FaultyFileSystem::set_free_bytes(std::optional<std::uint64_t> bytes) { state_->free_bytes = bytes; }
void FaultyFileSystem::lose_power_after(std::optional<std::uint64_t> operations) { state_->power = operations; }

std::uint64_t FaultyFileSystem::operations(FileOperation operation) const { return state_->counts[static_cast<std::size_t>(operation)]; }
std::uint64_t FaultyFileSystem::changing_operations() const { return state_->changes; }

Status FaultyFileSystem::crash(std::optional<std::uint64_t> seed) {
  State& state = *state_;
  state.power.reset();
  ++state.life;
  Random random(seed.value_or(0));
  for (const std::string& path : state.touched) {
    const auto entry = state.durable.find(path);
    if (entry == state.durable.end()) {
      if (state.inner.exists(path)) SINTER_TRY(state.inner.remove(path));
      continue;
    }
    const Inode& inode = *entry->second;
    std::uint64_t kept = inode.durable_bytes;
    if (seed) kept += random.below(inode.content.size() - kept + 1);
    SINTER_TRY(write_file(state.inner, path, std::string_view(inode.content).substr(0, static_cast<std::size_t>(kept))));
  }
  // With all that is in them, durable or not.
  for (const std::string& directory : state.unnamed) SINTER_TRY(state.inner.remove_all(directory));
  state.unnamed.clear();
  state.touched.clear();
  state.current.clear();
  state.durable.clear();
  return {};
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::open(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::Open)) return system_error("open", path, error_number);
  SINTER_ASSIGN(auto file, state_->inner.open(path));
  return std::unique_ptr<ReadableFile>(std::make_unique<FaultyReadableFile>(state_, path, std::move(file)));
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::create(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::Create)) return system_error("create", path, error_number);
  state_->touch(path);
  SINTER_ASSIGN(auto file, state_->inner.create(path));
  auto& inode = state_->current[path];
  // Truncation is a change that a crash may or may not keep; the harder case for readers is that it did happen.
  if (inode == nullptr) inode = std::make_shared<Inode>();
  inode->content.clear();
  inode->durable_bytes = 0;
  return std::unique_ptr<WritableFile>(std::make_unique<FaultyWritableFile>(state_, path, inode, std::move(file)));
}

Result<FileInfo> FaultyFileSystem::info(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::Info)) return system_error("look at", path, error_number);
  return state_->inner.info(path);
}

bool FaultyFileSystem::exists(const std::string& path) { return state_->inner.exists(path); }

Result<std::vector<std::string>> FaultyFileSystem::list(const std::string& directory) {
  if (const int error_number = state_->begin(FileOperation::List)) return system_error("list", directory, error_number);
  return state_->inner.list(directory);
}

Status FaultyFileSystem::make_directories(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::MakeDirectories)) return system_error("make directory", path, error_number);
  for (std::string at = without_slash(path); !state_->inner.exists(at) && state_->unnamed.insert(at).second;) at = directory_of(at);
  return state_->inner.make_directories(path);
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  if (const int error_number = state_->begin(FileOperation::Rename)) return system_error("rename", from + "' to '" + to, error_number);
  auto info = state_->inner.info(from);
  const bool is_file = info.ok() && info->is_regular;
  if (is_file) {
    state_->touch(from);
    state_->touch(to);
  }
  SINTER_TRY(state_->inner.rename(from, to));
  if (is_file && from != to) {
    state_->current[to] = state_->current[from];
    state_->current.erase(from);
  }
  if (!is_file) state_->move_tree(without_slash(from), without_slash(to));
  return {};
}

Status FaultyFileSystem::remove(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::Remove)) return system_error("remove", path, error_number);
  state_->touch(path);
  SINTER_TRY(state_->inner.remove(path));
  state_->current.erase(path);
  return {};
}

Status FaultyFileSystem::remove_all(const std::string& path) {
  if (const int error_number = state_->begin(FileOperation::Remove)) return system_error("remove", path, error_number);
  SINTER_TRY(state_->inner.remove_all(path));
  // Trees are scratch: their removal counts as durable at once.
  const auto inside = [&](const std::string& other) { return other == path || other.starts_with(without_slash(path) + "/"); };
  std::erase_if(state_->current, [&](const auto& entry) { return inside(entry.first); });
  std::erase_if(state_->durable, [&](const auto& entry) { return inside(entry.first); });
  std::erase_if(state_->touched, inside);
  std::erase_if(state_->unnamed, inside);
  return {};
}

Status FaultyFileSystem::sync_directory(const std::string& directory) {
  if (const int error_number = state_->begin(FileOperation::SyncDirectory))
    return system_error("sync directory", directory, error_number);
  SINTER_TRY(state_->inner.sync_directory(directory));
  std::erase_if(state_->unnamed, [&](const std::string& one) { return directory_of(one) == without_slash(directory); });
  for (const std::string& path : state_->touched) {
    if (directory_of(path) != without_slash(directory)) continue;
    const auto entry = state_->current.find(path);
    if (entry == state_->current.end()) state_->durable.erase(path);
    else state_->durable[path] = entry->second;
  }
  return {};
}

Result<std::uint64_t> FaultyFileSystem::free_bytes(const std::string& path) {
  if (state_->free_bytes) return *state_->free_bytes;
  return state_->inner.free_bytes(path);
}

}  // namespace sinter

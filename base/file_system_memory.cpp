// Files in memory, with the same contract as the posix ones. Any thread; one mutex guards the tree.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/file_system.hpp"

namespace sinter {
namespace {

/// Nothing in memory is a real disk; large enough that a free-space check never refuses.
constexpr std::uint64_t kMemoryFreeBytes = std::uint64_t{1} << 40;

struct Node {
  bool is_directory = false;
  bool being_written = false;
  std::int64_t modified_ns = 0;
  std::string growing;                           // while being written
  std::shared_ptr<const std::string> content;    // after close(): readers share it without copying

  std::uint64_t size_bytes() const { return being_written ? growing.size() : content ? content->size() : 0; }
};

/// What the file objects and their file system share; lives as long as the last of them.
struct Tree {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Node>> nodes;  // by normalised path; the root is ""
  std::int64_t next_modified_ns = 1;                   // counts changes, so that runs are repeatable
};

/// "a//b/./c/" -> "a/b/c"; "/" and "." -> "".
std::string normalised(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().generic_string();
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text == "." ? "" : text;
}

std::string parent_of(const std::string& normal) {
  const std::size_t slash = normal.rfind('/');
  return slash == std::string::npos ? "" : normal.substr(0, slash);
}

class MemoryReadableFile final : public ReadableFile {
 public:
  explicit MemoryReadableFile(std::shared_ptr<const std::string> content) : content_(std::move(content)) {}

  Result<std::size_t> read_at(std::uint64_t offset, char* to, std::size_t size) const override {
    if (offset >= content_->size()) return std::size_t{0};
    const std::size_t count = std::min(size, content_->size() - static_cast<std::size_t>(offset));
    std::memcpy(to, content_->data() + offset, count);
    return count;
  }
  std::uint64_t size_bytes() const override { return content_->size(); }
  std::string_view map() const override { return *content_; }

 private:
  std::shared_ptr<const std::string> content_;
};

class MemoryWritableFile final : public WritableFile {
 public:
  MemoryWritableFile(std::shared_ptr<Tree> tree, std::shared_ptr<Node> node)
      : tree_(std::move(tree)), node_(std::move(node)) {}
  MemoryWritableFile(const MemoryWritableFile&) = delete;
  MemoryWritableFile& operator=(const MemoryWritableFile&) = delete;
  ~MemoryWritableFile() override {
    if (!closed_) (void)close();
  }

  Status append(std::string_view bytes) override {
    require(!closed_, "a closed file is not written");
    const std::lock_guard lock(tree_->mutex);
    node_->growing.append(bytes);
    node_->modified_ns = tree_->next_modified_ns++;
    return {};
  }
  Status sync() override {
    require(!closed_, "a closed file is not written");
    return {};
  }
  Status close() override {
    require(!closed_, "a file is closed once");
    closed_ = true;
    const std::lock_guard lock(tree_->mutex);
    size_bytes_ = node_->growing.size();
    node_->content = std::make_shared<const std::string>(std::move(node_->growing));
    node_->growing.clear();
    node_->being_written = false;
    return {};
  }
  std::uint64_t size_bytes() const override {
    const std::lock_guard lock(tree_->mutex);
    return closed_ ? size_bytes_ : node_->growing.size();
  }

 private:
  std::shared_ptr<Tree> tree_;
  std::shared_ptr<Node> node_;
  std::uint64_t size_bytes_ = 0;
  bool closed_ = false;
};

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem() {
    auto root = std::make_shared<Node>();
    root->is_directory = true;
    tree_->nodes.emplace("", std::move(root));
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  bool exists(const std::string& path) override {
    const std::lock_guard lock(tree_->mutex);
    return find(normalised(path)) != nullptr;
  }
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;
  bool is_shared() const override { return false; }

 private:
  std::shared_ptr<Node> find(const std::string& normal) const {
    const auto at = tree_->nodes.find(normal);
    return at == tree_->nodes.end() ? nullptr : at->second;
  }
  /// 0 when `normal` could hold a new entry, else ENOENT or ENOTDIR of its parent.
  int parent_problem(const std::string& normal) const {
    const auto parent = find(parent_of(normal));
    return parent == nullptr ? ENOENT : parent->is_directory ? 0 : ENOTDIR;
  }
  bool has_children(const std::string& normal) const {
    const auto first = tree_->nodes.lower_bound(normal + "/");
    return first != tree_->nodes.end() && first->first.starts_with(normal + "/");
  }

  std::shared_ptr<Tree> tree_ = std::make_shared<Tree>();
};

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const auto node = find(normalised(path));
  if (node == nullptr) return system_error("open", path, ENOENT);
  if (node->is_directory) return system_error("read", path, EISDIR);
  auto content = node->being_written ? std::make_shared<const std::string>(node->growing) : node->content;
  return std::unique_ptr<ReadableFile>(std::make_unique<MemoryReadableFile>(std::move(content)));
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::create(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const std::string normal = normalised(path);
  const auto existing = find(normal);
  if (existing != nullptr && existing->is_directory) return system_error("create", path, EISDIR);
  if (const int problem = parent_problem(normal)) return system_error("create", path, problem);
  auto node = std::make_shared<Node>();
  node->being_written = true;
  node->modified_ns = tree_->next_modified_ns++;
  tree_->nodes[normal] = node;
  return std::unique_ptr<WritableFile>(std::make_unique<MemoryWritableFile>(tree_, std::move(node)));
}

Result<FileInfo> MemoryFileSystem::info(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const auto node = find(normalised(path));
  if (node == nullptr) return system_error("look at", path, ENOENT);
  FileInfo info;
  info.size_bytes = node->is_directory ? 0 : node->size_bytes();
  info.is_directory = node->is_directory;
  info.is_regular = !node->is_directory;
  info.modified_ns = node->modified_ns;
  return info;
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  const std::lock_guard lock(tree_->mutex);
  const std::string normal = normalised(directory);
  const auto node = find(normal);
  if (node == nullptr) return system_error("list", directory, ENOENT);
  if (!node->is_directory) return system_error("list", directory, ENOTDIR);
  std::vector<std::string> names;
  const bool absolute = directory.starts_with('/');
  for (const auto& [path, entry] : tree_->nodes) {
    if (path.empty() || parent_of(path) != normal) continue;
    if (normal.empty() && absolute != path.starts_with('/')) continue;
    names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status MemoryFileSystem::make_directories(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const std::string normal = normalised(path);
  for (std::size_t end = 0; end != std::string::npos;) {
    end = normal.find('/', end + 1);
    const std::string prefix = normal.substr(0, end);
    auto& node = tree_->nodes[prefix];
    if (node == nullptr) {
      node = std::make_shared<Node>();
      node->is_directory = true;
      node->modified_ns = tree_->next_modified_ns++;
    } else if (!node->is_directory) {
      return system_error("make directory", path, ENOTDIR);
    }
  }
  return {};
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(tree_->mutex);
  const std::string source = normalised(from);
  const std::string target = normalised(to);
  const auto fail = [&](int error_number) { return system_error("rename", from + "' to '" + to, error_number); };
  const auto node = find(source);
  if (node == nullptr) return fail(ENOENT);
  if (const int problem = parent_problem(target)) return fail(problem);
  if (source == target) return {};
  if (target.starts_with(source + "/")) return fail(EINVAL);
  if (const auto replaced = find(target)) {
    if (replaced->is_directory && !node->is_directory) return fail(EISDIR);
    if (!replaced->is_directory && node->is_directory) return fail(ENOTDIR);
    if (has_children(target)) return fail(ENOTEMPTY);
  }
  std::map<std::string, std::shared_ptr<Node>> moved;
  moved[target] = node;
  for (auto at = tree_->nodes.lower_bound(source + "/"); at != tree_->nodes.end() && at->first.starts_with(source + "/");
       at = tree_->nodes.erase(at))
    moved[target + at->first.substr(source.size())] = at->second;
  tree_->nodes.erase(source);
  for (auto& [path, entry] : moved) tree_->nodes[path] = std::move(entry);
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const std::string normal = normalised(path);
  if (find(normal) == nullptr) return system_error("remove", path, ENOENT);
  if (has_children(normal)) return system_error("remove", path, ENOTEMPTY);
  tree_->nodes.erase(normal);
  return {};
}

Status MemoryFileSystem::remove_all(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const std::string normal = normalised(path);
  std::erase_if(tree_->nodes, [&](const auto& entry) {
    return !entry.first.empty() && (entry.first == normal || entry.first.starts_with(normal + "/"));
  });
  return {};
}

Status MemoryFileSystem::sync_directory(const std::string& directory) {
  const std::lock_guard lock(tree_->mutex);
  const auto node = find(normalised(directory));
  if (node == nullptr) return system_error("open directory", directory, ENOENT);
  if (!node->is_directory) return system_error("open directory", directory, ENOTDIR);
  return {};
}

Result<std::uint64_t> MemoryFileSystem::free_bytes(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  if (find(normalised(path)) == nullptr) return system_error("ask the free space of", path, ENOENT);
  return kMemoryFreeBytes;
}

}  // namespace

std::unique_ptr<FileSystem> make_memory_file_system() { return std::make_unique<MemoryFileSystem>(); }

}  // namespace sinter

// NodeRegister: a journal of identities that joined and numbers that left. One thread.
#include "framework/cluster/node_register.hpp"

#include "framework/runtime/wire_archive.hpp"

namespace sinter::cluster {
namespace {

struct Entry {
  bool joined = true;
  std::uint64_t identity = 0;  // of one that joined
  NodeId node = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & joined & identity & node; }
};

}  // namespace

Result<std::unique_ptr<NodeRegister>> NodeRegister::open(FileSystem& files, const std::string& path) {
  std::vector<std::string> records;
  SINTER_ASSIGN(std::unique_ptr<Journal> journal, Journal::open(files, path, records));
  std::unique_ptr<NodeRegister> made(new NodeRegister(std::move(journal)));
  for (const std::string& record : records) {
    SINTER_ASSIGN(const Entry entry, decode<Entry>(record, "entry of '" + path + "'"));
    if (entry.joined) {
      made->numbers_[entry.identity] = entry.node;
      made->missing_.insert(entry.node);
    } else {
      made->missing_.erase(entry.node);
    }
  }
  return made;
}

Result<NodeId> NodeRegister::joined(std::uint64_t identity) {
  const NodeId node = numbers_.emplace(identity, numbers_.size() + 1).first->second;
  missing_.erase(node);
  journal_->append(encode(Entry{true, identity, node}));
  SINTER_TRY(journal_->sync());
  return node;
}

Status NodeRegister::left(NodeId node) {
  journal_->append(encode(Entry{false, 0, node}));
  return journal_->sync();
}

}  // namespace sinter::cluster

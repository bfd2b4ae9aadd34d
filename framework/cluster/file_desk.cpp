// FileDesk: a queue before the store, and the exchange behind it. See the header for threads.
#include "framework/cluster/file_desk.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/limits.hpp"

namespace sinter::cluster {
namespace {

constexpr std::uint64_t kMaxPortFileBytes = 64;

std::vector<BlobStore::Wanted> wanted_of(const std::vector<ShippedFile>& files) {
  std::vector<BlobStore::Wanted> wanted;
  wanted.reserve(files.size());
  for (const ShippedFile& file : files) wanted.push_back({file.hash, file.size_bytes});
  return wanted;
}

}  // namespace

Result<std::unique_ptr<FileDesk>> FileDesk::open(Options options) {
  std::unique_ptr<FileDesk> desk(new FileDesk(std::move(options)));
  SINTER_TRY(desk->store_.load());
  SINTER_TRY(desk->listen());
  desk->thread_ = std::thread([of = desk.get()] { of->work(); });
  return desk;
}

FileDesk::~FileDesk() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

/// At the port that a life before had, because nodes know it.
Status FileDesk::listen() {
  const std::string address = options_.listen.substr(0, options_.listen.rfind(':') + 1);
  const std::string path = options_.data_directory + "/files-port";
  std::string port = options_.port == 0 ? "" : std::to_string(options_.port);
  if (port.empty() && options_.files.exists(path)) {
    SINTER_ASSIGN(port, read_file(options_.files, path, kMaxPortFileBytes));
  }
  const auto at = [&](const std::string& which) {
    return ServedRuns::listen(address + which, options_.key, options_.files, options_.clock, options_.log);
  };
  auto served = at(port.empty() ? "*" : port);
  if (!served.ok() && !port.empty() && options_.port == 0) {
    options_.log.warning("files are served at another port than before; jobs that run may have to read again",
                         {{"port", port}, {"reason", served.error().message()}});
    served = at("*");
  }
  if (!served.ok()) return std::move(served).error().with_context("while opening the port for files");
  served_ = std::move(*served);
  return write_file_atomically(options_.files, path, port_of(served_->endpoint()));
}

std::string FileDesk::endpoint() const { return "tcp://" + std::string(kSameAddress) + ":" + port_of(served_->endpoint()); }

void FileDesk::work() {
  while (true) {
    std::function<void()> act;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return closing_ || !commands_.empty(); });
      if (closing_) return;
      act = std::move(commands_.front());
      commands_.pop_front();
    }
    act();
  }
}

void FileDesk::command(std::function<void()> act) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(act));
  }
  arrived_.notify_one();
}

void FileDesk::refuse(net::PeerId peer, const Error& error) { options_.answer(peer, pack(Refused{WireError::of(error)})); }

void FileDesk::offer(net::PeerId peer, const net::PublicKey& key, OfferFiles offer) {
  // The same client, come back: what it sent is its own still, and its earlier session's end says nothing any more.
  const std::string owner = net::key_characters(key.bytes) + "-" + std::to_string(offer.upload);
  std::erase_if(owners_, [&](const auto& one) { return one.second == owner; });
  owners_[peer] = owner;
  command([this, peer, owner, offer = std::move(offer)] {
    std::vector<BlobStore::Wanted> wanted;
    for (const OfferedFile& file : offer.files) wanted.push_back({file.hash, file.size_bytes});
    const auto lacking = store_.offer(owner, wanted);
    if (!lacking.ok()) return refuse(peer, lacking.error());
    WantFiles want;
    for (const BlobStore::Lacking& one : *lacking) want.files.push_back({one.hash, one.have_bytes});
    options_.answer(peer, pack(want));
  });
}

Status FileDesk::put(net::PeerId peer, PutBytes put) {
  const auto owner = owners_.find(peer);
  if (owner == owners_.end()) return {};  // sent before the client knew that we are another life of its tracker: it will offer again
  std::uint64_t bytes = 0;
  for (const FilePiece& piece : put.pieces) bytes += piece.bytes.size();
  {
    const std::lock_guard lock(mutex_);
    std::uint64_t& waiting = waiting_bytes_[peer];
    if (waiting + bytes > kPutWindowBytes + kMaxPutBytes)
      return user_error("bytes of files were sent faster than kPutWindowBytes (" + std::to_string(kPutWindowBytes) + ") allows");
    waiting += bytes;
  }
  command([this, peer, owner = owner->second, put = std::move(put)] { take(peer, owner, put); });
  return {};
}

void FileDesk::take(net::PeerId peer, const std::string& owner, const PutBytes& put) {
  TookBytes took;
  std::optional<Error> failure;
  for (const FilePiece& piece : put.pieces) {
    took.bytes += piece.bytes.size();
    if (failure) continue;
    const auto arrival = store_.append(owner, piece.hash, piece.offset, piece.bytes);
    if (!arrival.ok()) failure = arrival.error();
    else if (*arrival == BlobStore::Arrival::Spoiled) took.spoiled.push_back(piece.hash);
  }
  {
    const std::lock_guard lock(mutex_);
    if (const auto waiting = waiting_bytes_.find(peer); waiting != waiting_bytes_.end())
      waiting->second -= std::min(waiting->second, took.bytes);
  }
  if (failure) refuse(peer, *failure);
  else options_.answer(peer, pack(took));
}

void FileDesk::peer_lost(net::PeerId peer) {
  const auto found = owners_.find(peer);
  if (found == owners_.end()) return;
  command([this, owner = found->second] { store_.leave(owner); });
  owners_.erase(found);
  const std::lock_guard lock(mutex_);
  waiting_bytes_.erase(peer);
}

Status FileDesk::hold(RunId run, const std::vector<ShippedFile>& files) {
  return store_.pin("run-" + std::to_string(run), wanted_of(files));
}

void FileDesk::release(RunId run) {
  served_->remove(run);
  store_.unpin("run-" + std::to_string(run));
}

ShippedInputs FileDesk::serve_inputs(RunId run, const net::PublicKey& run_key, std::vector<ShippedFile> files) {
  std::set<std::string> names;
  for (const ShippedFile& file : files) names.insert(served_blob(file.hash));
  served_->add(run, run_key, [this, names = std::move(names)](const std::string& name) -> Result<std::string> {
    if (!names.contains(name)) return environment_error("this is no file of the job");
    return store_.path_of(name.substr(name.rfind('/') + 1));
  });
  return ShippedInputs{options_.host, options_.data_directory + "/files", endpoint(), key_text(), std::move(files)};
}

void FileDesk::serve_outputs(RunId run, const net::PublicKey& run_key, std::vector<std::string> paths) {
  served_->add(run, run_key, [paths = std::move(paths)](const std::string& name) -> Result<std::string> {
    std::size_t number = 0;
    const std::string_view digits = name.starts_with("out/") ? std::string_view(name).substr(4) : std::string_view();
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || number >= paths.size())
      return environment_error("this is no file of the job");
    return paths[number];
  });
}

}  // namespace sinter::cluster

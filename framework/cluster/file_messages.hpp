// The messages by which clients send their jobs' files to the tracker and fetch what jobs left. Plain values; any thread.
// Format page: docs/formats/cluster.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/cluster/message_kinds.hpp"
#include "framework/cluster/report_archive.hpp"
#include "framework/runtime/shipped_files.hpp"

namespace sinter::cluster {

/// Files of one job, and the bytes of the list of them.
inline constexpr std::size_t kMaxShippedFiles = 200'000;
inline constexpr std::uint64_t kMaxShippedListBytes = 14u << 20;
/// Of files in one PutBytes.
inline constexpr std::uint64_t kMaxPutBytes = 1u << 20;
/// In one LookForFiles.
inline constexpr std::size_t kMaxSeenFiles = 100;
/// What a client may have sent and not been told to have arrived.
inline constexpr std::uint64_t kPutWindowBytes = 8u << 20;

struct OfferedFile {
  std::string hash;
  std::uint64_t size_bytes = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & hash & size_bytes; }
};

/// Client to tracker: a job of mine will need these.
struct OfferFiles {
  static constexpr Kind kKind = Kind::OfferFiles;
  std::uint32_t protocol_version = kClusterProtocolVersion;
  std::uint64_t upload = 0;  // the same when this client comes back, another one for another job
  std::vector<OfferedFile> files;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & protocol_version & upload & files; }
};

struct LackingFile {
  std::string hash;
  std::uint64_t have_bytes = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & hash & have_bytes; }
};

/// In answer: send what is behind these bytes of these files.
struct WantFiles {
  static constexpr Kind kKind = Kind::WantFiles;
  std::vector<LackingFile> files;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & files; }
};

struct FilePiece {
  std::string hash;
  std::uint64_t offset = 0;
  std::string bytes;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & hash & offset & bytes; }
};

struct PutBytes {
  static constexpr Kind kKind = Kind::PutBytes;
  std::vector<FilePiece> pieces;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & pieces; }
};

/// In answer: so many bytes of that message have arrived; files that are whole now and have another hash are gone again.
struct TookBytes {
  static constexpr Kind kKind = Kind::TookBytes;
  std::uint64_t bytes = 0;
  std::vector<std::string> spoiled;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & bytes & spoiled; }
};

/// Client to tracker: where is what this job left?
struct FindOutputs {
  static constexpr Kind kKind = Kind::FindOutputs;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

/// In answer. The exchange calls file number N "out/N".
struct OutputsAt {
  static constexpr Kind kKind = Kind::OutputsAt;
  RunId run = 0;
  std::string endpoint;      // of the tracker's exchange; its address is the one that the client knows
  std::string endpoint_key;  // public_key_text()
  std::string run_secret;    // secret_key_text() of the job's own pair
  std::vector<std::string> paths;  // whole ones
  JobReport report;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run & endpoint & endpoint_key & run_secret & paths & report; }
};

/// Client to tracker: they are mine now. The answer is a RunList of it.
struct DropOutputs {
  static constexpr Kind kKind = Kind::DropOutputs;
  RunId run = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & run; }
};

/// A file of the client: whoever sees one of the same size and time under its path sees the same files.
struct SeenFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // 0: does not matter
  bool by_nodes = true;  // else only the tracker must see it

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & path & size_bytes & modified_ns & by_nodes; }
};

/// Client to tracker, and tracker to nodes: do you see these?
struct LookForFiles {
  static constexpr Kind kKind = Kind::LookForFiles;
  std::uint64_t look = 0;  // the asker's number
  std::vector<SeenFile> files;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & look & files; }
};

/// In answer: the first that is not seen, and who does not see it; empty: all are.
struct FilesSeen {
  static constexpr Kind kKind = Kind::FilesSeen;
  std::uint64_t look = 0;
  std::string missing;
  std::string by;

  template <class Archive>
  void serialize(Archive& archive, unsigned) { archive & look & missing & by; }
};

extern template Result<OfferFiles> unpack(const net::Message&);
extern template Result<WantFiles> unpack(const net::Message&);
extern template Result<PutBytes> unpack(const net::Message&);
extern template Result<TookBytes> unpack(const net::Message&);
extern template Result<FindOutputs> unpack(const net::Message&);
extern template Result<OutputsAt> unpack(const net::Message&);
extern template Result<DropOutputs> unpack(const net::Message&);
extern template Result<LookForFiles> unpack(const net::Message&);
extern template Result<FilesSeen> unpack(const net::Message&);

}  // namespace sinter::cluster

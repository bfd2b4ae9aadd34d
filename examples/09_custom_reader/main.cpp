// A reader of one's own: a radio's log, where some packets were damaged on the way. Per station: packets, mean level, the strongest.
#include <cstring>

#include "sinter/own_formats.hpp"
#include "sinter/sinter.hpp"

namespace {

/// A packet: 0xF0 0x9F, the station's length and name, the level in 1/10 dB as two bytes, and the xor of all bytes behind the mark.
struct PacketReader {
  sinter::Frame next(const sinter::Window& window) const {
    const std::string_view bytes = window.bytes;
    if (bytes.size() < 3) return sinter::Frame::more(3);
    if (!bytes.starts_with(kMark)) return sinter::Frame::lost("no packet begins here");
    const std::size_t size = 6 + static_cast<unsigned char>(bytes[2]);
    if (bytes.size() < size) return sinter::Frame::more(size);
    char sum = 0;
    for (const char byte : bytes.substr(2, size - 2)) sum ^= byte;
    if (sum != 0) return sinter::Frame::lost("the checksum of the packet is wrong");
    return sinter::Frame::record(bytes.substr(3, size - 4), size);
  }
  std::size_t find_start(const sinter::Window& window) const {
    const std::size_t at = window.bytes.find(kMark);
    return at == std::string_view::npos ? sinter::kNoStart : at;
  }
  std::vector<std::string> columns() const { return {"station", "level"}; }
  void split(std::string_view record, sinter::FieldList& fields) const {
    std::int16_t level = 0;
    std::memcpy(&level, record.data() + record.size() - 2, 2);
    fields.text(record.substr(0, record.size() - 2));
    fields.number(level);
  }
  static constexpr std::string_view kMark = "\xF0\x9F";
};

struct Packet {
  std::string station;
  std::int64_t level = 0;
  auto fields() { return std::tie(station, level); }
};

void by_station(const Packet& packet, sinter::Emitter<std::string, std::int64_t>& out) { out.emit(packet.station, packet.level); }

void summarize(const std::string& station, sinter::Group<std::int64_t>& levels, sinter::RowWriter& out) {
  std::int64_t count = 0, sum = 0, strongest = INT64_MIN;
  for (const std::int64_t level : levels) {
    ++count;
    sum += level;
    strongest = std::max(strongest, level);
  }
  out.row(station, count, static_cast<double>(sum / count) / 10, static_cast<double>(strongest) / 10);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("custom_reader").read(sinter::records("data/*.bin*", PacketReader{})).map(by_station).reduce(summarize)
      .write(sinter::fixed_width("stations.txt", {{"station", 0, 12}, {"packets", 12, 6}, {"mean", 19, 8}, {"strongest", 28, 8}}))
      .main(argc, argv);
}

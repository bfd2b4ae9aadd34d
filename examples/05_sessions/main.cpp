// Sessions from a web log: clicks of one visitor that are not further apart than a gap.
#include "sinter/sinter.hpp"

namespace {

// "2026-03-02T08:00:00Z alice /index.html"
using Key = sinter::Grouped<std::string, sinter::Timestamp>;

void by_visitor(std::string_view line, sinter::Emitter<Key, std::string>& out, sinter::Context& context) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t second = line.find(' ', std::min(first + 1, line.size()));
  const auto at = sinter::parse_iso8601(line.substr(0, first));
  if (!at || second == std::string_view::npos) return context.reject("is not: time, visitor, page");
  out.emit(line.substr(first + 1, second - first - 1), *at, line.substr(second + 1));
}

class CutSessions {
 public:
  void setup(sinter::Context& context) {
    gap_micros_ = context.parameter<std::int64_t>("gap_minutes") * 60'000'000;
    seconds_ = context.histogram("seconds");
  }

  void operator()(const std::string& visitor, sinter::Group<std::string, sinter::Timestamp>& clicks, sinter::RowWriter& out) {
    std::uint64_t pages = 0;
    sinter::Timestamp begin, end;
    for (const std::string& page : clicks) {
      const sinter::Timestamp at = clicks.order();
      if (pages > 0 && at.micros - end.micros > gap_micros_) write(visitor, begin, end, std::exchange(pages, 0), out);
      if (pages++ == 0) begin = at, entry_ = page;
      end = at;
    }
    write(visitor, begin, end, pages, out);
  }

 private:
  void write(const std::string& visitor, sinter::Timestamp begin, sinter::Timestamp end, std::uint64_t pages, sinter::RowWriter& out) {
    const std::int64_t seconds = (end.micros - begin.micros) / 1'000'000;
    seconds_->add(static_cast<double>(seconds));
    out.row(visitor, begin, seconds, pages, entry_);
  }

  std::int64_t gap_micros_ = 0;
  std::optional<sinter::Histogram> seconds_;
  std::string entry_;
};

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("sessions").parameter<std::int64_t>("gap_minutes", 30, "a longer pause begins a new session")
      .read(sinter::lines("data/*.log")).map(by_visitor).reduce(CutSessions())
      .write(sinter::json_lines("sessions.jsonl", {"visitor", "begin", "seconds", "pages", "entry"})).main(argc, argv);
}

// Jobs of many stages as one program, for stages_program_test.cpp: `pairs FILE DIRECTORY` leaves words and lengths sorted, `join A B` joins
// two of those, `rounds FILE` counts words in rounds, `rounds` failing at the round of `--param bad=N`.
#include <stdexcept>

#include "framework/api/job.hpp"
#include "framework/api/job_main.hpp"

namespace {

using sinter::CompleteJob;
using sinter::Emitter;
using sinter::Group;
using sinter::RowWriter;

void split(std::string_view line, Emitter<std::string, std::uint64_t>& out) { out.emit(line, line.size()); }

CompleteJob pairs(const std::string& from, const std::string& to) {
  return sinter::Job("pairs").read(sinter::lines(from)).map(split).write(sinter::sorted_pairs(to));
}

CompleteJob join(const std::string& a, const std::string& b) {
  const auto both = [](const std::string& word, Group<std::uint64_t>& first, Group<std::uint64_t>& second, RowWriter& rows) {
    std::uint64_t counts[] = {0, 0};
    for ([[maybe_unused]] const std::uint64_t one : first) ++counts[0];
    for ([[maybe_unused]] const std::uint64_t one : second) ++counts[1];
    rows.row(word, counts[0], counts[1]);
  };
  return sinter::Job("join").read_sorted<std::string, std::uint64_t>(sinter::sorted_pairs(a))
      .read_sorted<std::string, std::uint64_t>(sinter::sorted_pairs(b)).co_group(both).write(sinter::csv("joined.csv", {"word", "a", "b"}));
}

/// Each round emits the number of values of every group; the summary is their sum over all rounds.
struct CountValues {
  std::uint32_t bad = 0;
  std::uint32_t round = 0;
  void setup(sinter::Context& context) {
    bad = context.parameter<std::uint32_t>("bad");
    round = context.task().round();
  }
  void operator()(const std::string&, Group<std::uint64_t>& values, const std::uint64_t&, Emitter<int, std::uint64_t>& out) {
    if (round == bad) throw std::runtime_error("a bad round");
    std::uint64_t count = 0;
    for ([[maybe_unused]] const std::uint64_t one : values) ++count;
    out.emit(0, count);
  }
};
void add(const int&, Group<std::uint64_t>& counts, std::uint64_t& sum) {
  for (const std::uint64_t count : counts) sum += count;
}
void last(const std::string& word, Group<std::uint64_t>&, const std::uint64_t& sum, RowWriter& rows) { rows.row(word, sum); }

CompleteJob rounds(const std::string& from) {
  return sinter::Job("rounds").parameter<std::uint32_t>("bad", 0, "the round that throws").read(sinter::lines(from)).map(split)
      .rounds(sinter::Rounds<std::uint64_t>{0, 3, {}}, CountValues(), add).reduce(last).write(sinter::csv("rounds.csv", {"word", "sum"}));
}

}  // namespace

int main(int argc, char** argv) {
  const auto make = [](const std::vector<std::string>& words) -> sinter::Result<sinter::JobDefinition> {
    if (words[0] == "pairs") return pairs(words[1], words[2]).definition();
    if (words[0] == "join") return join(words[1], words[2]).definition();
    return rounds(words[1]).definition();
  };
  return sinter::job_main({"stages", {"JOB", "A", "B"}, make}, argc, argv);
}

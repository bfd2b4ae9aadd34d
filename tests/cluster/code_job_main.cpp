// A program with a job that does what tests need of foreign code: its map waits for a file, or dies once; its reduce is slow. One thread.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "sinter/sinter.hpp"

namespace {

struct Count {
  std::string gate, died;
  void setup(sinter::Context& context) {
    gate = context.parameter<std::string>("gate");
    died = context.parameter<std::string>("died");
  }
  void operator()(std::string_view line, sinter::Emitter<std::string, std::uint64_t>& out) {
    while (line == "wait" && !gate.empty() && !std::filesystem::exists(gate)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (line == "die" && !died.empty() && !std::filesystem::exists(died)) {
      std::ofstream(died).put('x');
      ::raise(SIGSEGV);
    }
    out.emit(std::string(line), 1);
  }
};

struct Sum {
  std::chrono::milliseconds nap{};
  void setup(sinter::Context& context) { nap = std::chrono::milliseconds(context.parameter<std::int64_t>("nap_ms")); }
  void operator()(const std::string& word, sinter::Group<std::uint64_t>& counts, sinter::RowWriter& out) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    std::this_thread::sleep_for(nap);
    out.row(word, total);
  }
};

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("code").parameter<std::string>("gate", "", "what a line 'wait' waits for")
      .parameter<std::string>("died", "", "that a line 'die' has made and dies")
      .parameter<std::int64_t>("nap_ms", 0, "what the reduce takes for each group").read(sinter::lines("in/*.txt")).map(Count{})
      .combine(std::plus<>{}).reduce(Sum{}).write(sinter::csv("out.csv", {"line", "count"})).main(argc, argv);
}

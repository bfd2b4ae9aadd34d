// Total sort by TeraSort's rules: records of 100 bytes, ordered by their first 10.
#include "sinter/sinter.hpp"

namespace {

constexpr std::size_t kKeyBytes = 10;

void split_key(std::string_view record, sinter::Emitter<std::string, std::string>& out, sinter::Context& context) {
  if (record.size() < kKeyBytes) context.reject("is shorter than a key");
  else out.emit(record.substr(0, kKeyBytes), record.substr(kKeyBytes));
}

void write_records(const std::string& key, sinter::Group<std::string>& rests, sinter::RowWriter& out) {
  for (const std::string& rest : rests) out.line(key + rest);
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("total_sort").read(sinter::lines("data/*.txt")).map(split_key).reduce(write_records)
      .write(sinter::lines("sorted.txt")).main(argc, argv);
}

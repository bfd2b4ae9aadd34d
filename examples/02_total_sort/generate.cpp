// generate COUNT SEED: records by TeraGen's rules to standard output: 10 random printable bytes, the record's number, filling; 99 and LF.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "sinter/sinter.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: generate COUNT SEED\n", stderr), 2;
  sinter::Random random(std::strtoull(argv[2], nullptr, 10));
  const std::uint64_t count = std::strtoull(argv[1], nullptr, 10);
  for (std::uint64_t number = 0; number < count; ++number) {
    std::string record;
    for (int i = 0; i < 10; ++i) record += static_cast<char>(' ' + random.below(95));
    const std::string digits = std::to_string(number);
    record.append(32 - digits.size(), '0').append(digits);
    for (char letter = 'A'; record.size() < 99; ++letter) record.append(std::min<std::size_t>(10, 99 - record.size()), letter);
    std::puts(record.c_str());
  }
  return 0;
}

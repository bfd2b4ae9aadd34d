// validate INPUT SORTED: by TeraValidate's rules: keys do not fall, and both files have the same records (count and sum of checksums).
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>

namespace {

struct Records {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;  // of checksums: the order of records does not matter
  std::uint64_t disorder = 0;
};

Records read(const char* path) {
  Records records;
  std::ifstream file(path);
  std::string last;
  for (std::string record; std::getline(file, record); ++records.count) {
    records.sum += std::hash<std::string>()(record);
    if (record.compare(0, 10, last, 0, 10) < 0) ++records.disorder;
    last.swap(record);
  }
  return records;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: validate INPUT SORTED\n", stderr), 2;
  const Records input = read(argv[1]);
  const Records sorted = read(argv[2]);
  if (input.count == sorted.count && input.sum == sorted.sum && sorted.disorder == 0 && sorted.count > 0) return 0;
  std::fprintf(stderr, "%s: %llu records of %llu, %llu out of order\n", argv[2], static_cast<unsigned long long>(sorted.count),
               static_cast<unsigned long long>(input.count), static_cast<unsigned long long>(sorted.disorder));
  return 1;
}

// The laws of a combine over encoded values. See the header.
#include "framework/testing/laws.hpp"

#include "framework/io/text_output.hpp"

namespace sinter::testing {
namespace {

constexpr std::size_t kMaxDescribedBytes = 32;

class LawCheck {
 public:
  LawCheck(const EncodedLaws& laws, const std::vector<std::string>& values) : laws_(laws), values_(values) {}

  std::string of_value(const std::string& bytes, const std::string& what) const {
    if (laws_.again(bytes) == bytes) return "";
    return what + " " + laws_.describe(bytes) + " does not read back as it was written: look at its fields() or its ValueCodec";
  }
  std::string of_pair(std::size_t a, std::size_t b) const {
    const std::string forth = laws_.merge(values_[a], values_[b]);
    const std::string back = laws_.merge(values_[b], values_[a]);
    if (forth != back)
      return "not commutative: f(" + value(a) + ", " + value(b) + ") is " + laws_.describe(forth) + ", and f(" + value(b) + ", " +
             value(a) + ") is " + laws_.describe(back);
    return of_value(forth, "the result");
  }
  std::string of_triple(std::size_t a, std::size_t b, std::size_t c) const {
    const std::string left = laws_.merge(laws_.merge(values_[a], values_[b]), values_[c]);
    const std::string right = laws_.merge(values_[a], laws_.merge(values_[b], values_[c]));
    if (left == right) return "";
    return "not associative: with a = " + value(a) + ", b = " + value(b) + ", c = " + value(c) + ", f(f(a, b), c) is " +
           laws_.describe(left) + ", and f(a, f(b, c)) is " + laws_.describe(right);
  }

 private:
  std::string value(std::size_t index) const { return laws_.describe(values_[index]); }

  const EncodedLaws& laws_;
  const std::vector<std::string>& values_;
};

}  // namespace

std::string describe_bytes(std::string_view bytes) {
  std::string text = std::to_string(bytes.size()) + " bytes 0x";
  append_hexadecimal(text, bytes, kMaxDescribedBytes);
  return text;
}

std::string broken_law(const EncodedLaws& laws, const std::vector<std::string>& values, std::uint64_t seed) {
  const LawCheck check(laws, values);
  for (const std::string& one : values)
    if (std::string broken = check.of_value(one, "the value"); !broken.empty()) return broken;
  for (std::size_t a = 0; a < values.size(); ++a)
    for (std::size_t b = a; b < values.size(); ++b)
      if (std::string broken = check.of_pair(a, b); !broken.empty()) return broken;
  const std::uint64_t size = values.size();
  const bool all = size * size * size <= kMaxTriples;
  Random random(seed);
  for (std::uint64_t i = 0; i < (all ? size * size * size : kMaxTriples); ++i) {
    const std::uint64_t a = all ? i / size / size : random.below(size);
    const std::uint64_t b = all ? i / size % size : random.below(size);
    const std::uint64_t c = all ? i % size : random.below(size);
    if (std::string broken = check.of_triple(a, b, c); !broken.empty()) return broken;
  }
  return "";
}

}  // namespace sinter::testing

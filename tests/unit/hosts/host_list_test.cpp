// Files of hosts: what they say, and what is wrong with them, by line.
#include "cli/hosts/host_list.hpp"

#include <gtest/gtest.h>

namespace sinter::cli {
namespace {

TEST(HostList, is_a_host_a_line_with_settings) {
  const auto hosts = parse_host_list(
      "# the lab\n\nlab-1\n  me@lab-2 slots=4 scratch=/big address=10.0.0.2 # the large one\nlab-3 name=three native=yes\r\n");
  ASSERT_TRUE(hosts.ok()) << hosts.error().to_string();
  ASSERT_EQ(hosts->size(), 3u);
  EXPECT_EQ((*hosts)[0], (HostLine{"lab-1", "lab-1", "", "", 0}));
  EXPECT_EQ((*hosts)[1], (HostLine{"me@lab-2", "lab-2", "10.0.0.2", "/big", 4}));
  EXPECT_EQ((*hosts)[2].name, "three");
  EXPECT_TRUE((*hosts)[2].native);
  EXPECT_FALSE((*hosts)[1].native);
}

TEST(HostList, says_the_line_of_a_mistake) {
  const std::pair<const char*, const char*> mistakes[] = {{"a\nb slots=0", "line 2"},   {"a slots=x", "slots="},
                                                          {"a disk=1", "not 'disk=1'"}, {"a\nb\nc name=a", "'a' is named twice"},
                                                          {"-oProxyCommand=x", "'-'"},  {"a scratch=here", "from the root"},
                                                          {"a slots=", "slots="},       {"", "no host"},
                                                          {"me@[::1]", "a node's"},     {"a slots=1025", "kMaxSlotsPerNode"},
                                                          {"a native=1", "yes or no"}};
  for (const auto& [text, part] : mistakes) {
    const auto hosts = parse_host_list(text);
    ASSERT_FALSE(hosts.ok()) << text;
    EXPECT_EQ(hosts.error().fault(), Fault::User);
    EXPECT_NE(hosts.error().to_string().find(part), std::string::npos) << hosts.error().to_string();
  }
}

TEST(HostList, bears_with_any_bytes) {
  std::string text = "a slots=1 scratch=/x\nb@c name=d\n";
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int byte = 0; byte < 256; byte += 5) {
      std::string changed = text;
      changed[at] = static_cast<char>(byte);
      (void)parse_host_list(changed);
    }
}

}  // namespace
}  // namespace sinter::cli

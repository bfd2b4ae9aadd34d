// Which of this host's addresses others see.
#include "base/net/local_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter::net {
namespace {

using ::testing::HasSubstr;

TEST(LocalAddressTest, is_loopback_towards_this_host) {
  EXPECT_EQ(*local_address_towards("tcp://127.0.0.1:7077"), "127.0.0.1");
  EXPECT_EQ(*local_address_towards("127.0.0.1:7077"), "127.0.0.1");
}

TEST(LocalAddressTest, says_what_is_wrong) {
  EXPECT_THAT(local_address_towards("tcp://127.0.0.1").error().message(), HasSubstr("has no port"));
  EXPECT_THAT(local_address_towards("tcp://no-such-host.invalid:1").error().message(), HasSubstr("cannot find the host"));
}

}  // namespace
}  // namespace sinter::net

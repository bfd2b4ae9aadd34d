// The delivery protocol alone, over a simulated network and clock: every run is its seed.
#include "base/net/reliable_channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.hpp"

namespace sinter::net {
namespace {

struct Wire {
  FrameHeader header;
  std::string body;
  SteadyMs at_ms;
};

/// One end; what it transmits goes into `out` or is lost, doubled or delayed.
struct End : FrameSink {
  End(const TransportOptions& options, Random& dice) : channel(options, counters), random(dice) {}

  SendOutcome transmit(const FrameHeader& header, std::string_view body, std::uint64_t) override {
    if (random.chance(full)) return SendOutcome::Full;
    ++transmissions;
    if (random.chance(drop)) return SendOutcome::Sent;
    for (int copies = random.chance(duplicate) ? 2 : 1; copies > 0; --copies)
      out.push_back({header, std::string(body), now_ms + random.between(0, max_delay_ms)});
    return SendOutcome::Sent;
  }

  TransportCounters counters;
  ReliableChannel channel;
  Random& random;
  double drop = 0, duplicate = 0, full = 0;
  SteadyMs max_delay_ms = 0;
  SteadyMs now_ms = 0;
  std::uint64_t transmissions = 0;
  std::vector<Wire> out;
  std::vector<Message> delivered;
};

class ChannelSimulation {
 public:
  explicit ChannelSimulation(std::uint64_t seed, TransportOptions options = {})
      : options_(options), random_(seed), a_(options_, random_), b_(options_, random_) {}

  void spoil(double drop, double duplicate, double full, SteadyMs max_delay_ms) {
    for (End* end : {&a_, &b_}) {
      end->drop = drop;
      end->duplicate = duplicate;
      end->full = full;
      end->max_delay_ms = max_delay_ms;
    }
  }

  /// One millisecond: what is due arrives, both sides pump.
  bool step(bool idle = true) {
    ++now_ms_;
    a_.now_ms = b_.now_ms = now_ms_;
    const bool good = arrive(a_, b_) && arrive(b_, a_);
    a_.channel.pump(now_ms_, idle, a_);
    b_.channel.pump(now_ms_, idle, b_);
    return good;
  }

  bool arrive(End& from, End& to) {
    std::vector<Wire> due;
    std::erase_if(from.out, [&](Wire& wire) {
      if (wire.at_ms > now_ms_) return false;
      due.push_back(std::move(wire));
      return true;
    });
    for (Wire& wire : due)
      if (!to.channel.on_frame(wire.header, std::move(wire.body), now_ms_, to.delivered)) return false;
    return true;
  }

  TransportOptions options_;
  Random random_;
  End a_, b_;
  SteadyMs now_ms_ = 0;
};

Message numbered(int number) { return {static_cast<std::uint16_t>(number), "body " + std::to_string(number)}; }

TEST(ReliableChannel, delivers_exactly_once_and_in_order_over_any_bad_network) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ChannelSimulation simulation(seed);
    Random choice(seed * 1000);
    simulation.spoil(choice.uniform(0, 0.4), choice.uniform(0, 0.4), choice.uniform(0, 0.3), choice.between(0, 40));
    const int total = 600;
    int sent_a = 0, sent_b = 0;
    const auto unfinished = [&] {
      return sent_a < total || simulation.a_.channel.has_unacknowledged() || simulation.b_.channel.has_unacknowledged();
    };
    for (int step = 0; step < 400'000 && unfinished(); ++step) {
      for (; sent_a < total && choice.chance(0.5); ++sent_a) ASSERT_TRUE(simulation.a_.channel.send(numbered(sent_a)).ok());
      if (sent_b < total / 2 && choice.chance(0.1)) {
        ASSERT_TRUE(simulation.b_.channel.send(numbered(sent_b++)).ok());
      }
      if (choice.chance(0.001)) simulation.a_.channel.on_new_route(simulation.now_ms_);
      ASSERT_TRUE(simulation.step(choice.chance(0.7)));
    }
    ASSERT_EQ(simulation.b_.delivered.size(), static_cast<std::size_t>(total));
    for (int i = 0; i < total; ++i) ASSERT_EQ(simulation.b_.delivered[static_cast<std::size_t>(i)], numbered(i));
    ASSERT_EQ(simulation.a_.delivered.size(), static_cast<std::size_t>(sent_b));
    for (int i = 0; i < sent_b; ++i) ASSERT_EQ(simulation.a_.delivered[static_cast<std::size_t>(i)], numbered(i));
  }
}

TEST(ReliableChannel, a_good_network_needs_no_re_send_and_few_acknowledgements) {
  ChannelSimulation simulation(1);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(simulation.a_.channel.send(numbered(i)).ok());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(simulation.step());
  EXPECT_EQ(simulation.b_.delivered.size(), 1000u);
  EXPECT_EQ(simulation.a_.counters.frames_resent, 0u);
  EXPECT_EQ(simulation.a_.transmissions, 1000u);
  EXPECT_LE(simulation.b_.transmissions, 10u);
}

TEST(ReliableChannel, a_silent_receiver_is_probed_with_one_message_at_growing_intervals) {
  ChannelSimulation simulation(1);
  simulation.options_.heartbeat_ms = 1'000'000;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(simulation.a_.channel.send(numbered(i)).ok());
  for (SteadyMs now = 1; now <= 60'000; ++now) simulation.a_.channel.pump(now, true, simulation.a_);
  // 0.5 s, then 1, 2, 4, 8, 8 ... seconds.
  EXPECT_GE(simulation.a_.counters.frames_resent, 8u);
  EXPECT_LE(simulation.a_.counters.frames_resent, 12u);
}

TEST(ReliableChannel, after_an_outage_everything_arrives_quickly) {
  ChannelSimulation simulation(1);
  simulation.spoil(1, 0, 0, 0);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(simulation.a_.channel.send(numbered(i)).ok());
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(simulation.step());
  simulation.spoil(0, 0, 0, 0);
  int steps = 0;
  while (simulation.a_.channel.has_unacknowledged() && steps < 20'000) {
    ASSERT_TRUE(simulation.step());
    ++steps;
  }
  EXPECT_EQ(simulation.b_.delivered.size(), 200u);
  EXPECT_LT(steps, 4'000 + 2 * 200 * 2);
}

TEST(ReliableChannel, a_new_route_sends_everything_again_at_once) {
  ChannelSimulation simulation(1);
  simulation.spoil(1, 0, 0, 0);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(simulation.a_.channel.send(numbered(i)).ok());
  ASSERT_TRUE(simulation.step());
  simulation.spoil(0, 0, 0, 0);
  simulation.a_.channel.on_new_route(simulation.now_ms_);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(simulation.step());
  EXPECT_EQ(simulation.b_.delivered.size(), 50u);
  EXPECT_FALSE(simulation.a_.channel.has_unacknowledged());
}

TEST(ReliableChannel, a_full_queue_refuses_retriably_and_names_its_limits) {
  TransportOptions options;
  options.max_queued_messages = 3;
  options.max_queued_bytes = 100;
  options.max_message_bytes = 200;
  ChannelSimulation simulation(1, options);
  auto& channel = simulation.a_.channel;
  ASSERT_TRUE(channel.send({1, std::string(150, 'x')}).ok()) << "one message always fits";
  Status refused = channel.send({1, "x"});
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().retriable());
  EXPECT_NE(refused.error().message().find("max_queued_bytes = 100"), std::string::npos);
  Status too_large = channel.send({1, std::string(201, 'x')});
  ASSERT_FALSE(too_large.ok());
  EXPECT_FALSE(too_large.error().retriable());
  EXPECT_NE(too_large.error().message().find("max_message_bytes = 200"), std::string::npos);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(simulation.step());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(channel.send({1, "x"}).ok());
  EXPECT_FALSE(channel.send({1, "x"}).ok());
}

TEST(ReliableChannel, what_breaks_the_protocol_ends_the_session) {
  ChannelSimulation simulation(1);
  std::vector<Message> delivered;
  FrameHeader header;
  header.type = FrameType::Ack;
  header.ack = 1;
  EXPECT_FALSE(simulation.a_.channel.on_frame(header, "", 0, delivered)) << "acknowledges what was never sent";
  header.type = FrameType::Data;
  header.ack = 0;
  header.id = static_cast<std::uint32_t>(kReceiveWindow + 1);
  EXPECT_FALSE(simulation.a_.channel.on_frame(header, "", 0, delivered)) << "beyond any window";
  header.id = static_cast<std::uint32_t>(kReceiveWindow);
  EXPECT_TRUE(simulation.a_.channel.on_frame(header, "", 0, delivered));
  EXPECT_TRUE(delivered.empty());
}

TEST(ReliableChannel, messages_ahead_of_their_turn_take_bounded_memory) {
  TransportOptions options;
  options.max_queued_bytes = 1000;
  options.max_message_bytes = 500;
  ChannelSimulation simulation(1, options);
  std::vector<Message> delivered;
  FrameHeader header;
  for (std::uint32_t id = 2; id < 100; ++id) {
    header.id = id;
    ASSERT_TRUE(simulation.a_.channel.on_frame(header, std::string(300, 'x'), 0, delivered));
  }
  header.id = 1;
  ASSERT_TRUE(simulation.a_.channel.on_frame(header, "", 0, delivered));
  EXPECT_EQ(delivered.size(), 4u) << "the first and the three that fit 1000 bytes";
}

TEST(ReliableChannel, random_frames_never_break_it) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE("seed 17");
  Random random(seed);
  for (int life = 0; life < 300; ++life) {
    ChannelSimulation simulation(seed + static_cast<std::uint64_t>(life));
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(simulation.a_.channel.send(numbered(i)).ok());
    simulation.a_.channel.pump(1, true, simulation.a_);
    std::vector<Message> delivered;
    for (int i = 0; i < 300; ++i) {
      FrameHeader header;
      header.type = random.chance(0.7) ? FrameType::Data : FrameType::Ack;
      header.id = static_cast<std::uint32_t>(random.chance(0.8) ? random.below(40) : random.next());
      header.ack = static_cast<std::uint32_t>(random.chance(0.9) ? random.below(21) : random.next());
      if (!simulation.a_.channel.on_frame(header, "x", 2, delivered)) break;
      simulation.a_.channel.pump(3 + i, true, simulation.a_);
    }
    EXPECT_LE(delivered.size(), 300u);
  }
}

}  // namespace
}  // namespace sinter::net

// World: one heap of what will happen; faults strike at random until they end, then everything that is left must come to an end.
#include "tests/simulation/simulated_world.hpp"

#include <algorithm>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {
namespace {

/// After the last fault a job of this size takes seconds; timeouts add up to minutes at most.
constexpr SteadyMs kTimeToEndMs = 600'000;
constexpr SteadyMs kGoodbyeMs = 60'000;

}  // namespace

World::World(std::uint64_t seed, Bug bug) : random_(seed), bug_(bug), model_(random_), oracle_(model_) {
  faults_end_ = static_cast<SteadyMs>(1'000 + random_.below(60'000));
  draw_odds();
  speculation_ = random_.below(2) == 0;
  cut_ranges_ = random_.below(3) != 0;
  const auto count = static_cast<HostId>(1 + random_.below(4));
  for (HostId host = 1; host <= count; ++host) {
    links_[host];
    nodes_[host] = std::make_unique<SimulatedNode>(*this, host, static_cast<std::uint32_t>(1 + random_.below(3)));
  }
}

World::~World() = default;

// Swarm testing: each seed draws which faults there are, so that one alone is seen as well as all together.
void World::draw_odds() {
  for (double* odd : {&odds_.worker_crash, &odds_.hang, &odds_.silent, &odds_.disk_full, &odds_.commit, &odds_.late})
    if (random_.below(3) == 0) *odd = 0.02 + random_.unit() * 0.2;
  if (random_.below(3) == 0) odds_.fetch = random_.unit() * 0.05;
  if (random_.below(8) == 0) odds_.start = random_.unit() * 0.02;
  for (double* odd : {&odds_.session, &odds_.node_crash, &odds_.partition, &odds_.slow, &odds_.wall_jump})
    if (random_.below(3) == 0) *odd = random_.unit() * 0.06;
  odds_.wipe = random_.below(2) == 0 ? 0.5 : 0;
  if (random_.below(3) == 0) odds_.tracker_crash = random_.unit() * 0.05;
  if (random_.below(3) == 0) odds_.tracker_step_crash = random_.unit() * 0.03;
}

void World::after(SteadyMs ms, std::function<void()> what) { queue_.push({now_ + ms, order_++, std::move(what)}); }

void World::run() {
  for (const auto& [host, node] : nodes_) node->boot();
  start_tracker();
  fault_round();
  SteadyMs over = faults_end_ + kTimeToEndMs;
  bool ended = false;
  while (!queue_.empty() && oracle_.violations().empty()) {
    if (outcome_ != JobState::Running && !ended) {
      ended = true;
      over = now_ + kGoodbyeMs;
    }
    if (queue_.top().at > over) break;
    now_ = queue_.top().at;
    const std::function<void()> what = queue_.top().what;
    queue_.pop();
    what();
  }
  oracle_.expect(!oracle_.violations().empty() || ended, "the job does not end");
}

SteadyMs World::delay() {
  return static_cast<SteadyMs>(random_.below(20)) + (happens(odds_.late) ? static_cast<SteadyMs>(random_.below(4'000)) : 0);
}

void World::to_tracker(HostId host, std::function<void(SimulatedTracker&)> message) {
  Link& link = links_.at(host);
  if (!link.open) return;
  link.last_up = std::max(link.last_up, now_ + delay());
  after(link.last_up - now_, [this, host, session = link.session, message = std::move(message)] {
    if (links_.at(host).session == session && tracker_up_) message(*tracker_);
  });
}

void World::to_node(HostId host, std::function<void(SimulatedNode&)> message) {
  Link& link = links_.at(host);
  if (!link.open) return;
  link.last_down = std::max(link.last_down, now_ + delay());
  after(link.last_down - now_, [this, host, session = link.session, message = std::move(message)] {
    if (links_.at(host).session == session && nodes_.at(host)->up()) message(*nodes_.at(host));
  });
}

bool World::reachable(HostId from, HostId to) {
  if (to == 0 || !nodes_.at(to)->up()) return false;
  return from == to || (links_.at(from).cut_until <= now_ && links_.at(to).cut_until <= now_);
}

std::vector<HostId> World::hosts() const {
  std::vector<HostId> all;
  for (const auto& [host, node] : nodes_) all.push_back(host);
  return all;
}

void World::fault_round() {
  if (!faulty()) {
    for (const auto& [host, node] : nodes_) node->set_slow(false);
    return;
  }
  for (const auto& [host, node] : nodes_) {
    if (happens(odds_.session)) break_session(host);
    if (happens(odds_.partition)) {
      links_.at(host).cut_until = now_ + static_cast<SteadyMs>(random_.below(20'000));
      break_session(host);
    }
    if (happens(odds_.node_crash)) crash_node(host);
    if (happens(odds_.slow)) node->set_slow(random_.below(2) == 0);
  }
  if (happens(odds_.wall_jump)) wall_offset_ += static_cast<SteadyMs>(random_.below(3'600'000));
  if (happens(odds_.tracker_crash)) crash_tracker();
  after(500, [this] { fault_round(); });
}

void World::break_session(HostId host) {
  Link& link = links_.at(host);
  ++link.session;
  if (link.open && tracker_up_) tracker_->on_session_lost(host);
  link.open = false;
  connect_later(host);
}

void World::connect_later(HostId host) {
  if (links_.at(host).connecting) return;
  links_.at(host).connecting = true;
  after(static_cast<SteadyMs>(100 + random_.below(random_.below(4) == 0 ? 10'000 : 1'000)), [this, host] {
    links_.at(host).connecting = false;
    connect(host);
  });
}

void World::connect(HostId host) {
  Link& link = links_.at(host);
  if (link.open) return;
  if (!nodes_.at(host)->up() || !tracker_up_ || link.cut_until > now_) return connect_later(host);
  link.open = true;
  ++link.session;
  link.last_up = link.last_down = now_;
  to_tracker(host, [said = nodes_.at(host)->registration()](SimulatedTracker& tracker) { tracker.on_registration(said); });
}

void World::crash_node(HostId host) {
  if (!nodes_.at(host)->up()) return;
  nodes_.at(host)->crash(random_.chance(odds_.wipe));
  break_session(host);
  after(static_cast<SteadyMs>(random_.below(15'000)), [this, host] { nodes_.at(host)->boot(); });
}

void World::crash_tracker() {
  if (!tracker_up_ || ended()) return;
  tracker_up_ = false;
  for (const auto& [host, node] : nodes_) break_session(host);
  after(static_cast<SteadyMs>(random_.below(8'000)), [this] { start_tracker(); });
}

void World::start_tracker() {
  ++lives_;
  tracker_up_ = true;
  tracker_ = std::make_unique<SimulatedTracker>(*this, lives_);
  tracker_->begin();
  for (const auto& [host, node] : nodes_) break_session(host);
}

void World::end(JobState outcome) {
  outcome_ = outcome;
  faults_end_ = std::min(faults_end_, now_);
}

}  // namespace sinter::simulation

// World: one heap of what will happen; faults strike at random until they end, then everything that is left must come to an end.
#include "tests/simulation/simulated_world.hpp"

#include <algorithm>

#include "tests/simulation/simulated_tracker.hpp"

namespace sinter::simulation {
namespace {

/// After the last fault a job of this size takes seconds; timeouts, and nodes that a job leaves alone, add up to minutes at most.
constexpr SteadyMs kTimeToEndMs = 600'000;
constexpr SteadyMs kGoodbyeMs = 90'000;
/// Clients ask again when they hear nothing.
constexpr SteadyMs kAskAgainMs = 3'000;
constexpr std::size_t kMaxLength = 1'000;
constexpr std::size_t kMaxPlanned = 20'000;

}  // namespace

World::World(std::uint64_t seed, Bug bug) : random_(seed), power_(~seed), bug_(bug) {
  faults_end_ = static_cast<SteadyMs>(1'000 + random_.below(60'000));
  draw_odds();
  if (power_.below(3) != 0) power_cuts_ = power_.unit();
  draw_jobs();
  for (std::uint64_t count = 1 + random_.below(4); count > 0; --count) add_node();
}

World::World(std::uint64_t seed, const QuietLife& life) : random_(seed), power_(~seed), bug_(Bug::None), quiet_until_(life.until_ms) {
  submissions_ = life.jobs;
  for (const std::uint32_t slots : life.nodes) {
    const auto host = static_cast<HostId>(nodes_.size() + 1);
    links_[host];
    nodes_[host] = std::make_unique<SimulatedNode>(*this, host, slots, slots);
  }
}

World::~World() = default;

HostId World::add_node() {
  const auto host = static_cast<HostId>(nodes_.size() + 1);
  links_[host];
  // Every node can hold a worker of every job.
  nodes_[host] = std::make_unique<SimulatedNode>(*this, host, static_cast<std::uint32_t>(1 + random_.below(3)), 8 + random_.below(8));
  return host;
}

void World::draw_jobs() {
  sharing_.max_running_jobs = static_cast<std::uint32_t>(1 + random_.below(3));
  if (random_.below(3) == 0) sharing_.max_slots_per_job = static_cast<std::uint32_t>(1 + random_.below(4));
  if (random_.below(4) == 0) sharing_.max_jobs = static_cast<std::uint32_t>(1 + random_.below(3));
  const std::uint64_t count = random_.below(2) == 0 ? 1 : 2 + random_.below(3);
  const bool memory_is_short = random_.below(2) == 0;
  for (std::uint64_t index = 0; index < count; ++index) {
    Submission& one = submissions_.emplace_back();
    if (index > 0) one.at = static_cast<SteadyMs>(random_.below(20'000));
    one.priority = static_cast<std::int32_t>(random_.below(3));
    one.weight = static_cast<std::uint32_t>(1 + random_.below(3));
    one.worker_memory_bytes = 1 + (memory_is_short ? random_.below(8) : 0);
    if (random_.below(8) == 0) one.most_workers = 1 + random_.below(3);
    one.speculation = random_.below(2) == 0;
    one.cut_ranges = random_.below(3) != 0;
    if (random_.below(6) == 0) one.cancelled_after_ms = static_cast<SteadyMs>(random_.below(20'000));
  }
}

// Swarm testing: each seed draws which faults there are, so that one alone is seen as well as all together.
void World::draw_odds() {
  for (double* odd : {&odds_.worker_crash, &odds_.hang, &odds_.silent, &odds_.disk_full, &odds_.commit, &odds_.late})
    if (random_.below(3) == 0) *odd = 0.02 + random_.unit() * 0.2;
  if (random_.below(3) == 0) odds_.fetch = random_.unit() * 0.05;
  if (random_.below(8) == 0) odds_.start = random_.unit() * 0.02;
  for (double* odd : {&odds_.session, &odds_.node_crash, &odds_.partition, &odds_.slow, &odds_.wall_jump, &odds_.drain})
    if (random_.below(3) == 0) *odd = random_.unit() * 0.06;
  odds_.wipe = random_.below(2) == 0 ? 0.5 : 0;
  if (random_.below(3) == 0) odds_.tracker_crash = random_.unit() * 0.05;
  if (random_.below(3) == 0) odds_.tracker_step_crash = random_.unit() * 0.03;
  if (random_.below(2) == 0) odds_.stall = 0.01 + random_.unit() * 0.1;
}

void World::after(SteadyMs ms, std::function<void()> what) { queue_.push({now_ + ms, order_++, std::move(what)}); }

void World::note_length(const char* of, std::size_t length) {
  if (length > kMaxLength) violate(std::string(of) + ": " + std::to_string(length) + " of them, which is too much");
}

void World::run() {
  for (const auto& [host, node] : nodes_) node->boot();
  to_come_ = submissions_.size();
  acknowledged_.resize(submissions_.size());
  for (std::size_t index = 0; index < submissions_.size(); ++index) after(submissions_[index].at, [this, index] { submit(index); });
  start_tracker();
  fault_round();
  SteadyMs over = quiet_until_ ? *quiet_until_ : faults_end_ + kTimeToEndMs * static_cast<SteadyMs>(1 + submissions_.size());
  bool bidden = false;
  while (!queue_.empty() && violations_.empty()) {
    if (ended() && !bidden) {
      bidden = true;
      faults_end_ = std::min(faults_end_, now_);
      over = now_ + kGoodbyeMs;
    }
    if (queue_.top().at > over) break;
    now_ = queue_.top().at;
    const std::function<void()> what = queue_.top().what;
    queue_.pop();
    what();
    if (queue_.size() > kMaxPlanned) violate("more and more is to be done");
  }
  count(tracker_->judge());
  if (quiet_until_ || !violations_.empty()) return;
  if (bidden) return check_left_behind();
  std::string stuck = std::to_string(running_) + " jobs do not end, " + std::to_string(to_come_) + " are not taken";
  for (const auto& [id, job] : jobs_)
    if (!job->ended) stuck += "; job " + std::to_string(id) + " " + tracker_->describe(id);
  violate(std::move(stuck));
}

void World::check_left_behind() {
  if (!tracker_->is_empty()) violate("the tracker keeps something of jobs that have ended");
  for (const HostId host : hosts()) {
    if (node(host).leaving()) violate("a node that drains cannot leave, though no job is there");
    if (!node(host).is_clean()) violate("node " + std::to_string(host) + " keeps something of jobs that have ended");
  }
}

void World::submit(std::size_t index) {
  if (acknowledged_[index] != 0) return;
  if (tracker_up_) tracker_->submit(index);
  after(kAskAgainMs, [this, index] { submit(index); });
}

StoredJob& World::store(std::size_t submission) {
  const auto id = static_cast<JobId>(jobs_.size() + 1);
  ++running_;
  return *jobs_.emplace(id, std::make_unique<StoredJob>(id, submissions_[submission], random_, violations_)).first->second;
}

void World::on_acknowledged(std::size_t submission, JobId id) {
  acknowledged_[submission] = id;
  job(id).acknowledged = true;
  --to_come_;
  if (const auto wait = submissions_[submission].cancelled_after_ms) after(*wait, [this, id] { cancel(id); });
}

void World::cancel(JobId id) {
  if (job(id).ended) return;
  job(id).cancel_asked = true;
  if (tracker_up_) tracker_->cancel(id);
  after(kAskAgainMs, [this, id] { cancel(id); });
}

void World::on_ended(JobId id, JobState state) {
  StoredJob& one = job(id);
  if (one.ended) return violate("job " + std::to_string(id) + " ends twice");
  one.ended = state;
  one.journal.clear();
  --running_;
}

void World::count(const SharesJudge& judge) {
  counts_.shared += judge.shared();
  counts_.in_turn += judge.in_turn();
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
  for (const auto& [host, node] : nodes_)
    if (!node->gone()) all.push_back(host);
  return all;
}

/// Another one comes in its place, under another number: a node that is started again is a new one.
void World::node_left(HostId host) {
  ++counts_.left;
  break_session(host);
  after(static_cast<SteadyMs>(random_.below(15'000)), [this] {
    const HostId added = add_node();
    node(added).boot();
    connect_later(added);
  });
}

void World::fault_round() {
  if (!faulty()) {
    for (const auto& [host, node] : nodes_) node->set_slow(false);
    return;
  }
  for (const HostId host : hosts()) {
    SimulatedNode& one = node(host);
    if (happens(odds_.session)) break_session(host);
    if (happens(odds_.partition)) {
      links_.at(host).cut_until = now_ + static_cast<SteadyMs>(random_.below(20'000));
      break_session(host);
    }
    if (happens(odds_.node_crash)) crash_node(host);
    if (happens(odds_.slow)) one.set_slow(random_.below(2) == 0);
    if (one.up() && !one.leaving() && happens(odds_.drain)) one.drain();
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
  if (!nodes_.at(host)->gone()) connect_later(host);
}

void World::connect_later(HostId host) {
  if (links_.at(host).connecting) return;
  links_.at(host).connecting = true;
  after(static_cast<SteadyMs>(100 + random_.below(random_.below(4) == 0 ? 10'000 : 1'000)), [this, host] {
    links_.at(host).connecting = false;
    if (!nodes_.at(host)->gone()) connect(host);
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
  count(tracker_->judge());
  if (power_.chance(power_cuts_)) cut_power();
  for (const HostId host : hosts()) break_session(host);
  after(static_cast<SteadyMs>(random_.below(8'000)), [this] { start_tracker(); });
}

/// Journals were synced; the rest may have been.
void World::cut_power() {
  for (const auto& [id, job] : jobs_) {
    for (auto& [task, parts] : job->output) {
      if (!power_.chance(0.3)) continue;
      parts.clear();
      if (power_.below(2) == 0) parts.push_back(0);
    }
    for (auto& [task, whole] : job->rejects) whole = whole && !power_.chance(0.2);
  }
}

void World::start_tracker() {
  ++lives_;
  tracker_up_ = true;
  tracker_ = std::make_unique<SimulatedTracker>(*this, lives_);
  tracker_->begin();
  for (const HostId host : hosts()) break_session(host);
}

}  // namespace sinter::simulation

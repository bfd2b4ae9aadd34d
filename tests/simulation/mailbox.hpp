// Mailbox: from one thread of a simulated process to another: done in order, mostly at once, now and then when the other has its turn.
// Owned by the thread that reads it. One thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "tests/simulation/simulated_world.hpp"

namespace sinter::simulation {

class Mailbox {
 public:
  /// Of a thread of the tracker in this life; what is left of it then is nobody's.
  Mailbox(World& world, std::uint32_t life) : state_(std::make_shared<State>(world, life)) {}

  void put(std::function<void()> what) {
    State& state = *state_;
    state.waiting.push_back(std::move(what));
    state.world.note_length("mailbox", state.waiting.size());
    if (state.busy) return;
    if (!state.world.happens(state.world.odds().stall)) return read(state_);
    state.busy = true;
    state.world.after(static_cast<SteadyMs>(state.world.random().below(50)), [left = std::weak_ptr(state_)] {
      const std::shared_ptr<State> still = left.lock();
      if (still) read(still);
    });
  }
  /// Nothing more is read.
  void close() { state_->closed = true; }

 private:
  struct State {
    State(World& of, std::uint32_t when) : world(of), life(when) {}
    World& world;
    std::uint32_t life;
    std::deque<std::function<void()>> waiting;
    bool busy = false;
    bool closed = false;
  };
  static void read(std::shared_ptr<State> state) {  // by value: what is done may end its owner
    state->busy = true;
    while (!state->waiting.empty() && !state->closed && state->world.tracker_lives(state->life)) {
      const std::function<void()> next = std::move(state->waiting.front());
      state->waiting.pop_front();
      next();
    }
    state->busy = false;
  }

  std::shared_ptr<State> state_;
};

}  // namespace sinter::simulation

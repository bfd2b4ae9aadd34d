// Relay: passes connections of loopback on to another port of it, keeps what their clients say, and withholds answers when it is told to. A
// thread of its own carries the bytes; the methods are for one other thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"

namespace sinter::testing {

using Socket = std::unique_ptr<Descriptor>;

/// To a port of loopback; below zero when nobody listens there.
Socket connect_to(int port);
/// All of it, unless the other end hangs up.
void say(const Descriptor& socket, std::string_view bytes);

class Relay {
 public:
  explicit Relay(int to);
  ~Relay() { end(); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const { return port_; }
  /// On a connection whose client has said more than so many bytes, it hears nothing any more.
  void withhold_answers_after(std::size_t bytes) { answered_bytes_ = bytes; }
  /// Such connections end, and none is withheld any more.
  void answer_again() { answered_bytes_ = SIZE_MAX; }
  /// What clients said, of each connection. Nothing is passed on any more.
  std::vector<std::string> recorded();

 private:
  struct Line {
    Socket client;
    Socket there;
    std::string said;
    bool withheld = false;
  };

  void end();
  void pass_on();
  void read_from(Line& line, bool client);
  static void hang_up(Line& line);

  const int to_;
  Descriptor listener_;
  int port_ = 0;
  std::vector<Line> lines_;  // the thread's, until it has ended
  std::atomic<std::size_t> answered_bytes_{SIZE_MAX};
  std::atomic<bool> ended_{false};
  std::thread thread_;  // last: it uses everything above
};

}  // namespace sinter::testing

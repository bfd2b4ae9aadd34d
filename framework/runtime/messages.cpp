// Control messages: decoding with the checks that types alone do not make.
#include "framework/runtime/messages.hpp"

#include <algorithm>

#include "framework/runtime/range_desk.hpp"

namespace sinter {
namespace {

std::string cut(const std::string& text) { return text.size() <= kMaxErrorTextBytes ? text : text.substr(0, kMaxErrorTextBytes) + " ..."; }

bool valid(const AttemptId& attempt) { return attempt.number > 0; }

Status check(const Hello& hello) {
  if (hello.protocol_version == kControlProtocolVersion) return {};
  return environment_error("worker speaks control protocol " + std::to_string(hello.protocol_version) + ", this is " +
                               std::to_string(kControlProtocolVersion) + ": client and worker are of different sinter versions",
                           false);
}
Status check(const Setup& setup) {
  if (setup.beat_interval_ms < 1) return internal_error("a beat interval is at least 1 ms");
  return {};
}
Status check(const RunAttempt& run) {
  if (!valid(run.attempt)) return internal_error("RunAttempt names no attempt");
  if (run.stage.work > StageWork::Reduce) return internal_error("RunAttempt names no work");
  return {};
}
Status check(const Beat& beat) {
  if (beat.attempt && !valid(*beat.attempt)) return internal_error("Beat names no attempt");
  if (beat.group.size() > kMaxPositionBytes) return internal_error("Beat names a group with more than kMaxPositionBytes");
  return {};
}
Status check(const AttemptDone& done) {
  if (!valid(done.attempt)) return internal_error("AttemptDone names no attempt");
  if (done.counters.size() > kMaxCounters)
    return user_error("the job keeps " + std::to_string(done.counters.size()) + " counters, more than kMaxCounters (" +
                      std::to_string(kMaxCounters) + ")");
  for (const auto& [name, value] : done.counters)
    if (name.size() > kMaxCounterNameBytes)
      return user_error("a counter's name has " + std::to_string(name.size()) + " bytes, more than kMaxCounterNameBytes (" +
                        std::to_string(kMaxCounterNameBytes) + ")");
  return {};
}
Status check(const AttemptFailed& failed) {
  if (!valid(failed.attempt)) return internal_error("AttemptFailed names no attempt");
  if (failed.error.fault > Fault::Internal) return internal_error("AttemptFailed holds an unknown fault");
  return {};
}
Status check(const CutRange& cut) {
  if (!valid(cut.attempt) || cut.border.empty()) return internal_error("CutRange names no attempt or no key");
  return {};
}
Status check(const Stop&) { return {}; }

}  // namespace

WireError WireError::of(const Error& error) {
  WireError wire{error.fault(), error.retriable(), cut(error.message()), cut(error.hint()), {}};
  for (const std::string& line : error.context()) {
    if (wire.context.size() == kMaxErrorContextLines) break;
    wire.context.push_back(cut(line));
  }
  return wire;
}

Error WireError::error() const {
  Error made(fault, message, retriable);
  if (!hint.empty()) made = std::move(made).with_hint(hint);
  for (auto line = context.rbegin(); line != context.rend(); ++line) made = std::move(made).with_context(*line);
  return made;
}

template <class T>
Result<T> from_message(const net::Message& message) {
  if (message.kind != static_cast<std::uint16_t>(T::kKind))
    return internal_error("message of kind " + std::to_string(message.kind) + " where kind " +
                          std::to_string(static_cast<unsigned>(T::kKind)) + " belongs");
  SINTER_ASSIGN(T value, decode<T>(message.body, "control message of kind " + std::to_string(message.kind)));
  SINTER_TRY(check(value));
  return value;
}

template Result<Hello> from_message(const net::Message&);
template Result<Setup> from_message(const net::Message&);
template Result<RunAttempt> from_message(const net::Message&);
template Result<Beat> from_message(const net::Message&);
template Result<AttemptDone> from_message(const net::Message&);
template Result<AttemptFailed> from_message(const net::Message&);
template Result<CutRange> from_message(const net::Message&);
template Result<Stop> from_message(const net::Message&);

}  // namespace sinter

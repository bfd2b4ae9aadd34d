// The delivery protocol: cumulative acknowledgements, a probe of the oldest message after a timeout, and recovery at the pace of
// the answers, so that a slow receiver is not flooded with copies. One thread.
#include "base/net/reliable_channel.hpp"

#include <algorithm>

#include "base/checksum.hpp"

namespace sinter::net {
namespace {

/// The full id whose low half is `wire`, nearest to `near`.
std::int64_t distance(std::uint32_t wire, std::uint64_t near) {
  return static_cast<std::int32_t>(wire - static_cast<std::uint32_t>(near));
}

}  // namespace

Status ReliableChannel::send(Message message) {
  const std::uint64_t size = message.body.size();
  if (size > options_.max_message_bytes)
    return environment_error("a message of " + std::to_string(size) + " bytes is above max_message_bytes = " +
                                 std::to_string(options_.max_message_bytes),
                             /*retriable=*/false);
  if (!has_room(message.body.size()))
    return environment_error("the peer is behind: " + std::to_string(queue_.size()) + " messages of " + std::to_string(queued_bytes_) +
                             " bytes wait for its acknowledgement (max_queued_messages = " +
                             std::to_string(options_.max_queued_messages) +
                             ", max_queued_bytes = " + std::to_string(options_.max_queued_bytes) + ")");
  queued_bytes_ += size;
  const std::uint64_t body_checksum = checksum64(message.body);
  queue_.push_back({std::move(message), body_checksum, false});
  ++counters_.messages_sent;
  return {};
}

bool ReliableChannel::has_room(std::size_t size) const {
  if (queue_.empty()) return true;
  return queue_.size() < options_.max_queued_messages && queued_bytes_ + size <= options_.max_queued_bytes;
}

bool ReliableChannel::on_frame(const FrameHeader& header, std::string body, SteadyMs now_ms, std::vector<Message>& delivered) {
  if (!take_ack(header.ack, now_ms)) return false;
  return header.type != FrameType::Data || take_data(header, std::move(body), delivered);
}

bool ReliableChannel::take_ack(std::uint32_t wire_ack, SteadyMs now_ms) {
  const std::uint64_t before = first_id_ - 1;
  const std::int64_t progress = distance(wire_ack, before);
  if (progress <= 0) return true;  // an older frame that was overtaken
  const auto count = static_cast<std::uint64_t>(progress);
  if (before + count > highest_sent_) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t size = queue_.front().message.body.size();
    queued_bytes_ -= size;
    if (in_flight_ > 0) {
      --in_flight_;
      in_flight_bytes_ -= size;
    }
    queue_.pop_front();
  }
  first_id_ += count;
  backoff_ms_ = 0;
  probe_now_ = in_flight_ > 0 && first_id_ <= recover_until_;
  resend_at_ms_ = in_flight_ > 0 ? now_ms + options_.resend_ms : INT64_MAX;
  return true;
}

bool ReliableChannel::take_data(const FrameHeader& header, std::string body, std::vector<Message>& delivered) {
  const std::int64_t ahead = distance(header.id, expected_);
  ack_due_ = true;
  if (ahead < 0) {
    ++counters_.duplicates;
    return true;
  }
  if (static_cast<std::uint64_t>(ahead) >= kReceiveWindow) return false;
  const std::uint64_t id = expected_ + static_cast<std::uint64_t>(ahead);
  if (ahead > 0) {
    // Without room it is as if it were lost: it comes again.
    if (early_bytes_ + body.size() > std::max(options_.max_queued_bytes, options_.max_message_bytes)) return true;
    const std::size_t size = body.size();
    const bool is_new = early_.try_emplace(id, Message{header.kind, std::move(body)}).second;
    if (is_new) early_bytes_ += size;
    else ++counters_.duplicates;
    return true;
  }
  delivered.push_back({header.kind, std::move(body)});
  ++expected_;
  ++unacknowledged_;
  while (!early_.empty() && early_.begin()->first == expected_) {
    early_bytes_ -= early_.begin()->second.body.size();
    delivered.push_back(std::move(early_.begin()->second));
    early_.erase(early_.begin());
    ++expected_;
    ++unacknowledged_;
  }
  return true;
}

SendOutcome ReliableChannel::transmit(FrameType type, std::size_t index, SteadyMs now_ms, FrameSink& sink) {
  FrameHeader header;
  header.type = type;
  header.ack = static_cast<std::uint32_t>(expected_ - 1);
  SendOutcome outcome;
  if (type == FrameType::Data) {
    const Outgoing& outgoing = queue_[index];
    header.kind = outgoing.message.kind;
    header.id = static_cast<std::uint32_t>(first_id_ + index);
    outcome = sink.transmit(header, outgoing.message.body, outgoing.body_checksum);
  } else {
    outcome = sink.transmit(header, {}, checksum64({}));
  }
  if (outcome == SendOutcome::Sent) {
    ack_due_ = false;
    unacknowledged_ = 0;
    last_sent_ms_ = now_ms;
    full_pause_ms_ = kFullRetryMs;
  } else if (outcome == SendOutcome::Full) {
    retry_at_ms_ = now_ms + full_pause_ms_;
    full_pause_ms_ = std::min(full_pause_ms_ * 2, kMaxFullRetryMs);
  } else {
    // A route that is gone comes back with the peer's next frame; until then there is no hurry.
    retry_at_ms_ = now_ms + options_.resend_ms;
  }
  return outcome;
}

void ReliableChannel::pump_resend(SteadyMs now_ms, FrameSink& sink) {
  const bool timed_out = now_ms >= resend_at_ms_;
  if (in_flight_ == 0 || (!timed_out && !probe_now_)) return;
  if (timed_out) {
    recover_until_ = highest_sent_;
    backoff_ms_ = std::min(std::max(options_.resend_ms, backoff_ms_ * 2), options_.max_resend_ms);
  }
  probe_now_ = false;
  resend_at_ms_ = now_ms + std::max(backoff_ms_, options_.resend_ms);
  if (transmit(FrameType::Data, 0, now_ms, sink) == SendOutcome::Sent) ++counters_.frames_resent;
}

void ReliableChannel::pump_new(SteadyMs now_ms, FrameSink& sink) {
  if (now_ms < retry_at_ms_ && retry_at_ms_ != INT64_MAX) return;
  retry_at_ms_ = INT64_MAX;
  while (in_flight_ < queue_.size() && in_flight_ < kSendWindowMessages) {
    Outgoing& outgoing = queue_[in_flight_];
    const std::uint64_t size = outgoing.message.body.size();
    if (in_flight_ > 0 && in_flight_bytes_ + size > kSendWindowBytes) return;
    if (transmit(FrameType::Data, in_flight_, now_ms, sink) != SendOutcome::Sent) return;
    if (outgoing.was_sent) ++counters_.frames_resent;
    outgoing.was_sent = true;
    ++in_flight_;
    in_flight_bytes_ += size;
    highest_sent_ = std::max(highest_sent_, first_id_ + in_flight_ - 1);
    if (in_flight_ == 1) resend_at_ms_ = now_ms + options_.resend_ms;
  }
}

void ReliableChannel::pump(SteadyMs now_ms, bool idle, FrameSink& sink) {
  pump_resend(now_ms, sink);
  pump_new(now_ms, sink);
  const bool urgent = unacknowledged_ >= kMessagesPerAck;
  const bool heartbeat = now_ms - last_sent_ms_ >= options_.heartbeat_ms;
  // A frame that carries the acknowledgement may just have gone out; a full socket gets nothing more now.
  if (((ack_due_ && (idle || urgent)) || heartbeat) && retry_at_ms_ == INT64_MAX) transmit(FrameType::Ack, 0, now_ms, sink);
}

SteadyMs ReliableChannel::next_deadline_ms() const {
  // After a failed transmission the retry is what matters: the heartbeat is overdue as well and must not spin.
  if (retry_at_ms_ != INT64_MAX) return retry_at_ms_;
  return std::min(resend_at_ms_, last_sent_ms_ + options_.heartbeat_ms);
}

void ReliableChannel::on_new_route(SteadyMs now_ms) {
  in_flight_ = 0;
  in_flight_bytes_ = 0;
  resend_at_ms_ = INT64_MAX;
  retry_at_ms_ = INT64_MAX;
  backoff_ms_ = 0;
  probe_now_ = false;
  recover_until_ = 0;
  last_sent_ms_ = now_ms;
}

std::vector<Message> ReliableChannel::take_unconfirmed() {
  std::vector<Message> messages;
  messages.reserve(queue_.size());
  for (Outgoing& outgoing : queue_) messages.push_back(std::move(outgoing.message));
  queue_.clear();
  in_flight_ = 0;
  in_flight_bytes_ = 0;
  queued_bytes_ = 0;
  resend_at_ms_ = INT64_MAX;
  return messages;
}

}  // namespace sinter::net

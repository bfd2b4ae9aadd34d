// One line for each member, token and use of a token. Any thread.
#include "framework/access/access_list.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace sinter {
namespace {

constexpr std::string_view kFirstLine = "sinter-access 1";
constexpr std::string_view kNoNote = "-";
constexpr std::size_t kMaxWords = 7;

/// Words between single spaces; more than kMaxWords are not looked at.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() <= kMaxWords) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    if (end == line.size()) break;
    line.remove_prefix(end + 1);
  }
  return words;
}

Result<Grant> grant_in(std::string_view word) {
  if (const auto grant = parse_grant(word)) return *grant;
  return user_error("a role is node, submit, submit+native or read");
}

/// Only as it is written, so that a list has one spelling.
Result<Timestamp> time_in(std::string_view word) {
  const auto time = parse_iso8601(word);
  if (time && format_timestamp(*time) == word) return *time;
  return user_error("a time looks like 2026-11-21T18:35:00Z");
}

Status take_member(const std::vector<std::string_view>& words, JoinDesk& desk) {
  SINTER_ASSIGN(const net::PublicKey key, net::parse_public_key(words[1]));
  SINTER_ASSIGN(const Grant grant, grant_in(words[2]));
  SINTER_ASSIGN(const Timestamp added, time_in(words[3]));
  return desk.restore_member(key, {grant, std::string(words[4]), added});
}

Result<TokenRecord> token_in(const std::vector<std::string_view>& words) {
  TokenRecord token;
  SINTER_ASSIGN(token.grant, grant_in(words[2]));
  SINTER_ASSIGN(token.made, time_in(words[3]));
  SINTER_ASSIGN(token.expires, time_in(words[4]));
  const auto [end, problem] = std::from_chars(words[5].data(), words[5].data() + words[5].size(), token.uses_left);
  if (problem != std::errc() || end != words[5].data() + words[5].size()) return user_error("the uses that are left are a number");
  if (words[6] != kNoNote) token.note = words[6];
  return token;
}

/// A token and the lines that follow it.
class TokenLines {
 public:
  Status begin(const std::vector<std::string_view>& words, JoinDesk& desk) {
    SINTER_TRY(finish(desk));
    SINTER_ASSIGN(key_, net::parse_public_key(words[1]));
    SINTER_ASSIGN(token_, token_in(words));
    return {};
  }
  Status add_joined(const std::vector<std::string_view>& words) {
    if (!token_) return user_error("'joined' follows a token");
    if (token_->joined.size() >= kMaxTokenUses) return user_error("more than " + std::to_string(kMaxTokenUses) + " uses (kMaxTokenUses)");
    SINTER_ASSIGN(const net::PublicKey key, net::parse_public_key(words[1]));
    token_->joined.push_back(key);
    return {};
  }
  Status finish(JoinDesk& desk) {
    if (!token_) return {};
    TokenRecord complete = std::move(*token_);
    token_.reset();
    return desk.restore_token(key_, std::move(complete));
  }

 private:
  net::PublicKey key_;
  std::optional<TokenRecord> token_;
};

Status take_line(std::string_view line, TokenLines& token, JoinDesk& desk) {
  const std::vector<std::string_view> words = words_of(line);
  if (words[0] == "joined" && words.size() == 2) return token.add_joined(words);
  if (words[0] == "token" && words.size() == kMaxWords) return token.begin(words, desk);
  if (words[0] != "member" || words.size() != 5) return user_error("a line is 'member', 'token' or 'joined' and its words");
  SINTER_TRY(token.finish(desk));
  return take_member(words, desk);
}

}  // namespace

std::string access_list_text(const JoinDesk& desk) {
  std::string text(kFirstLine);
  const auto add = [&](std::string_view word) { text.append(" ").append(word); };
  for (const auto& [key, member] : desk.members()) {
    text.append("\nmember");
    add(net::public_key_text(key));
    add(to_string(member.grant));
    add(format_timestamp(member.added));
    add(member.name);
  }
  for (const auto& [key, token] : desk.tokens()) {
    text.append("\ntoken");
    add(net::public_key_text(key));
    add(to_string(token.grant));
    add(format_timestamp(token.made));
    add(format_timestamp(token.expires));
    add(std::to_string(token.uses_left));
    add(token.note.empty() ? kNoNote : std::string_view(token.note));
    for (const net::PublicKey& joined : token.joined) text.append("\njoined ").append(net::public_key_text(joined));
  }
  text.push_back('\n');
  return text;
}

Result<JoinDesk> parse_access_list(std::string_view text) {
  JoinDesk desk;
  TokenLines token;
  std::size_t number = 0;
  const auto at_line = [&](Status status) {
    return std::move(status).with_context("in line " + std::to_string(number) + " of the access list");
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return at_line(user_error("the line has no end: the list was cut off")).error();
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1 && line != kFirstLine)
      SINTER_TRY(at_line(
          user_error("the first line is not '" + std::string(kFirstLine) + "': another version wrote it, or it is no access list")));
    if (number > 1) SINTER_TRY(at_line(take_line(line, token, desk)));
  }
  if (number == 0) return user_error("the access list is empty, not even its first line is there");
  SINTER_TRY(at_line(token.finish(desk)));
  return desk;
}

}  // namespace sinter

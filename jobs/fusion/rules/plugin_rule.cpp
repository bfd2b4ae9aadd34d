// Adapter between a plugin's functions and Rule: see plugin_rule.hpp. Any thread.
#include "jobs/fusion/rules/plugin_rule.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <span>

#include "jobs/fusion/rules/algebraic_rule.hpp"
#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/value_order.hpp"

namespace sinter::fusion {
namespace {

static_assert(SINTER_NULL == static_cast<int>(ValueType::Null) && SINTER_BOOL == static_cast<int>(ValueType::Bool) &&
              SINTER_INT64 == static_cast<int>(ValueType::Int64) && SINTER_DOUBLE == static_cast<int>(ValueType::Double) &&
              SINTER_TIMESTAMP == static_cast<int>(ValueType::Timestamp) && SINTER_STRING == static_cast<int>(ValueType::String) &&
              SINTER_LIST == static_cast<int>(ValueType::List));

/// Room for a plugin's sentence about an error.
constexpr std::size_t kMessageBytes = 1024;
using Message = std::array<char, kMessageBytes>;

/// What the plugin wrote, even when it forgot to end it.
std::string sentence(const Message& message) {
  const std::string_view whole(message.data(), message.size());
  const std::string_view text = whole.substr(0, whole.find('\0'));
  return text.empty() ? "the plugin does not say why" : std::string(text);
}

/// Calls the plugin's code. C++ plugins may throw, though they should not: it counts as an error.
template <class Call>
int call_plugin(Message& message, Call call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    std::snprintf(message.data(), message.size(), "the plugin threw an exception: %s", thrown.what());
  } catch (...) {
    std::snprintf(message.data(), message.size(), "the plugin threw something that is no std::exception");
  }
  return 1;
}

/// `items` holds those of a list.
sinter_value to_plugin(const Value& value, std::vector<sinter_value>& items) {
  sinter_value out{};
  out.type = static_cast<std::uint32_t>(value.type());
  switch (value.type()) {
    case ValueType::Null: break;
    case ValueType::Bool: out.as.integer = value.boolean() ? 1 : 0; break;
    case ValueType::Int64: out.as.integer = value.int64(); break;
    case ValueType::Double: out.as.number = value.number(); break;
    case ValueType::Timestamp: out.as.integer = value.timestamp().micros; break;
    case ValueType::String:
      out.as.text = value.string().data();
      out.size = value.string().size();
      break;
    case ValueType::List:
      items.clear();
      for (std::size_t i = 0; i < value.list_size(); ++i) items.push_back(to_plugin(value.item(i), items));
      out.as.items = items.data();
      out.size = items.size();
      break;
  }
  return out;
}

/// Nothing when it is no scalar that can be shown.
std::optional<Value> scalar_of(const sinter_value& value) {
  switch (value.type) {
    case SINTER_BOOL: return Value::of_bool(value.as.integer != 0);
    case SINTER_INT64: return Value::of_int64(value.as.integer);
    case SINTER_DOUBLE: return Value::of_double(value.as.number);
    case SINTER_TIMESTAMP: return Value::of_timestamp({value.as.integer});
    case SINTER_STRING:
      if ((value.as.text == nullptr && value.size > 0) || value.size > kMaxCellTextBytes) return std::nullopt;
      return Value::of_string({value.as.text, static_cast<std::size_t>(value.size)});
    default: return std::nullopt;
  }
}

/// The cell as the plugin's function sees it. C code lies between its calls, so nothing is thrown: the first error is kept.
class HostCell : public sinter_cell {
 public:
  HostCell(ClaimCursor& claims, Arena& arena, std::uint64_t count, Message& text)
      : sinter_cell{count, next_of, rewind_of, allocate_of, text.data(), text.size()}, claims_(claims), arena_(arena) {}

  Status status() const { return status_; }

 private:
  static HostCell& self(sinter_cell* cell) { return *static_cast<HostCell*>(cell); }
  static const sinter_claim* next_of(sinter_cell* cell) noexcept {
    try {
      return self(cell).next_claim();
    } catch (const std::bad_alloc&) {
      self(cell).status_ = environment_error("no memory is left for a claim", false);
      return nullptr;
    }
  }
  static void rewind_of(sinter_cell* cell) noexcept {
    HostCell& host = self(cell);
    if (host.status_.ok()) host.status_ = host.claims_.rewind();
  }
  static void* allocate_of(sinter_cell* cell, std::size_t size_bytes) noexcept {
    try {
      return self(cell).arena_.allocate(size_bytes, alignof(std::max_align_t));
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  const sinter_claim* next_claim() {
    if (!status_.ok()) return nullptr;
    Claim claim;
    const Result<bool> more = claims_.next(claim);
    if (!more.ok()) status_ = more.error();
    if (!more.ok() || !*more) return nullptr;
    claim_ = {};
    claim_.value = to_plugin(claim.value, items_);
    claim_.source = claim.source.data();
    claim_.source_size = claim.source.size();
    claim_.time_us = claim.time ? claim.time->micros : 0;
    claim_.has_time = claim.time ? 1 : 0;
    claim_.weight = claim.weight;
    claim_.sigma = claim.sigma;
    return &claim_;
  }

  ClaimCursor& claims_;
  Arena& arena_;
  Status status_;
  sinter_claim claim_{};
  std::vector<sinter_value> items_;
};

class PluginRule final : public ClaimSetRule {
 public:
  using State = std::unique_ptr<void, void (*)(void*)>;
  PluginRule(std::string_view name, const sinter_rule& rule, std::shared_ptr<const void> keep_alive, const RuleSetting& setting,
             const Modifiers& modifiers, State state)
      : keep_alive_(std::move(keep_alive)),
        rule_(rule),
        who_("rule '" + std::string(name) + "' of attribute '" + setting.attribute.name + "'"),
        attribute_(setting.attribute.type),
        modifiers_(modifiers),
        state_(std::move(state)) {}

  ClaimNeeds needs() const override {
    return {.source = reads(SINTER_READS_SOURCE), .time = reads(SINTER_READS_TIME),
            .weight = reads(SINTER_READS_WEIGHT) && modifiers_.use_weight, .sigma = reads(SINTER_READS_SIGMA)};
  }
  ValueType result_type() const override {
    return rule_.answer_type == SINTER_NULL ? attribute_ : static_cast<ValueType>(rule_.answer_type);
  }
  using ClaimSetRule::finish;
  Result<FusedCell> finish(ClaimCursor& claims, CellWorkspace& workspace, Arena& arena) const override {
    FusedCell cell = no_answer(0);
    cell.confidence_is_standard_error = rule_.confidence == SINTER_CONFIDENCE_STANDARD_ERROR;
    SINTER_TRY(count(claims, cell));
    if (cell.claims == 0 || !modifiers_.min_support.met_by(cell.claims, 1)) return cell;
    SINTER_TRY(claims.rewind());
    Message message{};
    HostCell host(claims, arena, cell.claims, message);
    sinter_answer answer{};
    answer.confidence = kUndefined;
    const int code = call_plugin(message, [&] { return rule_.fuse(state_.get(), &host, &answer); });
    SINTER_TRY(host.status());
    if (code != 0) return user_error(who_ + ": " + sentence(message));
    if (answer.value.type == SINTER_NULL) return cell;
    if (answer.value.type != static_cast<std::uint32_t>(result_type())) return wrong_type(answer.value.type);
    SINTER_TRY(take(answer.value, cell, workspace, arena));
    if (cell.has_answer()) cell.confidence = answer.confidence;
    return cell;
  }

 private:
  bool reads(std::uint32_t part) const { return (rule_.reads & part) != 0; }

  static Status count(ClaimCursor& claims, FusedCell& cell) {
    SINTER_TRY(claims.rewind());
    HeldValue last;
    Claim claim;
    while (true) {
      SINTER_ASSIGN(const bool more, claims.next(claim));
      if (!more) return {};
      if (cell.claims++ > 0 && same_value(last.value(), claim.value)) continue;
      ++cell.distinct_values;
      last.hold(claim.value);
    }
  }

  Error wrong_type(std::uint32_t type) const {
    const std::string found = type <= SINTER_LIST ? std::string(to_string(static_cast<ValueType>(type))) : "type " + std::to_string(type);
    return user_error(who_ + " answers with a " + found + ", its plugin promises a " + std::string(to_string(result_type())));
  }

  /// The answer's type is right.
  Status take(const sinter_value& value, FusedCell& cell, CellWorkspace& workspace, Arena& arena) const {
    AnswerBuilder& answer = workspace.answer();
    if (value.type == SINTER_STRING) {
      if (value.as.text == nullptr && value.size > 0) return user_error(who_ + " answers with a text that is a null pointer");
      answer.begin(AnswerKind::Text);
      SINTER_TRY(answer.add_text({value.as.text, static_cast<std::size_t>(value.size)}));
      return answer.finish(cell, arena);
    }
    if (value.type == SINTER_LIST) {
      if (value.as.items == nullptr && value.size > 0) return user_error(who_ + " answers with a list that is a null pointer");
      answer.begin(AnswerKind::List);
      for (const sinter_value& item : std::span(value.as.items, value.size)) {
        const std::optional<Value> scalar = scalar_of(item);
        if (!scalar) return user_error(who_ + " answers with a list of other things than scalars of at most kMaxCellTextBytes");
        SINTER_TRY(answer.add(*scalar));
      }
      return answer.finish(cell, arena);
    }
    // As of built-in rules: a number that is not finite is no answer.
    if (value.type != SINTER_DOUBLE || std::isfinite(value.as.number)) cell.value = *scalar_of(value);
    return {};
  }

  std::shared_ptr<const void> keep_alive_;  // before the state, which its code frees
  const sinter_rule& rule_;
  std::string who_;
  ValueType attribute_;
  Modifiers modifiers_;
  State state_;
};

OptionType option_type(std::uint32_t type) {
  switch (type) {
    case SINTER_NUMBER_OPTION: return OptionType::Number;
    case SINTER_INTEGER_OPTION: return OptionType::Integer;
    case SINTER_BOOL_OPTION: return OptionType::Bool;
    case SINTER_SHARE_OPTION: return OptionType::Fraction;
    case SINTER_DURATION_OPTION: return OptionType::Duration;
    default: return OptionType::String;
  }
}

/// `text` keeps what is written.
sinter_option read_option(const OptionMap& options, const sinter_parameter& parameter, std::string& text) {
  sinter_option option{};
  option.text = "";
  if (!options.has(parameter.name)) return option;
  option.is_given = 1;
  if (const ConfigNode* const node = options.node(parameter.name)) text = node->scalar;
  option.text = text.c_str();
  switch (parameter.type) {
    case SINTER_BOOL_OPTION: option.integer = options.boolean(parameter.name, false) ? 1 : 0; break;
    case SINTER_DURATION_OPTION: option.integer = options.duration_ms(parameter.name, 0); break;
    case SINTER_INTEGER_OPTION: option.integer = options.integer(parameter.name, 0); [[fallthrough]];
    case SINTER_NUMBER_OPTION:
    case SINTER_SHARE_OPTION: option.number = options.number(parameter.name, 0); break;
    default: break;
  }
  return option;
}

void free_nothing(void*) {}

/// Null after a problem was reported.
PluginRule::State make_state(std::string_view name, const sinter_rule& rule, const OptionMap& options, ValueType attribute) {
  PluginRule::State state(nullptr, rule.destroy == nullptr ? free_nothing : rule.destroy);
  if (rule.create == nullptr) return state;
  std::vector<std::string> texts(rule.parameter_count);
  std::vector<sinter_option> given;
  for (std::size_t i = 0; i < texts.size(); ++i) given.push_back(read_option(options, rule.parameters[i], texts[i]));
  Message message{};
  void* made = nullptr;
  const int code = call_plugin(message, [&] {
    return rule.create(static_cast<std::uint32_t>(attribute), given.data(), &made, message.data(), message.size());
  });
  if (code != 0) {
    options.error("rule", "rule '" + std::string(name) + "': " + sentence(message), "the plugin refuses these options");
  } else {
    state.reset(made);
  }
  return state;
}

}  // namespace

RuleInfo plugin_rule_info(std::string_view name, const sinter_rule& rule, std::shared_ptr<const void> keep_alive) {
  RuleInfo info;
  info.name = name;
  info.help = rule.help;
  info.is_foreign = true;
  for (const ValueType type : {ValueType::Bool, ValueType::Int64, ValueType::Double, ValueType::Timestamp, ValueType::String,
                               ValueType::List}) {
    if ((rule.types & SINTER_TAKES(static_cast<std::uint32_t>(type))) != 0) info.types.push_back(type);
  }
  for (std::size_t i = 0; i < rule.parameter_count; ++i) {
    const sinter_parameter& one = rule.parameters[i];
    info.options.push_back(
        {one.name, option_type(one.type), one.required != 0, one.help, one.default_text == nullptr ? "" : one.default_text});
  }
  info.make = [name, &rule, keep_alive](const OptionMap& options, const RuleSetting& setting) -> std::unique_ptr<Rule> {
    const ModifierSet allowed{.weight = (rule.reads & SINTER_READS_WEIGHT) != 0};
    const Modifiers modifiers = read_modifiers(options, setting, name, allowed);
    return std::make_unique<PluginRule>(name, rule, keep_alive, setting, modifiers,
                                        make_state(name, rule, options, setting.attribute.type));
  };
  return info;
}

}  // namespace sinter::fusion

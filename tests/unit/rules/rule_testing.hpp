// What tests of rules share: job file nodes made by hand, claims, and fusing them the three ways there are.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "jobs/fusion/rules/cell_workspace.hpp"
#include "jobs/fusion/rules/claim_set.hpp"
#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion::testing {

inline ConfigNode scalar_node(std::string text) {
  ConfigNode node;
  node.kind = NodeKind::Scalar;
  node.scalar = std::move(text);
  return node;
}

using Options = std::vector<std::pair<std::string, std::string>>;

inline ConfigNode rule_node(const std::string& rule, const Options& options) {
  if (options.empty()) return scalar_node(rule);
  ConfigNode node;
  node.kind = NodeKind::Map;
  node.entries.push_back({"rule", {}, scalar_node(rule)});
  for (const auto& [key, value] : options) {
    ConfigNode option = scalar_node(value);
    if (value.size() > 1 && value.front() == '[') {  // "[a,b]"
      option = ConfigNode{};
      option.kind = NodeKind::List;
      std::string rest = value.substr(1, value.size() - 2) + ",";
      for (std::size_t comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
        option.items.push_back(scalar_node(rest.substr(0, comma)));
        rest.erase(0, comma + 1);
      }
    }
    node.entries.push_back({key, {}, option});
  }
  return node;
}

struct MadeRule {
  std::shared_ptr<const Rule> rule;
  Diagnostics diagnostics;
};

inline MadeRule try_rule(const std::string& name, ValueType type, const Options& options = {},
                         std::vector<std::string> sources = {"a", "b", "c"}) {
  MadeRule made;
  made.rule = make_rule(all_rules(), rule_node(name, options), {{"cell", type}, std::move(sources)}, "fuse.cell", made.diagnostics);
  return made;
}

inline std::shared_ptr<const Rule> rule_of(const std::string& name, ValueType type, const Options& options = {}) {
  MadeRule made = try_rule(name, type, options);
  for (const auto& problem : made.diagnostics.problems()) ADD_FAILURE() << name << ": " << problem.message;
  return made.rule;
}

inline Claim claim(Value value, std::string_view source = {}, double weight = 1) {
  Claim made;
  made.value = value;
  made.source = source;
  made.weight = weight;
  return made;
}
inline Claim number(double value, std::string_view source = {}, double weight = 1) { return claim(Value::of_double(value), source,
    weight); }
inline Claim text(std::string_view value, std::string_view source = {}, double weight = 1) { return claim(Value::of_string(value),
    source, weight); }
inline Claim at(Claim made, std::int64_t micros) {
  made.time = Timestamp{micros};
  return made;
}
inline Claim with_sigma(Claim made, double sigma) {
  made.sigma = sigma;
  return made;
}

/// Claims sorted as a claim set gives them.
class SortedClaims final : public ClaimCursor {
 public:
  explicit SortedClaims(std::vector<Claim> claims) : claims_(std::move(claims)) {
    const ClaimNeeds everything{true, true, true, true, true};
    std::stable_sort(claims_.begin(), claims_.end(), [&](const Claim& a, const Claim& b) {
      std::string x, y;
      append_claim(x, a, everything);
      append_claim(y, b, everything);
      return x < y;
    });
  }
  Status rewind() override {
    at_ = 0;
    return {};
  }
  Result<bool> next(Claim& claim) override {
    if (at_ == claims_.size()) return false;
    claim = claims_[at_++];
    return true;
  }

 private:
  std::vector<Claim> claims_;
  std::size_t at_ = 0;
};

/// A workspace whose spills are in memory.
struct TestWorkspace {
  std::unique_ptr<FileSystem> files = make_memory_file_system();
  MemoryBudget memory{"execution.memory", 64u << 20};
  CellWorkspace workspace{SpillSpace{files.get(), &memory, "scratch", 0}};
};

inline FusedCell fuse(const Rule& rule, const std::vector<Claim>& claims, Arena& arena) {
  SortedClaims cursor(claims);
  TestWorkspace world;
  Result<FusedCell> cell = rule.finish(cursor, world.workspace, arena);
  if (!cell.ok()) {
    ADD_FAILURE() << cell.error().to_string();
    return {};
  }
  return *cell;
}

/// The answer as text, "null" for none.
inline std::string answer(const Rule& rule, const std::vector<Claim>& claims) {
  Arena arena;
  const FusedCell cell = fuse(rule, claims, arena);
  if (cell.value.is_null()) return "null";
  std::string shown;
  append_display(shown, cell.value);
  return shown;
}

inline double confidence(const Rule& rule, const std::vector<Claim>& claims) {
  Arena arena;
  return fuse(rule, claims, arena).confidence;
}

/// Everything of a cell, for comparing cells bit by bit.
inline std::string fingerprint(const FusedCell& cell) {
  std::string bytes;
  append_value(bytes, cell.value);
  append_value(bytes, Value::of_double(cell.confidence));
  bytes += "|" + std::to_string(cell.claims) + "|" + std::to_string(cell.distinct_values) + (cell.confidence_is_standard_error ? "e" : "s");
  return bytes;
}

}  // namespace sinter::fusion::testing

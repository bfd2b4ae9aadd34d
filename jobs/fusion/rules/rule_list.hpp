// The built-in rules, one function a family: what all_rules() is made of. Pure functions; any thread.
#pragma once

#include <vector>

#include "jobs/fusion/rules/rule.hpp"

namespace sinter::fusion {

std::vector<RuleInfo> vote_rules();          // vote, weighted_vote, k_sources
std::vector<RuleInfo> prefer_rules();        // prefer
std::vector<RuleInfo> recency_rules();       // newest, oldest
std::vector<RuleInfo> extreme_rules();       // longest, shortest, min, max
std::vector<RuleInfo> total_rules();         // sum, count
std::vector<RuleInfo> mean_rules();          // mean
std::vector<RuleInfo> weighted_mean_rules(); // weighted_mean, least_squares
std::vector<RuleInfo> median_rules();        // median, weighted_median
std::vector<RuleInfo> trimmed_mean_rules();  // trimmed_mean
std::vector<RuleInfo> huber_rules();         // huber
std::vector<RuleInfo> truth_rules();         // any_true, all_true
std::vector<RuleInfo> unanimous_rules();     // unanimous
std::vector<RuleInfo> set_rules();           // union, intersection
std::vector<RuleInfo> collect_rules();       // concat, keep_all

/// What mean-like rules accept.
std::vector<ValueType> numeric_types();

}  // namespace sinter::fusion

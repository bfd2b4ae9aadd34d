// Fusion rules of one's own, in a shared object that a job file names: `plugins: [ ./mine.so ]`, `rule: plugin/NAME` (docs/rules.md).
// Plain C99, also C++; nothing of sinter is linked. Everything here is layout: a change of it is a new SINTER_RULE_PLUGIN_ABI.
#ifndef SINTER_RULE_PLUGIN_H
#define SINTER_RULE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/// @file
/// Fusion rules of one's own as a shared object with a versioned table of C functions.

#ifdef __cplusplus
extern "C" {
#endif

/// The first bytes of a table: "SINTRULE".
#define SINTER_RULE_PLUGIN_MAGIC UINT64_C(0x454c5552544e4953)
/// The version of these structs and of what the functions promise each other.
#define SINTER_RULE_PLUGIN_ABI 1
/// How a table begins: write it first, then name, version, rules, rule_count.
#define SINTER_RULE_PLUGIN_HEADER \
  SINTER_RULE_PLUGIN_MAGIC, SINTER_RULE_PLUGIN_ABI, sizeof(sinter_rule_plugin), sizeof(sinter_rule), sizeof(sinter_claim)
/// Before the definition of sinter_rule_plugin_table(): exported, with C linkage.
#ifdef __cplusplus
#define SINTER_RULE_PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define SINTER_RULE_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/// Types of values.
enum {
  SINTER_NULL = 0,       ///< no value; as an answer: the cell stays empty
  SINTER_BOOL = 1,       ///< integer: 0 or 1
  SINTER_INT64 = 2,      ///< integer
  SINTER_DOUBLE = 3,     ///< number
  SINTER_TIMESTAMP = 4,  ///< integer: microseconds since 1970-01-01T00:00:00Z
  SINTER_STRING = 5,     ///< text: `size` bytes, not terminated
  SINTER_LIST = 6        ///< items: `size` values, none of them null or a list
};

/// A bit of sinter_rule::types: `SINTER_TAKES(SINTER_INT64) | SINTER_TAKES(SINTER_DOUBLE)`.
#define SINTER_TAKES(type) (UINT32_C(1) << (type))

/// What a rule reads of a claim besides its value; the rest of a claim does not travel to it.
enum {
  SINTER_READS_SOURCE = 1,  ///< sinter_claim::source
  SINTER_READS_TIME = 2,    ///< sinter_claim::time_us
  SINTER_READS_WEIGHT = 4,  ///< sinter_claim::weight; the job may then say `weight:` of the rule
  SINTER_READS_SIGMA = 8    ///< sinter_claim::sigma
};

/// What sinter_answer::confidence means.
enum {
  SINTER_CONFIDENCE_SHARE = 0,          ///< the support of the answer, from 0 to 1
  SINTER_CONFIDENCE_STANDARD_ERROR = 1  ///< in the unit of the value, seconds for timestamps
};

/// What the job file may write for a parameter.
enum {
  SINTER_TEXT_OPTION = 0,      ///< any word
  SINTER_NUMBER_OPTION = 1,    ///< 1.5
  SINTER_INTEGER_OPTION = 2,   ///< 3
  SINTER_BOOL_OPTION = 3,      ///< true or false
  SINTER_SHARE_OPTION = 4,     ///< 10% or 0.1
  SINTER_DURATION_OPTION = 5   ///< 90s, 10m: milliseconds
};

/// One value; `type` says which member of `as` holds it.
typedef struct sinter_value {
  uint32_t type;      ///< SINTER_NULL and so on
  uint32_t reserved;  ///< 0
  uint64_t size;      ///< of text in bytes, of a list in items
  union {
    int64_t integer;                  ///< SINTER_BOOL, SINTER_INT64, SINTER_TIMESTAMP
    double number;                    ///< SINTER_DOUBLE
    const char* text;                 ///< SINTER_STRING
    const struct sinter_value* items; ///< SINTER_LIST
  } as;                               ///< the value itself
} sinter_value;

/// What one source says. Parts that the rule does not read have their defaults: no source, no time, weight 1, sigma 0.
typedef struct sinter_claim {
  sinter_value value;    ///< never null, of the attribute's type
  const char* source;    ///< its name, not terminated
  uint64_t source_size;  ///< bytes; 0: anonymous, a voter of its own
  int64_t time_us;       ///< microseconds since 1970-01-01T00:00:00Z, when has_time
  uint32_t has_time;     ///< 0: the claim has no time
  uint32_t reserved;     ///< 0
  double weight;         ///< trust of the source, or its weight column; more than 0, finite
  double sigma;          ///< stated standard error; 0: none
} sinter_claim;

/// The claims of one cell, and what a call of fuse() may use.
typedef struct sinter_cell {
  uint64_t claim_count;  ///< at least 1
  /// The next claim; NULL at the end, or when a file of the claims cannot be read: the call then fails, whatever it answers. Claims come
  /// sorted by value, then source, time and place in the input, whatever the number of workers. There may be more of them than memory holds;
  /// a claim is valid until the next call.
  const sinter_claim* (*next)(struct sinter_cell* cell);
  /// Back to the first claim, any number of times.
  void (*rewind)(struct sinter_cell* cell);
  /// Memory for the answer, aligned for any type, freed by sinter after the cell. NULL: there is none left; return an error.
  void* (*allocate)(struct sinter_cell* cell, size_t size_bytes);
  char* message;        ///< where an error writes its sentence, terminated
  size_t message_size;  ///< room there
} sinter_cell;

/// The outcome: null and without confidence when fuse() is called. Text and items must outlive the call: they come from allocate(), or from
/// the last claim.
typedef struct sinter_answer {
  sinter_value value;  ///< of the rule's answer type, or null
  double confidence;   ///< see sinter_rule::confidence; NaN: none
} sinter_answer;

/// An option that a rule understands. The job file is checked against these; others are mistakes in it.
typedef struct sinter_parameter {
  const char* name;          ///< a-z, 0-9, _
  const char* help;          ///< one phrase
  const char* default_text;  ///< for people, as it would be written; may be NULL
  uint32_t type;             ///< SINTER_NUMBER_OPTION and so on
  uint32_t required;         ///< 1: a job without it is wrong
} sinter_parameter;

/// What the job file says for the parameter of the same index.
typedef struct sinter_option {
  const char* text;   ///< as written, terminated; "" when it is not given
  double number;      ///< of numbers, integers and shares
  int64_t integer;    ///< of integers, durations (ms), and booleans (0, 1)
  uint32_t is_given;  ///< 0: not in the job file, all else is 0
  uint32_t reserved;  ///< 0
} sinter_option;

/// One rule. Functions return 0 when all is well; else they have written a sentence to `message`.
typedef struct sinter_rule {
  const char* name;                    ///< NAME of `plugin/NAME`: a-z, 0-9, _
  const char* help;                    ///< one phrase
  uint32_t types;                      ///< attribute types: SINTER_TAKES() of each; 0: any
  uint32_t reads;                      ///< SINTER_READS_SOURCE and so on
  uint32_t answer_type;                ///< type of the answers; SINTER_NULL: the attribute's
  uint32_t confidence;                 ///< SINTER_CONFIDENCE_SHARE or SINTER_CONFIDENCE_STANDARD_ERROR
  const sinter_parameter* parameters;  ///< may be NULL when there are none
  uint64_t parameter_count;            ///< of parameters
  /// Makes what fuse() needs to know, once for an attribute; `options` has parameter_count entries. An error is a mistake in the job file.
  /// May be NULL: no state.
  int (*create)(uint32_t attribute_type, const sinter_option* options, void** state, char* message, size_t message_size);
  /// Answers one cell. Called by several threads at once with one state. Must depend on nothing but state and claims: another attempt of a
  /// task must give the same answer. An error fails the run.
  int (*fuse)(const void* state, sinter_cell* cell, sinter_answer* answer);
  /// Frees a state. May be NULL.
  void (*destroy)(void* state);
} sinter_rule;

/// What a plugin is. It lives as long as the shared object.
typedef struct sinter_rule_plugin {
  uint64_t magic;           ///< SINTER_RULE_PLUGIN_MAGIC
  uint32_t abi;             ///< SINTER_RULE_PLUGIN_ABI
  uint32_t table_size;      ///< sizeof(sinter_rule_plugin)
  uint32_t rule_size;       ///< sizeof(sinter_rule)
  uint32_t claim_size;      ///< sizeof(sinter_claim)
  const char* name;         ///< of the plugin, for people
  const char* version;      ///< of the plugin, for people
  const sinter_rule* rules;  ///< at least one
  uint64_t rule_count;      ///< of rules
} sinter_rule_plugin;

/// The one function that a plugin exports, and the only one that sinter looks for. Define it behind SINTER_RULE_PLUGIN_EXPORT.
__attribute__((visibility("default"))) const sinter_rule_plugin* sinter_rule_plugin_table(void);

#ifdef __cplusplus
}
#endif

#endif

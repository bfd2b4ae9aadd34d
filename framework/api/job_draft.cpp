// A draft of a job to its definition. One thread.
#include "framework/api/job_draft.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "framework/api/job_definition.hpp"
#include "framework/api/pass_on.hpp"
#include "framework/api/row_format.hpp"
#include "framework/api/tagged_groups.hpp"
#include "framework/api/top_k.hpp"
#include "framework/io/record_format.hpp"

namespace sinter {

/// Inputs and the map that reads them; or sorted pairs, which need none.
struct JobBranch {
  std::vector<DataFile> inputs;
  MapInputs takes;
  MakeTypedMap make_map;
  std::optional<SortedInput> sorted = {};
};

struct JobStep {
  MakeTypedStep make;
  MakeCombiner make_combiner;
  bool whole_partitions = false;
};

struct JobDraft {
  JobDefinition definition;
  std::vector<JobBranch> branches;
  std::vector<DataFile> next_inputs;  // of a map that has not been named yet
  std::vector<NamedFile> side_files;
  std::vector<NamedFile> side_inputs;
  std::vector<JobStep> steps;
  std::optional<RoundsDraft> rounds;
  MakeCombiner make_rounds_combiner;
  bool tagged = false;  // who reads the maps' records tells the maps apart
  DataFile output;
  MakeTypedReduce make_reduce;
  MakeTypedMapOutput make_map_output;
};

namespace {

OutputDeclaration declare_output(const DataFile& file) {
  const char* extension = file.kind == FormatKind::Csv ? ".csv" : file.kind == FormatKind::JsonLines ? ".jsonl" : ".txt";
  return {file.path, header_line(file), file.writer != nullptr ? file.writer->extension() : extension};
}

Status check_output(const DataFile& file) {
  if (file.kind == FormatKind::Records && file.writer == nullptr)
    return user_error("the output '" + file.path + "' has a reader and no writer").with_hint("Write sinter::written(path, writer)");
  if (file.writer != nullptr) return file.writer->check().with_context("in the format of the output '" + file.path + "'");
  if (file.kind == FormatKind::Lines || !file.columns.empty()) return {};
  return user_error("the output '" + file.path + "' names no columns");
}

Result<InputDeclaration> declare_input(const DataFile& file, const JobBranch& branch) {
  if (file.kind == FormatKind::Records) {
    if (file.reader == nullptr)
      return user_error("the input '" + file.path + "' has a writer and no reader").with_hint("Read sinter::records(path, reader)");
    SINTER_TRY(file.reader->check().with_context("in the format of the input '" + file.path + "'"));
  }
  const bool one_field = file.kind == FormatKind::Lines || (file.kind == FormatKind::Records && file.columns.empty());
  if (branch.takes.lines && !one_field) {
    return user_error("the map takes lines, and the input '" + file.path + "' is a table")
        .with_hint("Read it with sinter::lines(), or write the map as void(const Row&, sinter::Emitter<K, V>&) where Row is a struct with "
                   "fields(), or with a const sinter::Record&");
  }
  if (!one_field && file.columns.empty()) return user_error("the input '" + file.path + "' names no columns to read");
  const std::size_t columns = one_field ? 1 : file.columns.size();
  if (branch.takes.row_columns != 0 && branch.takes.row_columns != columns) {
    return user_error("the map takes rows of " + std::to_string(branch.takes.row_columns) + " fields, and the input '" + file.path +
                      "' delivers " + std::to_string(columns) + (columns == 1 ? " column" : " columns"));
  }
  InputDeclaration input;
  input.name = file.path;
  input.paths = {file.path};
  input.format.kind = file.kind;
  input.format.records = file.reader;
  for (const std::string& column : file.columns) input.columns.push_back({column, true});
  return input;
}

template <class Named>
Status check_names(const std::vector<Named>& all, std::string_view what) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name.empty() || all[i].name.find('=') != std::string::npos)
      return user_error("a " + std::string(what) + " is called '" + all[i].name + "': a name has a letter at least and no '='");
    for (std::size_t j = 0; j < i; ++j)
      if (all[i].name == all[j].name) return user_error("the " + std::string(what) + " '" + all[i].name + "' is declared twice");
  }
  return {};
}

/// What the factories of the definition share.
struct Factories {
  std::vector<MakeTypedMap> maps;
  std::vector<std::size_t> map_of_input;
  bool tagged;
  SideFiles side_files;

  TypedTaskSetup of_map(std::size_t map) const { return {tagged ? tag_bytes(map) : std::string(), side_files}; }
  /// Of a step or reduce: the first behind the maps meets their tags.
  TypedTaskSetup behind(bool the_maps) const { return the_maps ? of_map(0) : TypedTaskSetup{{}, side_files}; }
};

/// Sorted pairs in the place of a map.
Status add_sorted(const JobBranch& branch, JobDefinition& definition, Factories& factories) {
  if (!branch.inputs.empty())
    return user_error("the input '" + branch.inputs.front().path + "' has no map").with_hint("Add .map(...) before .read_sorted(...)");
  SortedInput input = *branch.sorted;
  input.tag = factories.of_map(factories.maps.size()).tag;
  definition.sorted_inputs.push_back(std::move(input));
  factories.maps.emplace_back();
  return {};
}

Status add_inputs(const JobDraft& draft, JobDefinition& definition, Factories& factories) {
  for (const JobBranch& branch : draft.branches) {
    if (branch.sorted) {
      SINTER_TRY(add_sorted(branch, definition, factories));
      continue;
    }
    if (branch.inputs.empty())
      return user_error("the job reads nothing").with_hint("Add .read(sinter::lines(\"...\")) before .map(...)");
    for (const DataFile& file : branch.inputs) {
      SINTER_ASSIGN(InputDeclaration input, declare_input(file, branch));
      definition.inputs.push_back(std::move(input));
      factories.map_of_input.push_back(factories.maps.size());
    }
    factories.maps.push_back(branch.make_map);
  }
  for (const NamedFile& side : draft.side_inputs) {
    SINTER_ASSIGN(InputDeclaration input, declare_input(side.file, {}));
    input.name = side.name;
    definition.side_inputs.push_back(std::move(input));
  }
  return {};
}

Status add_outputs(const JobDraft& draft, JobDefinition& definition) {
  if (definition.sorted_output) {
    definition.output = {draft.output.path, "", std::string(kSortedPartExtension)};
  } else {
    SINTER_TRY(check_output(draft.output));
    definition.output = declare_output(draft.output);
  }
  for (const NamedFile& side : draft.side_files) {
    SINTER_TRY(check_output(side.file));
    definition.side_outputs.push_back({side.name, declare_output(side.file)});
  }
  return {};
}

RoundsDeclaration declare_rounds(const JobDraft& draft, const Factories& factories) {
  RoundsDeclaration rounds;
  rounds.make_round = [make = draft.rounds->make_round, factories,
                       first = draft.steps.empty()](TaskContext& context) -> Result<std::unique_ptr<StepTask>> {
    return make(factories.behind(first), context);
  };
  rounds.make_merge = [make = draft.rounds->make_merge, factories](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return make(factories.behind(false), context);
  };
  rounds.make_combiner = draft.make_rounds_combiner;
  rounds.first_summary = draft.rounds->first_summary;
  rounds.converged = draft.rounds->converged;
  rounds.max_rounds = draft.rounds->most;
  return rounds;
}

void add_factories(const JobDraft& draft, JobDefinition& definition, const Factories& factories) {
  if (draft.make_map_output) {
    definition.make_map_output = [make = draft.make_map_output, output = draft.output, factories](
                                     std::size_t, TaskContext& context) -> Result<std::unique_ptr<MapOutputTask>> {
      return make(output, factories.behind(false), context);
    };
    return;
  }
  if (!definition.inputs.empty())
    definition.make_map = [factories](std::size_t input, TaskContext& context) -> Result<std::unique_ptr<MapTask>> {
      const std::size_t map = factories.map_of_input[input];
      return factories.maps[map](factories.of_map(map), context);
    };
  for (std::size_t i = 0; i < draft.steps.size(); ++i) {
    StepDeclaration step;
    step.make = [make = draft.steps[i].make, factories, first = i == 0](TaskContext& context) -> Result<std::unique_ptr<StepTask>> {
      return make(factories.behind(first), context);
    };
    step.make_combiner = draft.steps[i].make_combiner;
    step.whole_partitions = draft.steps[i].whole_partitions;
    definition.steps.push_back(std::move(step));
  }
  if (draft.rounds) definition.rounds = declare_rounds(draft, factories);
  if (definition.sorted_output) return;
  definition.make_reduce = [make = draft.make_reduce, output = draft.output, factories,
                            first = draft.steps.empty()](TaskContext& context) -> Result<std::unique_ptr<ReduceTask>> {
    return make(output, factories.behind(first), context);
  };
}

}  // namespace

DraftHandle::DraftHandle(std::string name) : draft_(std::make_unique<JobDraft>()) { draft_->definition.name = std::move(name); }
DraftHandle::DraftHandle(DraftHandle&&) noexcept = default;
DraftHandle& DraftHandle::operator=(DraftHandle&&) noexcept = default;
DraftHandle::~DraftHandle() = default;

void DraftHandle::add_parameter(ParameterDeclaration parameter) { draft_->definition.parameters.push_back(std::move(parameter)); }
void DraftHandle::add_side_output(std::string name, DataFile file) { draft_->side_files.push_back({std::move(name), std::move(file)}); }
void DraftHandle::add_input(DataFile file) { draft_->next_inputs.push_back(std::move(file)); }

void DraftHandle::add_map(MapInputs takes, bool partitioned, MakeTypedMap make) {
  draft_->branches.push_back({std::exchange(draft_->next_inputs, {}), takes, std::move(make)});
  draft_->definition.whole_partitions = partitioned;
}

void DraftHandle::add_sorted_input(SortedPairs pairs, bool partitioned, PairTypes types) {
  draft_->branches.push_back(
      {std::exchange(draft_->next_inputs, {}), {}, {}, SortedInput{std::move(pairs.path), std::move(types), {}}});
  draft_->definition.whole_partitions = partitioned;
}

void DraftHandle::set_sorted_output(PairTypes types) { draft_->definition.sorted_output = std::move(types); }

void DraftHandle::add_side_input(std::string name, DataFile file) { draft_->side_inputs.push_back({std::move(name), std::move(file)}); }

void DraftHandle::set_map_output(MapInputs takes, MakeTypedMapOutput make) {
  draft_->branches.push_back({std::exchange(draft_->next_inputs, {}), takes, {}});
  draft_->make_map_output = std::move(make);
}

void DraftHandle::set_rounds(RoundsDraft rounds) { draft_->rounds = std::move(rounds); }

void DraftHandle::set_combiner(MakeCombiner make) {
  if (draft_->rounds) {
    draft_->make_rounds_combiner = std::move(make);
    return;
  }
  (draft_->steps.empty() ? draft_->definition.make_combiner : draft_->steps.back().make_combiner) = std::move(make);
}

void DraftHandle::add_step(bool tagged, bool partitioned, MakeTypedStep make) {
  if (draft_->steps.empty()) draft_->tagged = tagged;
  draft_->steps.push_back({std::move(make), {}, partitioned});
}

void DraftHandle::set_reduce(bool tagged, MakeTypedReduce make) {
  if (draft_->steps.empty()) draft_->tagged = tagged;
  draft_->make_reduce = std::move(make);
}

void DraftHandle::keep_first(std::uint64_t count) {
  set_combiner(nullptr);
  const auto is_sorted = [](const JobBranch& branch) { return branch.sorted.has_value(); };
  // Pairs that no map emits are first seen by a step.
  if (draft_->steps.empty() && std::any_of(draft_->branches.begin(), draft_->branches.end(), is_sorted))
    add_step(false, false, [](TypedTaskSetup, TaskContext&) -> std::unique_ptr<StepTask> { return std::make_unique<PassOn>(); });
  if (!draft_->steps.empty()) {
    MakeTypedStep& last = draft_->steps.back().make;
    last = [make = std::move(last), count](TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<StepTask> {
      return std::make_unique<TopStep>(make(std::move(setup), context), count, context.memory());
    };
    return;
  }
  for (JobBranch& branch : draft_->branches) {
    branch.make_map = [make = std::move(branch.make_map), count](TypedTaskSetup setup, TaskContext& context) -> std::unique_ptr<MapTask> {
      return std::make_unique<TopMap>(make(std::move(setup), context), count, context.memory());
    };
  }
}

CompleteJob::CompleteJob(DraftHandle draft, DataFile output) {
  draft.draft_->output = std::move(output);
  draft_ = std::move(draft.draft_);
}

Result<JobDefinition> CompleteJob::definition() const {
  JobDefinition definition = draft_->definition;
  if (definition.name.empty()) return user_error("the job has no name");
  SINTER_TRY(check_names(definition.parameters, "parameter"));
  SINTER_TRY(check_names(draft_->side_files, "side output"));
  SINTER_TRY(check_names(draft_->side_inputs, "side input"));
  Factories factories{{}, {}, draft_->tagged, std::make_shared<const std::vector<NamedFile>>(draft_->side_files)};
  SINTER_TRY(add_inputs(*draft_, definition, factories));
  SINTER_TRY(add_outputs(*draft_, definition));
  add_factories(*draft_, definition, factories);
  return definition;
}

}  // namespace sinter

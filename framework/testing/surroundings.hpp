// Surroundings: what a function under test finds around it: parameters, side inputs, side outputs, memory. A value; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "framework/api/data_file.hpp"
#include "framework/api/parameter.hpp"

namespace [[gnu::visibility("default")]] sinter {
namespace testing {

/// A small file that the function may read whole.
struct SideInputText {
  std::string name;
  DataFile file;
  std::string text;
};

/// What a job would declare: `Surroundings().parameter("least", 3).side_output("late")`. Nothing is there that is not named, as in a job.
class Surroundings {
 public:
  /// The value of a parameter; its type is the one that Context::parameter<T>() must ask for.
  template <class T>
  Surroundings& parameter(std::string name, const T& value) {
    check_parameter_type<T>();
    if constexpr (ParameterType<T>) parameters_.push_back(declare_parameter<T>(std::move(name), value, ""));
    return *this;
  }
  /// The text of a side input, in the format of `file`; its path does not matter.
  Surroundings& side_input(std::string name, DataFile file, std::string text);
  /// A side output of any number of columns; its rows are in TaskOutcome::side_rows.
  Surroundings& side_output(std::string name);
  /// What the task may use; 64 MiB when not said. At least 8 MiB.
  Surroundings& memory(std::uint64_t bytes);

  const std::vector<ParameterDeclaration>& parameters() const { return parameters_; }
  const std::vector<SideInputText>& side_inputs() const { return side_inputs_; }
  const std::vector<std::string>& side_outputs() const { return side_outputs_; }
  std::uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  std::vector<ParameterDeclaration> parameters_;
  std::vector<SideInputText> side_inputs_;
  std::vector<std::string> side_outputs_;
  std::uint64_t memory_bytes_ = 64u << 20;
};

}  // namespace testing
}  // namespace sinter

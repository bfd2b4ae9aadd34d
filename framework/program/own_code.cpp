// The libraries of this process, as its loader lists them. Any thread.
#include "framework/program/own_code.hpp"

#include <link.h>

#include <algorithm>
#include <map>

#include "framework/cluster/planned_job.hpp"

namespace sinter {
namespace {

/// What comes with the loader and the kernel: of another system they would not fit.
constexpr std::string_view kOfSystem[] = {"ld-",       "libc.so",    "libm.so",    "libpthread.so", "libdl.so", "librt.so",
                                          "libresolv", "libnss_",    "libutil.so", "libanl.so",     "libmvec",  "libnsl"};

int collect(dl_phdr_info* info, std::size_t, void* list) {
  const std::string path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
  if (path.find('/') != std::string::npos) static_cast<std::vector<std::string>*>(list)->push_back(path);
  return 0;
}

}  // namespace

Result<std::vector<cluster::CodeFile>> own_code() {
  std::vector<std::string> loaded;
  ::dl_iterate_phdr(collect, &loaded);
  std::map<std::string, std::string> libraries;
  for (const std::string& path : loaded) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const bool of_system =
        std::any_of(std::begin(kOfSystem), std::end(kOfSystem), [&](std::string_view begin) { return name.starts_with(begin); });
    if (of_system) continue;
    if (const auto [at, is_new] = libraries.emplace(name, path); !is_new)
      return user_error("the program has loaded two libraries of one name, '" + at->second + "' and '" + path +
                        "', and a node would find one of them only");
  }
  std::vector<cluster::CodeFile> code{{std::string(cluster::kCodeProgram), std::string(kOwnExecutable)}};
  for (auto& [name, path] : libraries) code.push_back({std::string(cluster::kCodeLibraries) + "/" + name, path});
  return code;
}

}  // namespace sinter

// The job file and the README that come with generated sources. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "jobs/generate/generate.hpp"
#include "jobs/generate/shop.hpp"

namespace sinter::generate {

/// "sources/shop-02.csv.gz": relative to the data set's directory.
std::string source_path(const GenerateOptions& options, const Shop& shop);

/// A job for `sinter run` that reads every house style, fuses, and compares with the truth.
std::string job_text(const GenerateOptions& options, const std::vector<Shop>& shops);

/// What the files are, and what is wrong with which shop.
std::string readme_text(const GenerateOptions& options, const std::vector<Shop>& shops, const GeneratedFiles& generated);

}  // namespace sinter::generate

// `sinter generate`: sources with known truth, and benchmark files. One thread.
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress.hpp"

namespace sinter::cli {
namespace {

Status generate_books(FileSystem& files, const GenerateArguments& arguments, const Console& console) {
  generate::GenerateOptions options = arguments.books;
  options.seed = arguments.seed;
  options.shape = arguments.long_shape ? generate::Shape::Long : generate::Shape::Wide;
  SINTER_ASSIGN(const generate::GeneratedFiles made, generate::generate(files, options, arguments.directory));
  console.note("made " + std::to_string(made.sources.size()) + " sources with " + short_count(made.rows) + " rows (" +
               std::to_string(made.bad_rows) + " of them bad), the truth in " + made.truth + "\nnext: sinter run " + made.job);
  return {};
}

Status generate_bench(FileSystem& files, const GenerateArguments& arguments, const Console& console) {
  SINTER_TRY(files.make_directories(arguments.directory));
  generate::BenchOptions options = arguments.groupby;
  options.seed = arguments.seed;
  options.rows = arguments.rows;
  const std::string path = arguments.directory + "/" + arguments.kind + (arguments.kind == "groupby" ? ".csv" : ".txt");
  SINTER_ASSIGN(const generate::BenchFile made, arguments.kind == "tera" ? generate::generate_tera(files, options.rows, options.seed, path)
                                                : arguments.kind == "text" ? generate::generate_text(files, options, path)
                                                                           : generate::generate_bench_csv(files, options, path));
  console.note("made " + path + ": " + short_count(made.rows) + " rows, " + std::to_string(made.size_bytes) + " bytes");
  return {};
}

}  // namespace

int generate_command(const GenerateArguments& arguments, const Console& console) {
  const auto files = make_posix_file_system();
  const Status made = arguments.kind == "books" ? generate_books(*files, arguments, console) : generate_bench(*files, arguments, console);
  if (made.ok()) return kOk;
  console.error(made.error());
  return made.error().fault() == Fault::User ? kUsage : kRunFailed;
}

}  // namespace sinter::cli

// Jobs of strangers: each road to sinter::sinter, from an installation that was moved, a package, or the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/consumer/installation.hpp"

namespace sinter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Compiles the project's job and its test with what pkg-config says, and runs them.
constexpr const char* kPkgConfigScript =
    "export PKG_CONFIG_PATH=$(dirname \"$(find \"$PREFIX\" -name sinter.pc)\")\n" SINTER_CXX_COMPILER
    " -std=c++20 -O1 word_count.cpp $(pkg-config --cflags --libs sinter) -o word_count\n" SINTER_CXX_COMPILER
    " -std=c++20 -O1 word_count_test.cpp $(pkg-config --cflags --libs sinter-testing) -o word_count_test\n"
    "export LD_LIBRARY_PATH=$(pkg-config --variable=libdir sinter)\n./word_count_test\n./word_count --workers 2\n"
    "cmp counts.csv expected/counts.csv\n";

TEST(Consumer, finds_a_moved_installation_with_cmake) {
  const Installation installation;
  ASSERT_EQ(installation.made().exit_code, 0) << output_of(installation.made());
  const CommandResult built = shell(installation.init_project(),
                                    SINTER_CMAKE " -B build -DCMAKE_CXX_FLAGS=-Werror -DCMAKE_PREFIX_PATH='" + installation.prefix() +
                                        "' && " SINTER_CMAKE " --build build && ctest --test-dir build --output-on-failure");
  EXPECT_EQ(built.exit_code, 0) << output_of(built);
  EXPECT_THAT(built.out, HasSubstr("100% tests passed, 0 tests failed out of 3"));
}

TEST(Consumer, finds_a_moved_installation_with_pkg_config) {
  const Installation installation;
  ASSERT_EQ(installation.made().exit_code, 0) << output_of(installation.made());
  const CommandResult built = shell(installation.init_project(), "PREFIX='" + installation.prefix() + "'\n" + kPkgConfigScript);
  EXPECT_EQ(built.exit_code, 0) << output_of(built);
  const CommandResult absolute = shell(installation.prefix(), "grep -rlE '" SINTER_BUILD_DIR "|/first' lib include share || true");
  EXPECT_EQ(absolute.out, "") << "these installed files name a folder of the build";
}

/// examples/07_custom_rule with nothing but what is installed: the header and the command. Another compiler language reads the header too.
TEST(Consumer, builds_a_rule_plugin_and_uses_it_from_a_job_file) {
  const Installation installation;
  ASSERT_EQ(installation.made().exit_code, 0) << output_of(installation.made());
  const TemporaryDirectory directory;
  const CommandResult used =
      shell(directory.path().string(),
            "cp -r " SINTER_SOURCE_DIR "/examples/07_custom_rule/. .\nPREFIX='" + installation.prefix() +
                "'\nexport PKG_CONFIG_PATH=$(dirname \"$(find \"$PREFIX\" -name sinter.pc)\")\n"
                "g++ -shared -fPIC -O2 $(pkg-config --cflags sinter) quantile.cpp -o quantile.so\n"
                "echo '#include <sinter/rule_plugin.h>' > header.c\n"
                "cc -std=c99 -Wall -Wextra -pedantic -Werror $(pkg-config --cflags sinter) -fsyntax-only header.c\n"
                "\"$PREFIX/bin/sinter\" run job.yaml --set execution.workers=2\ncmp out/books.csv expected/books.csv\n");
  EXPECT_EQ(used.exit_code, 0) << output_of(used);
}

/// add_subdirectory and FetchContent are one road: the latter ends in the former.
TEST(Consumer, builds_the_tree_inside_a_project) {
  const TemporaryDirectory directory;
  const CommandResult init = run_command({SINTER_BIN_DIR "/sinter", "init", "--template", "cpp", directory.path().string()});
  ASSERT_EQ(init.exit_code, 0) << output_of(init);
  // A folder and a file with the names of ours must not meet ours.
  directory.write("base/error.hpp", "#error the headers of sinter must not include the files of a project\n");
  directory.write("CMakeLists.txt",
                  "cmake_minimum_required(VERSION 3.25)\n"
                  "project(outside LANGUAGES CXX)\n"
                  "include_directories(${PROJECT_SOURCE_DIR})\n"
                  "include(FetchContent)\n"
                  "FetchContent_Declare(sinter SOURCE_DIR " SINTER_SOURCE_DIR ")\n"
                  "FetchContent_MakeAvailable(sinter)\n"
                  "foreach(target unit_base sinter_fusion example_word_count sinter_library)\n"
                  "  if(TARGET ${target})\n    message(FATAL_ERROR \"${target} is no affair of a project around sinter\")\n  endif()\n"
                  "endforeach()\n"
                  "add_executable(word_count word_count.cpp)\n"
                  "target_link_libraries(word_count PRIVATE sinter::sinter)\n"
                  "add_executable(word_count_test word_count_test.cpp)\n"
                  "target_link_libraries(word_count_test PRIVATE sinter::testing)\n");
  // Not optimised, without debug information: this builds the whole library, and ccache may remember it wherever the build folder is.
  const CommandResult built = shell(
      directory.path().string(),
      "LAUNCHER=$(command -v ccache || true)\n" SINTER_CMAKE
      " -G Ninja -B build -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON"
      " ${LAUNCHER:+-DCMAKE_CXX_COMPILER_LAUNCHER=$LAUNCHER}\n" SINTER_CMAKE
      " --build build --parallel 2 --target word_count word_count_test\n"
      "build/word_count_test\nbuild/word_count --workers 2\ncmp counts.csv expected/counts.csv\n",
      1100);
  EXPECT_EQ(built.exit_code, 0) << output_of(built);
  EXPECT_THAT(read_whole_file(directory / "build/compile_commands.json"), Not(HasSubstr("-Wall"))) << "our warnings are ours";
}

TEST(Consumer, installs_a_debian_package_and_an_archive) {
  if (run_command({"dpkg-shlibdeps", "--version"}).exit_code != 0) GTEST_SKIP() << "this machine makes no Debian packages";
  const TemporaryDirectory directory;
  const CommandResult packed = shell(directory.path().string(),
                                     "cpack --config " SINTER_BUILD_DIR
                                     "/CPackConfig.cmake -B \"$PWD/packages\"\n"
                                     "dpkg-deb --extract packages/*.deb root\ndpkg-deb --info packages/*.deb postinst prerm "
                                     "postrm\ndpkg-deb --field packages/*.deb\nls packages",
                                     300);
  ASSERT_EQ(packed.exit_code, 0) << output_of(packed);
  EXPECT_THAT(packed.out, HasSubstr("libzmq5"));
  EXPECT_THAT(packed.out, HasSubstr("libboost-filesystem1.81.0"));
  EXPECT_THAT(packed.out, HasSubstr(".tar.gz"));
  EXPECT_THAT(packed.out, HasSubstr("systemd-sysusers sinter.conf")) << "the package makes the user that its services run as";
  const std::string prefix = directory / "root/usr";
  for (const char* file : {"/share/man/man1/sinter.1", "/share/bash-completion/completions/sinter", "/share/doc/sinter/README.md",
                           "/include/sinter/sinter.hpp", "/lib/systemd/system/sinter-tracker.service",
                           "/lib/systemd/system/sinter-node.service", "/lib/sysusers.d/sinter.conf"}) {
    EXPECT_TRUE(std::filesystem::exists(prefix + file)) << file;
  }
  const CommandResult used = shell(directory.path().string(), "root/usr/bin/sinter init --template cpp project && cd project\nPREFIX='" +
                                                                  prefix + "'\n" + kPkgConfigScript);
  EXPECT_EQ(used.exit_code, 0) << output_of(used);
}

}  // namespace
}  // namespace sinter::testing

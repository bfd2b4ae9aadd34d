#!/usr/bin/env python3
"""tidy_test.py: the test of the tests: each check finds a violation planted in a small tree, and nothing in a clean one."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402
from source_tree import SourceTree  # noqa: E402
from text_checks import functions  # noqa: E402

CLEAN = {
    "CMakeLists.txt": "# top\nadd_subdirectory(base)\nadd_subdirectory(shuffle)\nadd_subdirectory(tests)\n",
    "base/CMakeLists.txt": "# base\nsinter_module(sinter_base SOURCES a.cpp HEADERS a.hpp)\n",
    "base/a.hpp": "// A: a thing.\n#pragma once\n\n#include <string>\n\nint a();\n",
    "base/a.cpp": "// A's body.\n#include \"base/a.hpp\"\n\nint a() {\n  return 1'000 + '{' + \"}\"[0];\n}\n",
    "shuffle/CMakeLists.txt": "# shuffle\nsinter_module(sinter_run SOURCES run/b.cpp)\n",
    "shuffle/run/b.cpp": "// B: uses a.\n#include \"base/a.hpp\"\n\nint b() { return a(); }\n",
    "tests/CMakeLists.txt": "# tests\nforeach(folder base)\n  add_subdirectory(unit/${folder})\nendforeach()\n",
    "tests/unit/base/CMakeLists.txt": "# unit\nsinter_test(unit_base SOURCES a_test.cpp)\n",
    "tests/unit/base/a_test.cpp": "// Tests of a.\n#include <gtest/gtest.h>\n\nTEST(A, is_a_thousand) {\n}\n",
    "README.md": "# Title\n\n## A part\n\n[here](README.md#a-part) [there](base/a.hpp) `[not](a-link)`\n",
}

# check -> files that break it (they replace or join the clean ones) and a word of the finding.
PLANTED = {
    "layers": [
        ({"base/a.cpp": "// A.\n#include \"shuffle/run/b.hpp\"\n"}, "must not include shuffle"),
        ({"shuffle/record/c.hpp": "// C.\n#pragma once\n#include \"shuffle/run/b.hpp\"\n"}, "shuffle/record must not include shuffle/run"),
        ({"base/a.cpp": "// A.\n#include \"a.hpp\"\n"}, "by its path from the root"),
        ({"framework/new_part/c.cpp": "// C.\n#include \"framework/io/x.hpp\"\n"}, "has no place in MODULE_ORDER"),
    ],
    "module_cycles": [({
        "jobs/x/x.hpp": "// X.\n#include \"jobs/y/y.hpp\"\n",
        "jobs/y/y.hpp": "// Y.\n#include \"jobs/x/x.hpp\"\n",
        "jobs/CMakeLists.txt": "# jobs\nsinter_module(sinter_x HEADERS x/x.hpp)\nsinter_module(sinter_y HEADERS y/y.hpp)\n",
    }, "sinter_x -> sinter_y -> sinter_x")],
    "third_party": [
        ({"base/a.hpp": "// A.\n#pragma once\n#include <lz4.h>\n"}, "LZ4 may be seen only in base/compression.cpp"),
        ({"tests/unit/base/a_test.cpp": "// T.\n#include <curl/curl.h>\n"}, "belongs to no library"),
        ({"cli/main.hpp": "// Main.\n#include <CLI/CLI.hpp>\n"}, "must not appear in a header"),
        ({"base/a.cpp": "// A.\n#include <zmq.hpp>\n"}, "ZeroMQ may be seen only in base/net/"),
        ({"base/a.cpp": "// A.\n#include <curl/curl.h>\n"}, "belongs to no library"),
        ({"base/a.hpp": "// A.\n#include <unistd.h>\n"}, "belongs into a .cpp file"),
    ],
    "public_headers": [({"jobs/sort/sort.cpp": "// S.\n#include \"framework/runtime/worker.hpp\"\n"}, "is private")],
    "visible_headers": [
        ({"sinter/sinter.hpp": "// S.\n#include \"base/a.hpp\"\n", "base/a.hpp": "// A.\nnamespace sinter {\n}\n"}, "so it is public"),
        ({"base/a.hpp": "// A.\nnamespace [[gnu::visibility(\"default\")]] sinter {\n}\n"}, "not public"),
    ],
    "files_built": [
        ({"base/forgotten.cpp": "// F.\n"}, "no target builds it"),
        ({"shuffle/lost/CMakeLists.txt": "# lost\n"}, "no CMakeLists.txt above adds"),
        ({"base/CMakeLists.txt": "# base\n# a.cpp is only in a comment\n"}, "no target builds it"),
    ],
    "tests_run": [({"tests/tidy/some_test.py": "# T.\n"}, "no CMakeLists.txt runs this test")],
    "function_length": [({"base/a.cpp": "// A.\nnamespace x {\ntemplate <class T>\nint a(T t) {\n" + "  ++t;\n" * 60 + "}\n}\n"},
                         "a has 63 lines")],
    "file_length": [({"base/a.hpp": "// A.\n" + "int a();\n" * 300}, "301 lines"),
                    ({"base/a.cpp": "// A.\n" + "int a();\n" * 500}, "501 lines")],
    "line_length": [({"base/a.hpp": "// A" + "." * 140 + "\n"}, "144 characters")],
    "file_names": [({"base/string_utils.hpp": "// S.\n"}, "says nothing"), ({"base/Thing.hpp": "// T.\n"}, "snake_case")],
    "opening_comment": [({"base/a.hpp": "#pragma once\n"}, "first line must be a comment"), ({"base/a.cpp": ""}, "first line")],
    "leftovers": [({"base/a.hpp": "// A. TO" + "DO: more\n"}, "leftover"), ({"README.md": "FIX" + "ME\n"}, "leftover")],
    "disabled_tests": [
        ({"tests/unit/base/a_test.cpp": "// T.\nTEST(A, DIS" + "ABLED_x) {}\n"}, "disabled test"),
        ({"tests/unit/base/a_test.cpp": "// T.\n// TEST(A, x) {}\n"}, "commented-out test"),
    ],
    "using_namespace": [
        ({"base/a.cpp": "// A.\nusing namespace std;\n"}, "hides where names come from"),
        ({"base/a.hpp": "// A.\nusing namespace sinter;\n"}, "leaks"),
    ],
    "links": [({"README.md": "[x](docs/none.md)\n"}, "broken link"), ({"README.md": "# A\n[x](#b)\n"}, "no heading #b")],
}


def plant(folder, files):
    for path, text in files.items():
        target = Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def findings(check, files, build=None):
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, files)
        return [f"{path}:{line}: {sentence}" for path, line, sentence in tidy.CHECKS[check](SourceTree(Path(folder).resolve(), build))]


class TidyTest(unittest.TestCase):
    def test_a_clean_tree_has_no_findings(self):
        for check in tidy.CHECKS:
            self.assertEqual(findings(check, CLEAN), [], check)

    def test_every_check_has_a_planted_violation(self):
        self.assertEqual(set(PLANTED), set(tidy.CHECKS))

    def test_every_planted_violation_is_found(self):
        for check, plants in PLANTED.items():
            for files, expected in plants:
                found = findings(check, {**CLEAN, **files})
                self.assertTrue(any(expected in line for line in found), f"{check}: {expected!r} is not among {found}")

    def test_a_file_that_the_build_does_not_compile_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            plant(root, {**CLEAN, "build/compile_commands.json": json.dumps([{"file": str(root / "base/a.cpp")}])})
            found = [path for path, _, _ in tidy.CHECKS["files_built"](SourceTree(root, root / "build"))]
        self.assertEqual(found, ["shuffle/run/b.cpp", "tests/unit/base/a_test.cpp"])

    def test_a_test_that_ctest_does_not_know_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            plant(root, {**CLEAN, "build/CTestTestfile.cmake": 'add_test(B.other "true")\n'})
            found = [sentence for _, _, sentence in tidy.CHECKS["tests_run"](SourceTree(root, root / "build"))]
        self.assertEqual(found, [r"ctest does not know the test A\.is_a_thousand"])

    def test_an_incomplete_build_skips_instead_of_passing(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            plant(root, {**CLEAN, "build/CTestTestfile.cmake": 'add_test(unit_base_NOT_BUILT "true")\n'})
            with self.assertRaises(tidy.built_checks.NotBuilt):
                list(tidy.CHECKS["tests_run"](SourceTree(root, root / "build")))

    def test_function_lines_are_counted_through_every_shape_of_declaration(self):
        text = """// x
namespace a {
struct S {
  S() : x_{1}, y_(2) {
    go();
  }
  int operator()(int v) const { return v; }
  int x_ = 0;
};
constexpr int kTable[] = {
    1, 2};
template <class T, class U = std::vector<T>>
  requires std::integral<T>
T twice(T t)
{
  if (t) { t = R"({{{)"[0]; }
  return t * 2;
}
}  // namespace a
"""
        self.assertEqual([(first, last, name) for first, last, name in functions(text) if last > first],
                         [(4, 6, "S"), (12, 18, "twice")])


if __name__ == "__main__":
    unittest.main()

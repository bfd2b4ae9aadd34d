#!/usr/bin/env python3
"""tidy.py: style and structure as tests. One check a run: tidy.py CHECK [--root DIR] [--build DIR].

Prints each finding as path:line: sentence and exits 1; prints nothing and exits 0 when clean; 77 means skipped.
To add a check: a function here, a line in CHECKS, its name in CMakeLists.txt, a planted violation in tidy_test.py.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import built_checks  # noqa: E402
import include_checks  # noqa: E402
import text_checks  # noqa: E402
from source_tree import SourceTree  # noqa: E402

SKIPPED = 77

CHECKS = {
    "layers": include_checks.layers,
    "module_cycles": include_checks.module_cycles,
    "third_party": include_checks.third_party,
    "public_headers": include_checks.public_headers,
    "visible_headers": include_checks.visible_headers,
    "files_built": built_checks.files_built,
    "tests_run": built_checks.tests_run,
    "function_length": text_checks.function_length,
    "file_length": text_checks.file_length,
    "line_length": text_checks.line_length,
    "file_names": text_checks.file_names,
    "opening_comment": text_checks.opening_comment,
    "leftovers": text_checks.leftovers,
    "disabled_tests": text_checks.disabled_tests,
    "using_namespace": text_checks.using_namespace,
    "links": text_checks.links,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=[*CHECKS, "all"])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path, help="build folder: what is really compiled and run is compared too")
    arguments = parser.parse_args()
    tree = SourceTree(arguments.root.resolve(), arguments.build)
    names = list(CHECKS) if arguments.check == "all" else [arguments.check]
    findings = 0
    for name in names:
        try:
            for path, line, sentence in CHECKS[name](tree):
                print(f"{path}:{line}: {sentence} [{name}]")
                findings += 1
        except built_checks.NotBuilt as reason:
            print(f"{name} skipped: {reason}")
            if len(names) == 1:
                return SKIPPED
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

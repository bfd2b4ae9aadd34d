"""built_checks.py: files that no target builds, tests that no target runs. Used by tidy.py."""
import json
import re
import subprocess

# Folders that only some presets build; there the text of CMakeLists.txt decides alone.
OPTIONAL_FOLDERS = ("tests/fuzz/", "bench/", "examples/")


class NotBuilt(Exception):
    """The build folder is incomplete, so the check cannot be trusted."""


def files_built(tree):
    """Every .cpp is named by the nearest CMakeLists.txt above it, every CMakeLists.txt is reached, and the build compiles it."""
    lists = {file.folder: file for file in tree.cmake_lists()}
    for file in tree.files:
        if file.path.endswith(".cpp"):
            folder = file.folder
            while folder and folder not in lists:
                folder = folder.rpartition("/")[0]
            name = file.path[len(folder) + 1:] if folder else file.path
            if folder not in lists or not is_named(name, lists[folder].text):
                yield file.path, 1, f"no target builds it: add {name} to {folder + '/' if folder else ''}CMakeLists.txt"
    yield from unreached_lists(lists)
    yield from uncompiled_files(tree)


def is_named(name, cmake_text):
    text = re.sub(r"#[^\n]*", "", cmake_text)
    if re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.-])", text):
        return True
    # foreach(x a b) ... ${x}.cpp: the stem is a word of the list.
    stem = name[:-4]
    return bool(re.search(r"\$\{\w+\}\.cpp", text)) and bool(re.search(rf"(?<![\w./-]){re.escape(stem)}(?![\w.-])", text))


def unreached_lists(lists):
    for folder, file in lists.items():
        if folder and not any(adds_folder(lists[parent].text, folder[len(parent):].lstrip("/")) for parent in lists
                              if parent != folder and (not parent or folder.startswith(parent + "/"))):
            yield file.path, 1, f"no CMakeLists.txt above adds the folder {folder}"


def adds_folder(cmake_text, folder):
    text = re.sub(r"#[^\n]*", "", cmake_text)
    names = (folder, folder.rpartition("/")[2])
    return "add_subdirectory" in text and any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in names)


def uncompiled_files(tree):
    commands = tree.build / "compile_commands.json" if tree.build else None
    if not commands or not commands.exists():
        return
    compiled = {entry["file"] for entry in json.loads(commands.read_text())}
    for file in tree.files:
        if file.path.endswith(".cpp") and not file.path.startswith(OPTIONAL_FOLDERS) and str(tree.root / file.path) not in compiled:
            yield file.path, 1, "the build does not compile it, although a CMakeLists.txt names it"


def declared_tests(tree):
    """(path, line, regular expression of the ctest name) of every gtest case and every *_test.py."""
    declaration = re.compile(r"^\s*(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
    for file in tree.code():
        if file.layer != "tests":
            continue
        for match in declaration.finditer(file.text):
            kind, suite, name = match.groups()
            line = file.text.count("\n", 0, match.start()) + 1
            pattern = {"TEST": rf"{suite}\.{name}", "TEST_F": rf"{suite}\.{name}", "TEST_P": rf"(.*/)?{suite}\.{name}(/.*)?"}.get(
                kind, rf"(.*/)?{suite}/.*\.{name}(/.*)?|{suite}\.{name}.*")
            yield file.path, line, pattern


def tests_run(tree):
    """Every test that is written is one that ctest runs."""
    lists = "\n".join(file.text for file in tree.cmake_lists())
    for file in tree.files:
        name = file.path.rpartition("/")[2]
        if file.layer == "tests" and re.fullmatch(r"(.*_test|test_.*)\.(py|sh)", name) and name not in lists:
            yield file.path, 1, "no CMakeLists.txt runs this test"
    if not tree.build:
        return
    known = registered_tests(tree)
    for path, line, pattern in declared_tests(tree):
        if not any(re.fullmatch(pattern, name) for name in candidates(known, pattern)):
            yield path, line, f"ctest does not know the test {pattern}"


def candidates(known, pattern):
    return known if "(" in pattern else [name for name in (pattern.replace("\\", ""),) if name in known]


def registered_tests(tree):
    output = subprocess.run(["ctest", "--test-dir", str(tree.build), "--show-only=json-v1"], capture_output=True, text=True, check=True)
    names = {test["name"] for test in json.loads(output.stdout)["tests"]}
    missing = sorted(name for name in names if name.endswith("_NOT_BUILT"))
    if missing:
        raise NotBuilt(f"{tree.build} lacks {', '.join(name[:-10] for name in missing)}: build everything first")
    # Parameterised names carry the value: "Suite.name  # GetParam() = 3".
    return {name.split(" ")[0] for name in names}

"""source_tree.py: the files of a checkout as the checks see them, with comments and literals blanked. Used by tidy.py."""
import os
import re
from pathlib import Path

LAYERS = ["base", "shuffle", "framework", "sinter", "jobs", "cli"]
CODE_FOLDERS = LAYERS + ["examples", "bench", "tests"]
SKIPPED_FOLDERS = {"build", "demo", "out", ".git", "__pycache__", "node_modules"}

TOKEN = re.compile(
    r'//[^\n]*(?:\\\n[^\n]*)*|/\*.*?\*/|'
    r'R"(?P<tag>[^()\\ \n]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)


def blank(text, keep_strings=False):
    """C++ text of the same length and lines, with comments (and literals) turned into spaces."""
    def spaces(match):
        token = match.group(0)
        if keep_strings and token[0] in "R\"'":
            return token
        inner = re.sub(r"[^\n]", " ", token)
        if token[0] == '"' or token[0] == "'":
            return token[0] + inner[1:-1] + token[-1]
        return inner
    return TOKEN.sub(spaces, text)


class SourceFile:
    """One file; texts are read once."""

    def __init__(self, root, path):
        self.path = path  # relative, with slashes
        self.text = (root / path).read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()

    @property
    def is_code(self):
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def folder(self):
        return self.path.rpartition("/")[0]

    @property
    def layer(self):
        return self.path.split("/", 1)[0]

    def includes(self):
        """(line number, "<...>" or '"..."' without delimiters, is_quoted)."""
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match.group(2), match.group(1) == '"'


class SourceTree:
    """Every file of the checkout that people write."""

    def __init__(self, root, build=None):
        self.root = Path(root)
        self.build = Path(build) if build else None
        self.files = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
            relative = Path(folder).relative_to(self.root).as_posix()
            for name in sorted(names):
                path = name if relative == "." else f"{relative}/{name}"
                if self._is_written_by_hand(path):
                    self.files.append(SourceFile(self.root, path))

    @staticmethod
    def _is_written_by_hand(path):
        name = path.rpartition("/")[2]
        if name == "CMakeLists.txt" or path in ("dev", ".ci/run"):
            return True
        if path.endswith(".md"):
            return True
        return path.split("/", 1)[0] in CODE_FOLDERS and path.endswith((".cpp", ".hpp", ".py", ".sh", ".cmake"))

    def code(self):
        return [file for file in self.files if file.is_code]

    def cmake_lists(self):
        return [file for file in self.files if file.path.endswith("CMakeLists.txt")]

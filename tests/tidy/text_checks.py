"""text_checks.py: sizes, names, comments, leftovers and links. Used by tidy.py."""
import re

from source_tree import blank

MAX_FUNCTION_LINES = 60
MAX_HEADER_LINES = 300
MAX_SOURCE_LINES = 500
MAX_LINE_CHARACTERS = 140
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}
# Written in two halves, so that this file passes its own checks.
LEFTOVER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
DISABLED = re.compile(r"\bDIS" + r"ABLED_\w+")
COMMENTED_TEST = re.compile(r"^\s*(//|/?\*)\s*(TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(")
CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def strip_templates(head):
    """A declaration without its template<...> lists, whose `class` is no class."""
    while True:
        match = re.search(r"\btemplate\s*<", head)
        if not match:
            return head
        depth, at = 1, match.end()
        while at < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            at += 1
        head = head[:match.start()] + head[at:]


def closing_brace(text, opening):
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, opening):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def functions(text):
    """(first line, last line, name) of every function with a body."""
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), blank(text), flags=re.MULTILINE)
    at, head_start = 0, 0
    boundary = re.compile(r"[{};]")
    while match := boundary.search(text, at):
        at = match.end()
        head = text[head_start:match.start()]
        if match.group(0) != "{":
            head_start = at
            continue
        plain = strip_templates(head)
        if "(" in plain and not re.match(r"\s*(class|struct|union|enum|namespace)\b", plain):
            end = closing_brace(text, match.start())
            if re.search(r"\)[\s\w]*:[^:].*[\w>]\s*$", plain, re.DOTALL) and re.match(r"\s*[,{]", text[end + 1:end + 50]):
                at = end + 1  # a braced member initializer: the body is still to come
                continue
            first = text.count("\n", 0, head_start + len(head) - len(head.lstrip())) + 1
            last = text.count("\n", 0, end) + 1
            name = re.search(r"(operator\s*\S+?|[~\w:]+)\s*\(", plain)
            yield first, last, name.group(1) if name else "?"
            at = head_start = end + 1
        elif CONTAINER.search(plain) and not plain.rstrip().endswith("="):
            head_start = at
        else:
            at = head_start = closing_brace(text, match.start()) + 1


def function_length(tree):
    for file in tree.code():
        for first, last, name in functions(file.text):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield file.path, first, f"{name} has {last - first + 1} lines; the limit is {MAX_FUNCTION_LINES}"


def file_length(tree):
    for file in tree.files:
        limit = MAX_HEADER_LINES if file.path.endswith(".hpp") else MAX_SOURCE_LINES if file.path.endswith((".cpp", ".py")) else None
        if limit and len(file.lines) > limit:
            yield file.path, limit, f"{len(file.lines)} lines; the limit is {limit}: split it by meaning"


def line_length(tree):
    for file in tree.files:
        if file.path.endswith(".md"):
            continue
        for number, line in enumerate(file.lines, 1):
            if len(line) > MAX_LINE_CHARACTERS:
                yield file.path, number, f"{len(line)} characters; the limit is {MAX_LINE_CHARACTERS}"


def file_names(tree):
    for file in tree.files:
        if file.path.endswith(".md"):
            continue
        for part in file.path.split("/"):
            stem = part.split(".")[0]
            if BANNED_NAMES & set(re.split(r"[_-]", stem.lower())):
                yield file.path, 1, f"'{part}' says nothing: name it after the concept it holds"
        if file.is_code and not re.fullmatch(r"[a-z0-9_/]+\.(cpp|hpp)", file.path):
            yield file.path, 1, "file and folder names are snake_case"


def opening_comment(tree):
    """Every file opens with what it is."""
    for file in tree.files:
        if file.path.endswith(".md"):
            continue
        lines = [line for line in file.lines[:3] if not line.startswith("#!")]
        opening = lines[0].strip() if lines else ""
        wanted = ("//", "/*") if file.is_code else ("#", '"""')
        # A CMakeLists of one or two lines says nothing that its folder does not.
        if file.path.endswith("CMakeLists.txt") and len(file.lines) <= 12:
            continue
        if not opening.startswith(wanted):
            yield file.path, 1, "the first line must be a comment: what the file is, who owns it, which thread may call"


def leftovers(tree):
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            match = LEFTOVER.search(line)
            if match:
                yield file.path, number, f"leftover {match.group(0)}: finish it or file an issue"


def disabled_tests(tree):
    for file in tree.code():
        if file.layer != "tests":
            continue
        for number, line in enumerate(file.lines, 1):
            if DISABLED.search(line):
                yield file.path, number, "disabled test: repair or remove it"
            if COMMENTED_TEST.search(line):
                yield file.path, number, "commented-out test: repair or remove it"


def using_namespace(tree):
    for file in tree.code():
        for number, line in enumerate(blank(file.text).split("\n"), 1):
            if re.search(r"\busing\s+namespace\s+std\s*;", line):
                yield file.path, number, "using namespace std hides where names come from"
            elif file.path.endswith(".hpp") and re.match(r"using\s+namespace\b", line):
                yield file.path, number, "using namespace in a header leaks into everyone who includes it"


def anchor_of(heading):
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-")


def headings(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {anchor_of(line.lstrip("#")) for line in text.split("\n") if line.startswith("#")}


def links(tree):
    """Relative links in Markdown lead to a file and a heading that exist."""
    for file in tree.files:
        if not file.path.endswith(".md"):
            continue
        text = re.sub(r"^```.*?^```|`[^`\n]*`", lambda m: re.sub(r"[^\n]", " ", m.group(0)), file.text, flags=re.DOTALL | re.MULTILINE)
        for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", text):
            target, _, anchor = match.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            number = text.count("\n", 0, match.start()) + 1
            path = (tree.root / file.folder / target) if target else tree.root / file.path
            if not path.exists():
                yield file.path, number, f"broken link: {target}"
            elif anchor and path.suffix == ".md" and anchor not in headings(path):
                yield file.path, number, f"{target or 'this page'} has no heading #{anchor}"

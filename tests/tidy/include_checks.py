"""include_checks.py: who may include whom: layers, modules, third-party libraries. Used by tidy.py."""
import re

from source_tree import LAYERS

# Within a layer a module may include those before it. Modules that share a place do not know one another.
MODULE_ORDER = {
    "base": [["base"], ["base/net"]],
    "shuffle": [["shuffle/record"], ["shuffle/run"], ["shuffle/merge"], ["shuffle/build"], ["shuffle/exchange"]],
    "framework": [["framework/access", "framework/http", "framework/io"], ["framework/api"], ["framework/plan"], ["framework/control"],
                  ["framework/runtime"], ["framework/cluster"], ["framework/program"], ["framework/testing"]],
    "jobs": [["jobs/generate", "jobs/fusion"]],
}

# What a job author includes (docs/overview.md): everything else of the framework and the shuffle is private to them.
# The two doors of the external sort are public: a job that holds more than its memory sorts through them.
PUBLIC_FOLDERS = ("base/", "shuffle/record/", "shuffle/build/run_builder.hpp", "shuffle/run/run_format.hpp",
                  "shuffle/merge/group_cursor.hpp", "sinter/", "framework/api/", "framework/io/", "jobs/")

# Third-party library -> (its headers, the only places that may see them, and only in .cpp files).
LIBRARIES = {
    "ZeroMQ": (r"zmq|zmq_addon", ["base/net/"]),
    "libsodium": (r"sodium", ["base/net/"]),
    "XXH3": (r"xxhash|xxh3", ["base/checksum"]),
    "LZ4": (r"lz4", ["base/compression.cpp"]),
    "zlib": (r"zlib", ["framework/io/", "jobs/generate/gzip_file.cpp"]),
    "zstd": (r"zstd", ["base/compression.cpp", "framework/io/"]),
    "simdjson": (r"simdjson", ["framework/io/"]),
    "Highway": (r"hwy/.*", ["framework/io/"]),
    "Boost.Sort": (r"boost/sort/.*", ["shuffle/run/"]),
    "Boost.Process": (r"boost/process(/.*)?|boost/version", ["framework/runtime/"]),
    "Boost.Asio": (r"boost/asio(/.*)?", ["framework/runtime/", "framework/http/http_server.cpp"]),
    "Boost.Beast": (r"boost/beast(/.*)?", ["framework/http/http_server.cpp"]),
    "Boost.Serialization": (r"boost/(archive|serialization)/.*", ["framework/api/boost_codec.hpp"]),
    "yaml-cpp": (r"yaml-cpp/.*", ["jobs/fusion/config/", "tests/deploy/"]),
    "RE2": (r"re2/.*", ["jobs/fusion/clean/"]),
    "utf8proc": (r"utf8proc", ["jobs/fusion/clean/"]),
    "date": (r"date/.*", ["jobs/fusion/clean/"]),
    "CLI11": (r"CLI/.*", ["cli/"]),
    "Boost.Multiprecision": (r"boost/multiprecision/.*", ["tests/"]),
    "nlohmann-json": (r"nlohmann/.*", ["tests/"]),
    "GoogleTest": (r"gtest/.*|gmock/.*", ["tests/"]),
}

# Headers that job authors include knowingly, for the sake of the library behind them; no other header includes these.
OPT_IN_HEADERS = ("framework/api/boost_codec.hpp",)

# The operating system's own headers: allowed in .cpp files.
SYSTEM_HEADER = re.compile(r"(sys|linux|netinet|arpa)/[a-z_]+\.h|(unistd|fcntl|dirent|poll|signal|spawn|termios|pty|dlfcn|pthread|sched|"
                           r"link|netdb|immintrin|fnmatch|sysexits|malloc|stdlib)\.h")
STANDARD_HEADER = re.compile(r"[a-z_]+")


def module_of(path):
    """"shuffle/run" of "shuffle/run/run_writer.hpp"; a file directly in a layer belongs to the layer's own module."""
    parts = path.split("/")
    return parts[0] if len(parts) == 2 else "/".join(parts[:2])


def place_in_layer(layer, module):
    for place, modules in enumerate(MODULE_ORDER.get(layer, [])):
        if module in modules:
            return place
    return None


def layers(tree):
    """cli > jobs > sinter > framework > shuffle > base, and the order of modules inside a layer; no include points left."""
    for file in tree.code():
        if file.layer not in LAYERS:
            continue
        for line, target, quoted in file.includes():
            other = target.split("/", 1)[0]
            if not quoted:
                if other in LAYERS and "/" in target:
                    yield file.path, line, f"our own header {target} needs quotes"
                continue
            if (tree.root / file.folder / target).exists() and not (tree.root / target).exists():
                yield file.path, line, f"include {target} by its path from the root: {file.folder}/{target}"
            elif other not in LAYERS:
                yield file.path, line, f"{target} is not a header of a layer ({', '.join(LAYERS)})"
            elif LAYERS.index(other) > LAYERS.index(file.layer):
                yield file.path, line, f"{file.layer} must not include {other}: includes point from cli to base only"
            elif other == file.layer:
                yield from wrong_module_order(file, line, target)


def wrong_module_order(file, line, target):
    mine, theirs = module_of(file.path), module_of(target)
    if mine == theirs or file.layer not in MODULE_ORDER:
        return
    my_place, their_place = place_in_layer(file.layer, mine), place_in_layer(file.layer, theirs)
    for module, place in ((mine, my_place), (theirs, their_place)):
        if place is None:
            yield file.path, line, f"module {module} has no place in MODULE_ORDER of tests/tidy/include_checks.py"
            return
    if their_place >= my_place:
        yield file.path, line, f"{mine} must not include {theirs}: in {file.layer}/ it comes before or beside it"


def targets_of(tree):
    """File -> the CMake target whose sinter_module(...) lists it."""
    owner = {}
    for cmake in tree.cmake_lists():
        text = re.sub(r"#[^\n]*", "", cmake.text)
        for name, body in re.findall(r"sinter_module\s*\(\s*(\w+)([^)]*)\)", text):
            for word in re.findall(r"[\w./-]+\.[ch]pp", body):
                owner[f"{cmake.folder}/{word}"] = name
    return owner


def module_cycles(tree):
    """No two targets include each other's headers, however long the way round."""
    owner, edges = targets_of(tree), {}
    for file in tree.code():
        mine = owner.get(file.path)
        for line, target, _ in file.includes():
            theirs = owner.get(target)
            if mine and theirs and mine != theirs:
                edges.setdefault(mine, {}).setdefault(theirs, (file.path, line))
    done, path = set(), []

    def visit(module):
        if module in path:
            cycle = path[path.index(module):] + [module]
            where, line = edges[cycle[-2]][module]
            yield where, line, "targets include each other: " + " -> ".join(cycle)
            return
        if module in done:
            return
        path.append(module)
        for target in sorted(edges.get(module, {})):
            yield from visit(target)
        path.pop()
        done.add(module)

    for start in sorted(edges):
        yield from visit(start)


def third_party(tree):
    """Each library is seen in its one module and only in .cpp files; headers include the standard library and our own."""
    for file in tree.code():
        for line, target, quoted in file.includes():
            if quoted and target.split("/", 1)[0] in LAYERS + ["tests", "bench", "examples"]:
                continue
            bare = re.sub(r"\.(h|hpp|hh)$", "", target)
            if not quoted and bare == target and STANDARD_HEADER.fullmatch(target):
                continue
            if SYSTEM_HEADER.fullmatch(target):
                if file.path.endswith(".hpp") and file.layer != "tests":
                    yield file.path, line, f"<{target}> belongs into a .cpp file: our headers include only std and our own"
                continue
            yield from wrong_library_use(file, line, target, bare)


def wrong_library_use(file, line, target, bare):
    if file.layer == "tests" and "/" not in target and (target.endswith(".hpp") or target.startswith("_")):
        return
    for name, (headers, places) in LIBRARIES.items():
        if not re.fullmatch(headers, bare):
            continue
        # Tests may see any library: to make damaged files, or to compare with.
        if file.layer != "tests" and not any(file.path.startswith(place) for place in places):
            yield file.path, line, f"{name} may be seen only in {', '.join(places)}"
        elif file.path.endswith(".hpp") and file.layer != "tests" and file.path not in OPT_IN_HEADERS:
            yield file.path, line, f"{name} must not appear in a header: hide it in the .cpp file"
        return
    yield file.path, line, f"{target} belongs to no library in LIBRARIES of tests/tidy/include_checks.py"


def public_headers(tree):
    """Jobs are written as a user would write them; examples and benchmarks too: they include public headers only."""
    for file in tree.code():
        if file.layer not in ("jobs", "examples"):
            continue
        for line, target, quoted in file.includes():
            if quoted and target.split("/", 1)[0] in LAYERS and not target.startswith(PUBLIC_FOLDERS):
                yield file.path, line, f"{target} is private: if {file.layer}/ needs it, the API is wrong"


VISIBLE_NAMESPACE = 'namespace [[gnu::visibility("default")]] sinter {'


def visible_headers(tree):
    """Headers that sinter/*.hpp reach mark their namespace as visible, so that libsinter.so exports it; no other header does."""
    files = {file.path: file for file in tree.code()}
    pending = [path for path in files if file_is_door(path)]
    reached = set(pending)
    while pending:
        for _, target, quoted in files[pending.pop()].includes():
            if quoted and target in files and target not in reached:
                reached.add(target)
                pending.append(target)
    for path, file in files.items():
        if file.layer not in LAYERS or not path.endswith(".hpp"):
            continue
        opened = [(number, line) for number, line in enumerate(file.lines, 1) if re.match(r"namespace\b.*\bsinter\b.*\{", line)]
        for number, line in opened:
            marked = line.startswith(VISIBLE_NAMESPACE)
            if path in reached and not marked:
                yield path, number, f"sinter/*.hpp reach this header, so it is public: write {VISIBLE_NAMESPACE}"
            elif path not in reached and marked:
                yield path, number, "no header of sinter/ reaches this one, so its names are not public: write namespace sinter {"


def file_is_door(path):
    return path.startswith("sinter/") and path.endswith(".hpp")
